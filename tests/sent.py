"""Spans to send in tests, in short words."""

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from weft.model.pending import OPEN_NS

#: A moment in 2023; times of tests are offsets to it.
T0 = 1_700_000_000_000_000_000
_numbers = itertools.count(1)


def fresh() -> int:
    """A number that was not used before."""
    return next(_numbers)


@dataclass
class Sent:
    """A span to send.

    Attributes:
        at, duration: Nanoseconds, the start from `T0`.
        open_ns: For a span that has not ended: how long it says that it has been open.
        error: Whether its status is an error.
    """

    service: str = "agent"
    name: str = "work"
    trace: bytes = field(default_factory=lambda: os.urandom(16))
    span: bytes = field(default_factory=lambda: fresh().to_bytes(8, "big"))
    parent: bytes = b""
    kind: int = 1
    at: int = 0
    duration: int = 1000
    open_ns: int | None = None
    error: bool = False
    message: str = ""
    tags: Mapping[str, object] = field(default_factory=dict)
    events: Sequence[Mapping[str, object]] = ()
    links: Sequence[Mapping[str, object]] = ()
    resource: Mapping[str, object] = field(default_factory=dict)
    scope: Mapping[str, object] = field(default_factory=dict)
    scope_name: str = ""
    scope_version: str = ""

    def request(self) -> ExportTraceServiceRequest:
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        put(resource_spans.resource.attributes, {"service.name": self.service, **self.resource})
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = self.scope_name, self.scope_version
        put(scope_spans.scope.attributes, self.scope)
        span = scope_spans.spans.add(
            trace_id=self.trace, span_id=self.span, parent_span_id=self.parent, name=self.name, kind=self.kind
        )
        span.start_time_unix_nano = (T0 + self.at) % 2**64
        if self.open_ns is None:
            span.end_time_unix_nano = (T0 + self.at + self.duration) % 2**64
        elif self.open_ns:
            put(span.attributes, {OPEN_NS: self.open_ns})
        span.status.code, span.status.message = (
            Status.STATUS_CODE_ERROR if self.error else Status.STATUS_CODE_UNSET,
            self.message,
        )
        put(span.attributes, self.tags)
        for attributes in self.events:
            put(span.events.add(name="event").attributes, attributes)
        for attributes in self.links:
            put(span.links.add(trace_id=bytes(16), span_id=bytes(8)).attributes, attributes)
        return request


def put(attributes: Any, values: Mapping[str, object]) -> None:
    for key, value in values.items():
        attribute = attributes.add(key=key)
        match value:
            case bool():
                attribute.value.bool_value = value
            case int():
                attribute.value.int_value = value
            case float():
                attribute.value.double_value = value
            case bytes():
                attribute.value.bytes_value = value
            case list():
                for item in value:
                    attribute.value.array_value.values.add().string_value = item
            case _:
                attribute.value.string_value = str(value)
