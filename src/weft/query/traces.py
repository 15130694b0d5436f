"""Rows of the store as traces: what the analysis reads.

A trace is the same whether it is read from here or from Jaeger's JSON (`weft.model.jaeger`), except that its
times are nanoseconds, and that a link into the trace is never taken for the parent.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Final, get_args

import pyarrow as pa

from weft.model import keys
from weft.model.jaeger import EMPTY_SPAN_NAME, FIELDS, SCOPE
from weft.model.pending import STATES
from weft.model.span import Event, Kind, Link, Span, Status, Value
from weft.model.trace import Trace
from weft.model.work import NO_WORK
from weft.query.assemble import plain
from weft.query.attributes import attributes, value
from weft.query.columns import values
from weft.query.work import KEYS_WITHOUT_COLUMN, complete, works

_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)  # in the order of OTLP's numbers
_STATUSES: Final[tuple[Status, ...]] = ("unset", "ok", "error")
_KIND_WORDS: Final[Mapping[Value, Kind]] = {kind: kind for kind in _KINDS}
_STATUS_WORDS: Final[Mapping[Value, Status]] = {"OK": "ok", "ERROR": "error"}
_NO_SPAN: Final = "0" * 16


def traces(table: pa.Table) -> list[Trace]:
    """Make traces of rows.

    Args:
        table: Spans as `weft.query.queries` gives them, large values in their place.

    Returns:
        In the order in which each is first met.
    """
    found: dict[str, list[Span]] = {}
    for span in spans(table):
        found.setdefault(span.trace_id, []).append(span)
    return [Trace(trace_id, own) for trace_id, own in found.items()]


def in_turn(table: pa.Table) -> Iterator[Trace]:
    """Make traces of rows one after the other: only the spans of one are there at a time.

    For thousands of spans that is a sixth less work: the collector of cycles goes through all that live.

    Args:
        table: Spans as `traces` takes them; those of a trace follow each other.
    """
    own: list[Span] = []
    for span in _spans(table) if len(table) else ():
        if own and span.trace_id != own[0].trace_id:
            yield Trace(own[0].trace_id, own)
            own = []
        own.append(span)
    if own:
        yield Trace(own[0].trace_id, own)


def spans(table: pa.Table) -> list[Span]:
    """Make spans of rows, one a row. One that ends before it starts takes no time, as Jaeger has it.

    Args:
        table: Spans as `traces` takes them.
    """
    return list(_spans(table)) if len(table) else []


def _spans(table: pa.Table) -> Iterator[Span]:
    trace_ids, span_ids, parent_ids = (
        _hex(table, "trace_id"),
        _hex(table, "span_id"),
        _hex(table, "parent_span_id"),
    )
    services, names, starts_ns, durations_ns = (
        values(table, name) for name in ("service", "name", "start_ns", "duration_ns")
    )
    kinds, codes, messages = (values(table, name) for name in ("kind", "status_code", "status_message"))
    resources, scopes, trace_states = (values(table, name) for name in ("resource", "scope", "trace_state"))
    states, silences_s = values(table, "state"), values(table, "silent_s")
    children = zip(
        attributes(plain(table.column("attributes")), table.column("attribute_types")),
        _events(table),
        _links(table),
        works(table),
        strict=True,
    )
    for row, (own, events, links, in_columns) in enumerate(children):
        trace_id, parent_id, start_ns = trace_ids[row], parent_ids[row], starts_ns[row]
        kind: Kind = _KINDS[kinds[row]] if 0 <= kinds[row] < len(_KINDS) else "unspecified"
        status: Status = _STATUSES[codes[row]] if 0 <= codes[row] < len(_STATUSES) else "unset"
        message = messages[row]
        told: dict[str, Value] = {**_scope(scopes[row]), **own}
        if status == "error":
            told["error"] = True
        if trace_states[row]:
            told["w3c.tracestate"] = trace_states[row]
        if not FIELDS.isdisjoint(told):
            kind, status, message = _fields(told, kind, status, message)
        elif status == "unset" and told.get("error") is True:
            status = "error"
        work = in_columns
        if work is not NO_WORK and not KEYS_WITHOUT_COLUMN.isdisjoint(own):
            work = complete(work, told, name=names[row], kind=kind)
        yield Span(
            trace_id=trace_id,
            span_id=span_ids[row],
            parent_id=parent_id if parent_id != _NO_SPAN else None,
            service=services[row],
            name=names[row] or EMPTY_SPAN_NAME,
            kind=kind,
            start_ns=start_ns,
            end_ns=start_ns + max(0, durations_ns[row]),
            status=status,
            status_message=message,
            attributes=told,
            events=events,
            links=_others(links, trace_id, parent_id) if links else (),
            resource=_resource(resources[row]),
            state=STATES[states[row]],
            silent_s=silences_s[row],
            work=work,
        )


def _fields(told: dict[str, Value], kind: Kind, status: Status, message: str) -> tuple[Kind, Status, str]:
    """Take out of the attributes what Jaeger has fields for: they say what the span's own fields do not."""
    said = {key: told.pop(key) for key in FIELDS & told.keys()}
    if kind == "unspecified":
        kind = _KIND_WORDS.get(said.get("span.kind", ""), kind)
    if status == "unset":
        status = _STATUS_WORDS.get(said.get("otel.status_code", ""), "unset")
        if status == "unset" and told.get("error") is True:
            status = "error"
    return kind, status, message or str(said.get("otel.status_description", ""))


def _hex(table: pa.Table, name: str) -> list[str]:
    """A column of ids of one length as hex."""
    column = plain(table.column(name))
    digits = 2 * column.type.byte_width
    written = b"".join(column.to_pylist()).hex()
    return [written[start : start + digits] for start in range(0, len(written), digits)]


@lru_cache(maxsize=1024)
def _resource(line: str) -> Mapping[str, Value]:
    """A resource as it is stored (`decode/origins.py`): one object for all spans that come from there."""
    described = json.loads(line)["attributes"]
    return {key: value(text, ord(code)) for key, text, code in described if key != keys.SERVICE_NAME}


@lru_cache(maxsize=1024)
def _scope(line: str) -> Mapping[str, Value]:
    """What Jaeger's tags say of a scope."""
    scope = json.loads(line)
    tags = {SCOPE: scope["name"], "otel.scope.version": scope["version"]}
    return {key: tag for key, tag in tags.items() if tag}


def _events(table: pa.Table) -> Iterator[tuple[Event, ...]]:
    lists = plain(table.column("event_times_ns"))
    bounds = lists.offsets.to_pylist()
    if bounds[0] == bounds[-1]:
        return iter([()] * len(table))
    maps, types = (_flat(table, f"event_{name}") for name in ("attributes", "attribute_types"))
    events = [
        # An attribute of that name is what Jaeger shows in place of the event's own name.
        Event(name=str(told.pop("event", name)), time_ns=time_ns, attributes=told)
        for time_ns, name, told in zip(
            lists.flatten().to_pylist(),
            _flat(table, "event_names").to_pylist(),
            attributes(maps, types),
            strict=True,
        )
    ]
    begin = bounds[0]
    return (tuple(events[first - begin : last - begin]) for first, last in pairwise(bounds))


def _links(table: pa.Table) -> Iterator[tuple[Link, ...]]:
    bounds = plain(table.column("link_trace_ids")).offsets.to_pylist()
    if bounds[0] == bounds[-1]:
        return iter([()] * len(table))
    trace_ids, span_ids = (
        _flat(table, f"link_{name}").cast(pa.binary()).to_pylist() for name in ("trace_ids", "span_ids")
    )
    links = [
        Link(trace_id=trace_id.rjust(16, b"\0").hex(), span_id=span_id.rjust(8, b"\0").hex())
        for trace_id, span_id in zip(trace_ids, span_ids, strict=True)
    ]
    begin = bounds[0]
    return (tuple(links[first - begin : last - begin]) for first, last in pairwise(bounds))


def _flat(table: pa.Table, name: str) -> pa.Array:
    return plain(plain(table.column(name)).flatten())


def _others(links: tuple[Link, ...], trace_id: str, parent_id: str) -> tuple[Link, ...]:
    """The links that lead somewhere, and not to the parent."""
    return tuple(
        link
        for link in links
        if link.span_id != _NO_SPAN
        and len(link.span_id) == len(_NO_SPAN)
        and len(link.trace_id) == len(trace_id)
        and (link.span_id != parent_id or link.trace_id != trace_id)
    )
