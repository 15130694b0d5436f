"""OTLP requests for tests: made by hypothesis, and taken apart again for comparison."""

import struct
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "\x00", "x" * 3000]
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["service.name", "error", "a.b"]
)
uint32 = st.integers(0, 2**32 - 1)
uint64 = st.integers(0, 2**64 - 1) | st.integers(1_700_000_000_000_000_000, 1_800_000_000_000_000_000)
ends = uint64.map(lambda time_ns: time_ns or 1)  # without an end a span is still open
int32 = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 5)

scalars = st.one_of(
    st.builds(AnyValue, string_value=texts),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1)),
    st.builds(AnyValue, double_value=st.floats()),
    st.builds(AnyValue, bytes_value=st.binary(max_size=12)),
    st.just(AnyValue()),
)


def _array(values: list[AnyValue]) -> AnyValue:
    value = AnyValue()
    value.array_value.SetInParent()
    value.array_value.values.extend(values)
    return value


def _map(pairs: list[KeyValue]) -> AnyValue:
    value = AnyValue()
    value.kvlist_value.SetInParent()
    value.kvlist_value.values.extend(pairs)
    return value


def _pairs(values: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[KeyValue]:
    return st.builds(KeyValue, key=keys, value=st.none() | values)


values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4).map(_array) | st.lists(_pairs(inner), max_size=4).map(_map),
    max_leaves=8,
)
attributes = st.lists(_pairs(values), max_size=6)
span_ids = st.binary(min_size=8, max_size=8).filter(any)
trace_ids = st.binary(min_size=16, max_size=16).filter(any)

events = st.builds(
    Span.Event, time_unix_nano=uint64, name=texts, attributes=attributes, dropped_attributes_count=uint32
)
links = st.builds(
    Span.Link,
    trace_id=trace_ids | st.binary(max_size=20),
    span_id=span_ids | st.binary(max_size=20),
    trace_state=texts,
    attributes=attributes,
    dropped_attributes_count=uint32,
    flags=uint32,
)
spans = st.builds(
    Span,
    trace_id=trace_ids,
    span_id=span_ids,
    parent_span_id=st.just(b"") | span_ids,
    trace_state=texts,
    name=texts,
    kind=int32,
    start_time_unix_nano=uint64,
    end_time_unix_nano=ends,
    attributes=attributes,
    dropped_attributes_count=uint32,
    events=st.lists(events, max_size=3),
    dropped_events_count=uint32,
    links=st.lists(links, max_size=3),
    dropped_links_count=uint32,
    status=st.none() | st.builds(Status, message=texts, code=int32),
    flags=uint32,
)
scopes = st.builds(
    InstrumentationScope, name=texts, version=texts, attributes=attributes, dropped_attributes_count=uint32
)
resources = st.builds(Resource, attributes=attributes, dropped_attributes_count=uint32)
scope_spans = st.builds(
    ScopeSpans, scope=st.none() | scopes, spans=st.lists(spans, max_size=4), schema_url=texts
)
resource_spans = st.builds(
    ResourceSpans,
    resource=st.none() | resources,
    scope_spans=st.lists(scope_spans, max_size=3),
    schema_url=texts,
)
requests = st.builds(ExportTraceServiceRequest, resource_spans=st.lists(resource_spans, max_size=3))


def plain(value: AnyValue) -> Any:
    """A value as comparable Python, its kind beside it; doubles by their bits, because NaN is not NaN."""
    kind = value.WhichOneof("value")
    match kind:
        case None:
            return (None,)
        case "array_value":
            return kind, [plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return kind, pairs(value.kvlist_value.values)
        case "double_value":
            number = value.double_value
            return kind, "nan" if number != number else struct.pack("<d", number)
        case _:
            return kind, getattr(value, kind)


def pairs(attributes: Any) -> list[tuple[str, Any]]:
    """Attributes as comparable Python, in their order."""
    return [(pair.key, plain(pair.value) if pair.HasField("value") else None) for pair in attributes]


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    """Every span of a request."""
    return [span for r in request.resource_spans for s in r.scope_spans for span in s.spans]


def flat(request: ExportTraceServiceRequest) -> list[dict[str, Any]]:
    """Every span of a request with all that OTLP says about it, resource and scope included."""
    return [
        {
            "resource": (pairs(r.resource.attributes), r.resource.dropped_attributes_count, r.schema_url),
            "scope": (
                s.scope.name,
                s.scope.version,
                pairs(s.scope.attributes),
                s.scope.dropped_attributes_count,
                s.schema_url,
            ),
            "ids": (span.trace_id, span.span_id, span.parent_span_id),
            "state": (span.trace_state, span.flags),
            "name": (span.name, span.kind),
            "times": (span.start_time_unix_nano, span.end_time_unix_nano),
            "status": (span.status.code, span.status.message),
            "attributes": pairs(span.attributes),
            "dropped": (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count),
            "events": [
                (e.time_unix_nano, e.name, pairs(e.attributes), e.dropped_attributes_count)
                for e in span.events
            ],
            "links": [
                (
                    k.trace_id,
                    k.span_id,
                    k.trace_state,
                    k.flags,
                    pairs(k.attributes),
                    k.dropped_attributes_count,
                )
                for k in span.links
            ],
        }
        for r in request.resource_spans
        for s in r.scope_spans
        for span in s.spans
    ]
