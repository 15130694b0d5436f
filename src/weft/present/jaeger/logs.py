"""The events of spans as Jaeger's logs.

Source: contrib `pkg/translator/jaeger/traces_to_jaegerproto.go` (`spanEventsToJaegerProtoLogs`).
"""

import numpy as np
import pyarrow as pa

from weft.present.jaeger.attributes import Attributes
from weft.present.jaeger.columns import Numbers, encoded, flat, offsets, plain
from weft.present.jaeger.tags import pair


def logs(table: pa.Table, raw: bool) -> dict[int, bytes]:
    """The logs of the spans that have any, as JSON joined by commas.

    They are in the order of their times. (Jaeger v2.20.0 sorts them by name, which it holds to be a bug:
    jaegertracing/jaeger#9212.)

    Args:
        table: Spans as `traces` takes them.
        raw: Keep events and their attributes in the order in which they were sent.

    Returns:
        JSON by the index of the span.
    """
    times = plain(table.column("event_times_ns"))
    bounds = offsets(times)
    if bounds[-1] == 0:
        return {}
    times_ns = flat(times).to_numpy()
    events = _events(table, times_ns, raw)
    order = np.arange(len(times_ns)) if raw else _by_time(bounds, times_ns)
    found: dict[int, bytes] = {}
    for row in np.flatnonzero(np.diff(bounds)).tolist():
        own = order[bounds[row] : bounds[row + 1]].tolist()
        found[row] = b",".join([events[event] for event in own])
    return found


def _by_time(bounds: Numbers, times_ns: Numbers) -> Numbers:
    rows = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    order: Numbers = np.lexsort((times_ns, rows))
    return order


def _events(table: pa.Table, times_ns: Numbers, raw: bool) -> list[bytes]:
    """All events as JSON, in the order of the columns.

    An event's name is its field `event`, unless it has an attribute of that name.
    """
    names, name = encoded(flat(plain(table.column("event_names"))))
    maps, codes = (
        flat(plain(table.column(column))) for column in ("event_attributes", "event_attribute_types")
    )
    attributes = Attributes.of(maps, codes)
    named_twice = set(attributes.rows()[attributes.named({"event"})].tolist())
    fields = (attributes if raw else attributes.by_key()).json()
    name_fields = [pair("event", text) if text else b"" for text in names]
    return [
        b'{"timestamp":%d,"fields":[%b]}'
        % (
            time_us,
            b",".join(filter(None, (b"" if event in named_twice else name_fields[own], fields[event]))),
        )
        for event, (time_us, own) in enumerate(zip((times_ns // 1_000).tolist(), name.tolist(), strict=True))
    ]
