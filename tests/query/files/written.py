"""Traces written to files in each format, for the tests of reading them."""

import base64
import gzip
import json
import struct
import sys
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict, MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.decode.requests import varint
from tests.sent import Sent

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_ID = "000000000000000000634564cbf93fbd"


def jaeger(trace_id: str = TRACE_ID, *span_ids: str, **changes: Any) -> dict[str, Any]:
    """A trace as Jaeger's API gives it: a root and its children, or those spans that are named."""
    spans = [
        {
            "traceID": trace_id,
            "spanID": span_id,
            "operationName": f"work {span_id}",
            "references": [{"refType": "CHILD_OF", "traceID": trace_id, "spanID": "1"}]
            if span_id != "1"
            else [],
            "startTime": 1_700_000_000_000_000 + int(span_id, 16),
            "duration": 100,
            "tags": [{"key": "gen_ai.agent.name", "type": "string", "value": "planner"}],
            "logs": [],
            "processID": "p1",
            "warnings": None,
        }
        for span_id in span_ids or ("1", "2")
    ]
    processes = {"p1": {"serviceName": "agent", "tags": []}}
    return {
        "traceID": trace_id,
        "spans": spans,
        "processes": processes,
        "warnings": None,
    } | changes


def otlp(trace_id: str = TRACE_ID, *span_ids: str) -> ExportTraceServiceRequest:
    """The same as a request, one `ResourceSpans` a span."""
    request = ExportTraceServiceRequest()
    for span_id in span_ids or ("1", "2"):
        request.MergeFrom(
            Sent(
                name=f"work {span_id}",
                trace=bytes.fromhex(trace_id),
                span=int(span_id, 16).to_bytes(8),
                parent=b"" if span_id == "1" else (1).to_bytes(8),
                at=int(span_id, 16),
                tags={"gen_ai.agent.name": "planner"},
            ).request()
        )
    return request


def otlp_json(request: ExportTraceServiceRequest, base64_ids: bool = False) -> dict[str, Any]:
    """A request in OTLP's JSON; its ids as protobuf's own JSON has them where that is asked for."""
    document: dict[str, Any] = MessageToDict(request)
    if not base64_ids:
        for span in spans_of(document):
            for key in {"traceId", "spanId", "parentSpanId"} & span.keys():
                span[key] = base64.b64decode(span[key]).hex()
    return document


def spans_of(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from scope["spans"]


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def delimited(*bodies: bytes) -> bytes:
    return b"".join(varint(len(body)) + body for body in bodies)


def framed(*bodies: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def tempo(request: ExportTraceServiceRequest) -> dict[str, Any]:
    """As older tools give it: other names, ids in base64."""
    document = otlp_json(request, base64_ids=True)
    for resource in document["resourceSpans"]:
        resource["instrumentationLibrarySpans"] = [
            {"instrumentationLibrary": scope.get("scope", {}), "spans": scope["spans"]}
            for scope in resource.pop("scopeSpans")
        ]
    return {"batches": document["resourceSpans"]}


def snake(request: ExportTraceServiceRequest) -> dict[str, Any]:
    """With the names of the .proto files."""
    document: dict[str, Any] = MessageToDict(request, preserving_proto_field_name=True)
    for resource in document["resource_spans"]:
        for scope in resource["scope_spans"]:
            for span in scope["spans"]:
                for key in {"trace_id", "span_id", "parent_span_id"} & span.keys():
                    span[key] = base64.b64decode(span[key]).hex()
    return document


def of_protobuf(request: ExportTraceServiceRequest, proto_names: bool = False) -> bytes:
    """Protobuf's own JSON, which has ids in base64, on one line."""
    return MessageToJson(request, indent=None, preserving_proto_field_name=proto_names).encode() + b"\n"


def indented(document: object) -> bytes:
    return json.dumps(document, indent=2).encode()


ONE, TWO = otlp(), otlp(OTHER_ID)
BODIES = ONE.SerializeToString(), TWO.SerializeToString()
BOTH = [otlp_json(ONE), otlp_json(TWO)]

#: The two traces in every format: name and content.
FORMATS: dict[str, bytes] = {
    "jaeger answer": lines({"data": [jaeger(), jaeger(OTHER_ID)], "total": 0, "errors": None}),
    "jaeger answer, indented": indented({"data": [jaeger(), jaeger(OTHER_ID[16:])]}),
    "jaeger lines": lines(jaeger(), jaeger(OTHER_ID)),
    "jaeger lines, windows": b"\xef\xbb\xbf" + lines(jaeger(), jaeger(OTHER_ID)).replace(b"\n", b"\r\n\r\n"),
    "jaeger list": lines([jaeger(), jaeger(OTHER_ID)]),
    "jaeger one after the other": indented(jaeger()) + b"\n" + indented(jaeger(OTHER_ID)) + b"\n",
    "otlp json": indented({"resourceSpans": [each for one in BOTH for each in one["resourceSpans"]]}),
    "otlp json lines": lines(*BOTH),
    "otlp json, batches": lines(tempo(ONE), tempo(TWO)),
    "otlp json, proto names": lines(snake(ONE), snake(TWO)),
    "otlp json, base64": of_protobuf(ONE) + of_protobuf(TWO),
    "otlp json, base64 and proto names": of_protobuf(ONE, True) + of_protobuf(TWO, True),
    "otlp json, base64 escaped": (of_protobuf(ONE) + of_protobuf(TWO)).replace(b"=", b"\\u003d"),
    "otlp json, wrapped": lines({"trace": BOTH[0]}, {"result": BOTH[1]}),
    "otlp protobuf": b"".join(BODIES),
    "otlp protobuf, delimited": delimited(*BODIES),
    "otlp protobuf, framed": framed(*BODIES),
    "otlp protobuf, framed and compressed": framed(*map(zstd.compress, BODIES)),
    "otlp json, framed": framed(*(json.dumps(one, separators=(",", ":")).encode() for one in BOTH)),
    "mixed lines": lines(jaeger(), BOTH[1]),
}
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip in members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
    "zstd": zstd.compress,
}
