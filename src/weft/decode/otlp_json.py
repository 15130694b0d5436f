"""OTLP JSON to OTLP protobuf, once, at the door: everything behind it knows one encoding.

OTLP's JSON differs from protobuf's own in one thing: ids are hex, not base64 (OTLP 1.11, JSON Protobuf
Encoding). Enums are integers, 64-bit integers are strings or numbers, unknown fields are ignored.
"""

import base64
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.decode.protobuf import MalformedBody

_ID_FIELDS = ("traceId", "spanId", "parentSpanId")


def to_protobuf(body: bytes) -> bytes:
    """Re-encode one OTLP JSON request as protobuf.

    Raises:
        MalformedBody: It is not JSON, or not an OTLP trace request.
    """
    try:
        document = orjson.loads(body)
        for span in _spans(document):
            _ids_to_base64(span)
            for link in _objects(span, "links"):
                _ids_to_base64(link)
        request = ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (
        orjson.JSONDecodeError,
        ParseError,
        RecursionError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise MalformedBody(_cause(error)) from error
    return request.SerializeToString()


def _cause(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _spans(document: Any) -> list[dict[str, Any]]:
    return [
        span
        for resource in _objects(document, "resourceSpans")
        for scope in _objects(resource, "scopeSpans")
        for span in _objects(scope, "spans")
    ]


def _objects(parent: Any, field: str) -> list[dict[str, Any]]:
    if not isinstance(parent, dict):
        raise MalformedBody(f"expected an object around {field}, got {type(parent).__name__}")
    children = parent.get(field)
    if children is None:
        return []
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        raise MalformedBody(f"{field} must be a list of objects")
    return children


def _ids_to_base64(message: dict[str, Any]) -> None:
    for field in _ID_FIELDS:
        value = message.get(field)
        if value:
            message[field] = base64.b64encode(_from_hex(value, field)).decode("ascii")


def _from_hex(value: Any, field: str) -> bytes:
    """Decode hex of either case; what is not hex becomes an id of a wrong length, for `validate` to count."""
    if not isinstance(value, str):
        raise MalformedBody(f"{field} must be a hex string")
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b"\x00"
