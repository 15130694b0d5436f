"""Requests by hand, and values as the decoder sees them."""

from collections.abc import Sequence

import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from weft.decode.protobuf import parse
from weft.decode.spans import Spans

TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(1, 9))


def field(number: int, content: bytes) -> bytes:
    """A field with a length in front."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


def one_span(**fields: object) -> tuple[ExportTraceServiceRequest, Span]:
    """A request with one span, which has ended and whose ids are valid unless it is told otherwise."""
    request = ExportTraceServiceRequest()
    usual = {"trace_id": TRACE_ID, "span_id": SPAN_ID, "end_time_unix_nano": 1}
    span = request.resource_spans.add().scope_spans.add().spans.add(**{**usual, **fields})
    return request, span


def spans_of(*requests: ExportTraceServiceRequest) -> Spans:
    """What the parser makes of requests."""
    return Spans.of(parse([request.SerializeToString() for request in requests]))


def attribute_lists(*lists: Sequence[KeyValue]) -> pa.ListArray:
    """Lists of attributes as the parser gives them."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for attributes in lists:
        spans.add(attributes=attributes)
    return spans_of(request).spans.field("attributes")


def values(*given: AnyValue | None) -> pa.StructArray:
    """Values as the parser gives them; None is a key without a value."""
    return attribute_lists([KeyValue(key="k", value=value) for value in given]).flatten().field("value")


def value_from(serialized: bytes) -> pa.StructArray:
    """One value from its wire form."""
    attribute = field(1, b"k") + field(2, serialized)
    body = field(1, field(2, field(2, field(9, attribute))))
    return Spans.of(parse([body])).spans.field("attributes").flatten().field("value")
