"""A second implementation of the JSON of raw traces: object by object, straight from OTLP.

It shares nothing with the columnar one, and is what a property test compares it to.
"""

import base64
import json
import math
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span


def spans_by_trace(request: ExportTraceServiceRequest) -> dict[str, list[dict[str, Any]]]:
    """The spans of each trace, each with its process in place of the process's key."""
    traces: dict[str, list[dict[str, Any]]] = {}
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                written = _span(span, scope_spans.scope, resource_spans.resource)
                traces.setdefault(written["traceID"], []).append(written)
    return traces


def comparable(trace: dict[str, Any]) -> list[str]:
    """The spans of a trace in an answer, in a form and an order that can be compared."""
    processes = trace["processes"]
    return comparable_spans([{**span, "processID": processes[span["processID"]]} for span in trace["spans"]])


def comparable_spans(spans: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({**span, "warnings": None}) for span in spans)


def _span(span: Span, scope: InstrumentationScope, resource: Resource) -> dict[str, Any]:
    parent_id = span.parent_span_id if any(span.parent_span_id) else b""
    duration_ns = (span.end_time_unix_nano - span.start_time_unix_nano + 2**63) % 2**64 - 2**63
    return {
        "traceID": _trace_id(span.trace_id),
        "spanID": span.span_id.hex(),
        **({"flags": 1} if span.flags & 1 else {}),
        "operationName": span.name or "empty-span-name",
        "references": _references(span, parent_id),
        "startTime": span.start_time_unix_nano // 1000,
        "duration": max(duration_ns, 0) // 1000,
        "tags": [
            *_texts({"otel.scope.name": scope.name, "otel.scope.version": scope.version}),
            *map(_tag, span.attributes),
            *_texts({"span.kind": _KINDS.get(span.kind, "")}),
            *_texts({"otel.status_code": {1: "OK", 2: "ERROR"}.get(span.status.code, "")}),
            *([{"key": "error", "type": "bool", "value": True}] if span.status.code == 2 else []),
            *_texts({"otel.status_description": span.status.message, "w3c.tracestate": span.trace_state}),
        ],
        "logs": [
            {
                "timestamp": event.time_unix_nano // 1000,
                "fields": [
                    *_texts({"event": "" if any(a.key == "event" for a in event.attributes) else event.name}),
                    *map(_tag, event.attributes),
                ],
            }
            for event in span.events
        ],
        "processID": _process(resource),
        "warnings": None,
    }


_KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def _texts(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "type": "string", "value": text} for key, text in values.items() if text]


def _references(span: Span, parent_id: bytes) -> list[dict[str, Any]]:
    references = []
    if parent_id:
        references.append(_reference("CHILD_OF", span.trace_id, parent_id))
    for link in span.links:
        types = [a.value.string_value for a in link.attributes if a.key == "opentracing.ref_type"]
        reference = _reference(
            "CHILD_OF" if "child_of" in types else "FOLLOWS_FROM",
            link.trace_id.rjust(16, b"\0"),
            link.span_id.rjust(8, b"\0"),
        )
        same = parent_id and (link.trace_id, link.span_id) == (span.trace_id, parent_id)
        if same:
            references[0] = reference
        else:
            references.append(reference)
    return references


def _reference(kind: str, trace_id: bytes, span_id: bytes) -> dict[str, Any]:
    return {"refType": kind, "traceID": _trace_id(trace_id), "spanID": span_id.hex()}


def _trace_id(trace_id: bytes) -> str:
    return trace_id.hex() if any(trace_id[:8]) else trace_id[8:].hex()


def _process(resource: Resource) -> dict[str, Any]:
    names = [pair.value.string_value for pair in resource.attributes if pair.key == "service.name"]
    return {
        "serviceName": names[0] or "empty-service-name" if names else "missing-service-name",
        "tags": [_tag(pair) for pair in resource.attributes if pair.key != "service.name"],
    }


def _tag(pair: KeyValue) -> dict[str, Any]:
    kind, value = _value(pair.value)
    return {"key": pair.key, "type": kind, "value": value}


def _value(value: AnyValue) -> tuple[str, Any]:
    match value.WhichOneof("value"):
        case "bool_value":
            return "bool", value.bool_value
        case "int_value":
            number = value.int_value
            return "int64", number if abs(number) < 2**53 else str(number)
        case "double_value":
            return "float64", _double(value.double_value)
        case "bytes_value":
            return "binary", base64.b64encode(value.bytes_value).decode()
        case "array_value" | "kvlist_value":
            return "string", json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
        case _:
            return "string", value.string_value


def _double(number: float) -> Any:
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "array_value":
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return {pair.key: _plain(pair.value) for pair in value.kvlist_value.values}
        case "int_value":
            return value.int_value
        case "double_value":
            return _double(value.double_value)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case None:
            return None
        case kind:
            return getattr(value, kind)
