"""Reads the JSON in which Jaeger's query API gives a trace.

Source: Jaeger 2.20, `cmd/jaeger/internal/uimodel/model.go` for the shape, and
`ParentSpanID` of its model for which of a span's references is the parent.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from weft.model import pending
from weft.model.shape import ShapeError, identifier, in_full, member, optional, text, whole
from weft.model.span import Event, Kind, Link, Span, Status, Value
from weft.model.trace import Trace

_KINDS: dict[Value, Kind] = {kind: kind for kind in get_args(Kind)}
_STATUS: dict[Value, Status] = {"OK": "ok", "ERROR": "error"}
# The tags that carry a field of the span: they are read into the field and left out of the attributes.
_FIELDS = (
    "span.kind",
    "otel.status_code",
    "otel.status_description",
    pending.PENDING,
    pending.LOST,
    pending.SILENT_S,
)

_NO_SPAN = "0" * 16

Process = tuple[str, Mapping[str, Value]]


def read_trace(value: object) -> Trace:
    """Turn one trace of `data` in an answer of `/api/traces` into a `Trace`.

    Args:
        value: Parsed JSON, not to be trusted. Times in it are microseconds.

    Raises:
        ShapeError: It is not a trace; the message names the place.
    """
    trace_id = identifier(value, "traceID", 32, "trace")
    processes = {
        key: _process(process, f"trace.processes[{key!r}]")
        for key, process in member(value, "processes", dict, "trace").items()
    }
    spans = [
        _span(span, trace_id, processes, f"trace.spans[{index}]")
        for index, span in enumerate(member(value, "spans", list, "trace"))
    ]
    if not spans:
        raise ShapeError("trace.spans is empty")
    assert isinstance(value, dict)
    return Trace(trace_id, spans, [str(each) for each in optional(value, "warnings", list, "trace")])


def _process(value: object, where: str) -> Process:
    name = text(value, "serviceName", where)
    assert isinstance(value, dict)
    return name, _tags(optional(value, "tags", list, where), f"{where}.tags")


def _span(value: object, trace_id: str, processes: Mapping[str, Process], where: str) -> Span:
    span_id = identifier(value, "spanID", 16, where)
    assert isinstance(value, dict)
    start_ns = whole(value, "startTime", where) * 1_000
    tags = _tags(optional(value, "tags", list, where), f"{where}.tags")
    references = list(_references(optional(value, "references", list, where), f"{where}.references"))
    parent = _parent(references, trace_id)
    service, resource = _process_of(value, processes, where)
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent.span_id if parent else None,
        service=service,
        name=text(value, "operationName", where),
        kind=_KINDS.get(tags.get("span.kind", ""), "unspecified"),
        start_ns=start_ns,
        end_ns=start_ns + whole(value, "duration", where) * 1_000,
        status=_STATUS.get(
            tags.get("otel.status_code", ""), "error" if tags.get("error") is True else "unset"
        ),
        status_message=str(tags.get("otel.status_description", "")),
        attributes={key: tag for key, tag in tags.items() if key not in _FIELDS},
        events=tuple(
            _event(log, f"{where}.logs[{index}]")
            for index, log in enumerate(optional(value, "logs", list, where))
        ),
        links=tuple(link for _, link in references if link is not parent),
        resource=resource,
        state=_state(tags),
        silent_s=silent_s if isinstance(silent_s := tags.get(pending.SILENT_S), int) else 0,
    )


def _state(tags: Mapping[str, Value]) -> pending.State:
    if tags.get(pending.PENDING) is not True:
        return "ended"
    return "lost" if tags.get(pending.LOST) is True else "open"


def _process_of(span: dict[str, Any], processes: Mapping[str, Process], where: str) -> Process:
    if span.get("process") is not None:
        return _process(span["process"], f"{where}.process")
    key = text(span, "processID", where)
    if key not in processes:
        raise ShapeError(
            f"{where}.processID names a process that trace.processes does not have: {key[:40]!a}"
        )
    return processes[key]


def _references(values: list[Any], where: str) -> Iterator[tuple[str, Link]]:
    """Read type and target of each reference; one without a target is left out: anything can be linked."""
    for index, value in enumerate(values):
        place = f"{where}[{index}]"
        kind = text(value, "refType", place)
        trace_id = in_full(text(value, "traceID", place), 32)
        span_id = in_full(text(value, "spanID", place), 16)
        if trace_id and span_id and span_id != _NO_SPAN:
            yield kind, Link(trace_id=trace_id, span_id=span_id)


def _parent(references: list[tuple[str, Link]], trace_id: str) -> Link | None:
    """Find the parent: the first CHILD_OF into this trace, or else the first reference into it."""
    within = [(kind, link) for kind, link in references if link.trace_id == trace_id]
    within.sort(key=lambda reference: reference[0] != "CHILD_OF")
    return within[0][1] if within else None


def _event(value: object, where: str) -> Event:
    time_ns = whole(value, "timestamp", where) * 1_000
    assert isinstance(value, dict)
    fields = _tags(optional(value, "fields", list, where), f"{where}.fields")
    return Event(
        name=str(fields.get("event", "")),
        time_ns=time_ns,
        attributes={key: field for key, field in fields.items() if key != "event"},
    )


def _tags(values: list[Any], where: str) -> dict[str, Value]:
    tags: dict[str, Value] = {}
    for index, value in enumerate(values):
        place = f"{where}[{index}]"
        key = text(value, "key", place)
        tags[key] = _value(value.get("value"), value.get("type"), place)
    return tags


def _value(value: object, kind: object, where: str) -> Value:
    """Give a tag's value the type that the tag states, where it can have it."""
    if not isinstance(value, (str, bool, int, float)):
        raise ShapeError(f"{where}.value should be text, a number or a boolean")
    if kind == "int64" and isinstance(value, str):
        return _number(value)
    if kind == "binary" and isinstance(value, str):
        return _bytes(value)
    return value


def _number(digits: str) -> int | str:
    """Read an integer outside ±(2^53 - 1): Jaeger writes those as decimal text."""
    try:
        return int(digits) if len(digits) <= 20 else digits
    except ValueError:
        return digits


def _bytes(encoded: str) -> bytes | str:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return encoded
