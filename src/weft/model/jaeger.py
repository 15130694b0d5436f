"""Reads the JSON in which Jaeger's query API gives a trace.

Source: Jaeger 2.20, `cmd/jaeger/internal/uimodel/model.go` for the shape, and
`ParentSpanID` of its model for which of a span's references is the parent.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, get_args

from weft.model import pending
from weft.model.shape import ShapeError, identifier, in_full, member, optional, text, whole
from weft.model.span import Event, Kind, Link, Span, Status, Value
from weft.model.trace import Trace
from weft.model.work import NO_WORK, Work

_KINDS: dict[Value, Kind] = {kind: kind for kind in get_args(Kind)}
_STATUS: dict[Value, Status] = {"OK": "ok", "ERROR": "error"}
# The tags that carry a field of the span: they are read into the field and left out of the attributes.
FIELDS = frozenset(
    (
        "span.kind",
        "otel.status_code",
        "otel.status_description",
        pending.PENDING,
        pending.LOST,
        pending.SILENT_S,
    )
)
#: The name of a span that came without one (Jaeger 2.20, `internal/jptrace/sanitizer`).
EMPTY_SPAN_NAME = "empty-span-name"
#: The tag that names the library that made the span.
SCOPE = "otel.scope.name"

_NO_SPAN = "0" * 16

Process = tuple[str, Mapping[str, Value]]


class WorkReader(Protocol):
    """Who understands what a span says of AI work: `weft.decode.dialects.read.read`."""

    def __call__(self, attributes: Mapping[str, Value], *, name: str, kind: Kind, scope: str) -> Work:
        """Say it in one vocabulary."""


def read_trace(value: object, read_work: WorkReader | None = None) -> Trace:
    """Turn one trace of `data` in an answer of `/api/traces` into a `Trace`.

    Args:
        value: Parsed JSON, not to be trusted. Times in it are microseconds, whole or with a fraction.
        read_work: Fills in `Span.work`; without it the spans say nothing there.

    Raises:
        ShapeError: It is not a trace; the message names the place.
    """
    trace_id = identifier(value, "traceID", 32, "trace")
    assert isinstance(value, dict)
    processes = {
        key: _process(process, f"trace.processes[{key!r}]")
        for key, process in optional(value, "processes", dict, "trace").items()
    }
    spans = [
        _span(span, trace_id, processes, f"trace.spans[{index}]", read_work)
        for index, span in enumerate(member(value, "spans", list, "trace"))
    ]
    if not spans:
        raise ShapeError("trace.spans is empty")
    return Trace(trace_id, spans, [str(each) for each in optional(value, "warnings", list, "trace")])


def _process(value: object, where: str) -> Process:
    name = text(value, "serviceName", where)
    assert isinstance(value, dict)
    return name, _tags(optional(value, "tags", list, where), f"{where}.tags")


def _span(
    value: object,
    trace_id: str,
    processes: Mapping[str, Process],
    where: str,
    read_work: WorkReader | None,
) -> Span:
    span_id = identifier(value, "spanID", 16, where)
    assert isinstance(value, dict)
    name = text(value, "operationName", where)
    start_ns = _ns(value, "startTime", where)
    tags = _tags(optional(value, "tags", list, where), f"{where}.tags")
    kind = _KINDS.get(tags.get("span.kind", ""), "unspecified")
    references = list(_references(optional(value, "references", list, where), f"{where}.references"))
    parent = _parent(references, trace_id)
    service, resource = _process_of(value, processes, where)
    attributes = {key: tag for key, tag in tags.items() if key not in FIELDS}
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent.span_id if parent else _parent_before_references(value, references),
        service=service,
        name=name,
        kind=kind,
        start_ns=start_ns,
        end_ns=start_ns + _ns(value, "duration", where),
        status=_STATUS.get(
            tags.get("otel.status_code", ""), "error" if tags.get("error") is True else "unset"
        ),
        status_message=str(tags.get("otel.status_description", "")),
        attributes=attributes,
        events=tuple(
            _event(log, f"{where}.logs[{index}]")
            for index, log in enumerate(optional(value, "logs", list, where))
        ),
        links=tuple(link for _, link in references if link is not parent),
        resource=resource,
        state=_state(tags),
        silent_s=silent_s if isinstance(silent_s := tags.get(pending.SILENT_S), int) else 0,
        work=read_work(attributes, name=name, kind=kind, scope=str(attributes.get(SCOPE, "")))
        if read_work
        else NO_WORK,
    )


def _ns(value: object, key: str, where: str) -> int:
    """Read a member that is microseconds as nanoseconds. Tools that move times write them with a fraction."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, float) and 0 <= found < 2**64:
        fraction, microseconds = math.modf(found)  # a double is exact to a quarter of one
        return int(microseconds) * 1_000 + round(fraction * 1_000)
    return whole(value, key, where) * 1_000


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


def _parent_before_references(value: dict[str, Any], references: list[tuple[str, Link]]) -> str | None:
    """Read the parent as exports wrote it before there were references."""
    found = value.get("parentSpanID")
    if references or not isinstance(found, str):
        return None
    parent_id = in_full(found, 16)
    return parent_id if parent_id != _NO_SPAN else None


def _parent(references: list[tuple[str, Link]], trace_id: str) -> Link | None:
    """Find the parent: the first CHILD_OF into this trace, or else the first reference into it."""
    within = [(kind, link) for kind, link in references if link.trace_id == trace_id]
    within.sort(key=lambda reference: reference[0] != "CHILD_OF")
    return within[0][1] if within else None


def _event(value: object, where: str) -> Event:
    time_ns = _ns(value, "timestamp", where)
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
        # The place of a tag is written down only when there is something to say of it.
        key = value.get("key") if type(value) is dict else None
        if type(key) is not str:
            key = text(value, "key", f"{where}[{index}]")
        tag = value.get("value")
        tags[key] = (
            tag if type(tag) is str and value.get("type") == "string" else _value(tag, value.get("type"))
        )
    return tags


def _value(value: object, kind: object) -> Value:
    """Give a tag's value the type that the tag states, where it can have it; what is none becomes text."""
    if isinstance(value, str):
        read = _READERS.get(kind) if isinstance(kind, str) else None
        return read(value) if read else value
    if isinstance(value, (bool, int, float)):
        return value
    # Neither nothing nor lists and objects are Jaeger's; both are found in what other tools write.
    try:
        return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "nested too deeply"


def _number(digits: str) -> int | str:
    """Read an integer outside ±(2^53 - 1): Jaeger writes those as decimal text."""
    try:
        return int(digits) if len(digits) <= 20 else digits
    except ValueError:
        return digits


def _fraction(digits: str) -> float | str:
    """Read a number; what is not finite stays text, as nobody can reckon with it."""
    try:
        number = float(digits)
    except ValueError:
        return digits
    return number if math.isfinite(number) else digits


def _bytes(encoded: str) -> bytes | str:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return encoded


#: By the type of a tag, for values that are text: storage dumps write all values so.
_READERS: Mapping[str, Callable[[str], Value]] = {
    "bool": lambda written: {"true": True, "false": False}.get(written, written),
    "int64": _number,
    "float64": _fraction,
    "binary": _bytes,
}
