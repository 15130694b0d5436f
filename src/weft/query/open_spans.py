"""Spans that are still open, put among those that have ended: each span once, whatever came first."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from weft.query.assemble import EVENTS, LINKS, described, plain

#: What a span is known by over its whole life: its name may change until it ends.
_KEY: Final = ("trace_id", "span_id", "service")
_ORDER: Final = ("trace_id", "start_ns", "span_id", "kind", "service", "name")


def with_open(ended: pa.Table, pending: pa.Table) -> pa.Table:
    """Add the spans that are still open.

    Args:
        ended: Spans as `assemble` puts them together. They were read after `pending`: what ended in between
            is in both.
        pending: Rows of the table `pending`, with their `state` and `silent_s`.

    Returns:
        Ordered by trace, start and span id. Two columns say more: `state`, an index into
        `weft.model.pending.STATES`, and `silent_s`, how many seconds ago an open span was last announced.
    """
    count = len(ended)
    ended = ended.append_column("state", pa.array([0] * count, pa.uint8()))
    ended = ended.append_column("silent_s", pa.array([0] * count, pa.int64()))
    if len(pending):
        done = set(_keys(ended))
        pending = pending.filter(pa.array([key not in done for key in _keys(pending)], pa.bool_()))
    if not len(pending):
        return ended
    opened = _assembled(pending.combine_chunks()).select(ended.column_names)
    together = pa.concat_tables([ended.cast(opened.schema), opened]).combine_chunks()
    return together.take(pc.sort_indices(together, [(name, "ascending") for name in _ORDER])).combine_chunks()


def _assembled(pending: pa.Table) -> pa.Table:
    """Rows of the table `pending` with the columns that `assemble` gives."""
    lists = {f"event_{column}": name for name, column in EVENTS.items()}
    lists |= {f"link_{column}": name for name, column in LINKS.items()}
    columns: dict[str, pa.Array] = {}
    for name in pending.column_names:
        column = plain(pending.column(name))
        if name in lists:
            columns[lists[name]] = pa.ListArray.from_arrays(column.offsets, plain(column.values))
        elif name not in ("resource", "scope"):
            columns[name] = column
    for name in ("link_trace_ids", "link_span_ids"):  # bytes that the wire format calls text
        columns[name] = columns[name].cast(pa.list_(pa.binary()))
    return pa.table(columns | described(pending))


def _keys(rows: pa.Table) -> list[tuple[object, ...]]:
    return list(zip(*(plain(rows.column(name)).to_pylist() for name in _KEY), strict=True))
