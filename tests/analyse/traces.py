"""Traces written by hand: spans with short ids, and times in milliseconds."""

from collections.abc import Mapping, Sequence
from typing import Any

from weft.model.span import Event, Link, Span, Value
from weft.model.trace import Trace
from weft.model.work import Work

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
#: The times of the spans begin here: 2023-11-14, in nanoseconds since the Unix epoch.
EPOCH_NS = 1_700_000_000_000_000_000
MS = 1_000_000


def id_of(name: str) -> str:
    """A span id that shows the name it stands for: at most eight ASCII characters."""
    return name.encode().hex().rjust(16, "0")


def name_of(span_id: str) -> str:
    """The name back."""
    return bytes.fromhex(span_id).lstrip(b"\0").decode()


def at(ms: float) -> int:
    """A moment of the trace, in nanoseconds since the Unix epoch."""
    return EPOCH_NS + round(ms * MS)


def span(
    name: str,
    parent: str | None = None,
    start: float = 0,
    end: float = 10,
    *,
    service: str = "orchestrator",
    work: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Value] | None = None,
    events: Sequence[tuple[str, Mapping[str, Value]]] = (),
    links: Sequence[str] = (),
    host: str | None = None,
    **more: Any,
) -> Span:
    """A span.

    Args:
        name: Its name, which is its id too (see `id_of`).
        parent: The name of its parent.
        start: Milliseconds after the epoch of the traces.
        end: Milliseconds after the epoch of the traces.
        service: Its service, which is its process.
        work: The fields of its `Work`.
        attributes: Its attributes.
        events: Name and attributes of each event; all happen at its end.
        links: Names of spans of the same trace.
        host: `host.name`.
        more: Other fields of `Span`.
    """
    return Span(
        trace_id=TRACE_ID,
        span_id=id_of(name),
        parent_id=None if parent is None else id_of(parent),
        service=service,
        name=more.pop("says", name),
        start_ns=at(start),
        end_ns=at(end),
        work=Work(**(work or {})),
        attributes=attributes or {},
        events=tuple(Event(name=said, time_ns=at(end), attributes=about) for said, about in events),
        links=tuple(Link(trace_id=TRACE_ID, span_id=id_of(linked)) for linked in links),
        resource={"host.name": host} if host else {},
        **more,
    )


def trace(*spans: Span) -> Trace:
    """A trace of these spans."""
    return Trace(TRACE_ID, spans)
