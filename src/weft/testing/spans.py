"""Spans of OpenTelemetry's SDK as spans of Weft's model."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from weft.decode.dialects.read import read
from weft.model import keys
from weft.model.jaeger import SCOPE
from weft.model.span import Event, Kind, Link, Span, Status, Value

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_KINDS: Final[tuple[Kind, ...]] = ("internal", "server", "client", "producer", "consumer")
_STATUS: Final[tuple[Status, ...]] = ("unset", "ok", "error")


def span_of(span: "ReadableSpan") -> Span:
    """Read a span of the SDK as if it had been sent to a backend. One that has not ended is open."""
    context = span.get_span_context()
    assert context is not None  # the SDK's own spans have one
    resource = attributes_of(span.resource.attributes)
    attributes = attributes_of(span.attributes or {})
    if span.instrumentation_scope is not None and span.instrumentation_scope.name:
        attributes[SCOPE] = span.instrumentation_scope.name
    kind = _KINDS[span.kind.value]
    start_ns = span.start_time or 0
    return Span(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_id=None if span.parent is None else f"{span.parent.span_id:016x}",
        service=str(resource.pop(keys.SERVICE_NAME, "")),
        name=span.name,
        kind=kind,
        start_ns=start_ns,
        end_ns=max(start_ns, time.time_ns()) if span.end_time is None else span.end_time,
        status=_STATUS[span.status.status_code.value],
        status_message=span.status.description or "",
        attributes=attributes,
        events=tuple(
            Event(name=event.name, time_ns=event.timestamp, attributes=attributes_of(event.attributes or {}))
            for event in span.events
        ),
        links=tuple(
            Link(trace_id=f"{link.context.trace_id:032x}", span_id=f"{link.context.span_id:016x}")
            for link in span.links
        ),
        resource=resource,
        state="open" if span.end_time is None else "ended",
        work=read(attributes, name=span.name, kind=kind, scope=str(attributes.get(SCOPE, ""))),
    )


def attributes_of(attributes: Mapping[str, Any]) -> dict[str, Value]:
    """Read attributes; arrays and maps become JSON text, as in every span of the model."""
    return {key: _value(value) for key, value in attributes.items()}


def _value(value: Any) -> Value:
    if isinstance(value, str | bool | int | float | bytes):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
