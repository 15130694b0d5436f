"""OTLP JSON to OTLP protobuf, once, at the door: everything behind it knows one encoding.

OTLP's JSON differs from protobuf's own in one thing: ids are hex, not base64 (OTLP 1.11, JSON Protobuf
Encoding). Enums are integers, 64-bit integers are strings or numbers, unknown fields are ignored. Keys are in
lowerCamelCase; the names of the .proto files are taken too, as other servers do.
"""

import base64
import binascii
import re
from typing import Any, Final

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.decode.protobuf import MalformedBody

#: Objects and arrays in one document. An empty one takes 3 bytes of a body and 160 in memory.
CONTAINERS: Final = 4 << 20

_IDS: Final = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
_PATH: Final = re.compile(r"Failed to parse (\w+) field: ")


def to_protobuf(body: bytes) -> bytes:
    """Re-encode one OTLP JSON request as protobuf.

    Raises:
        MalformedBody: It is not JSON, not an OTLP trace request, or made of too many pieces.
    """
    if body.count(b"{") + body.count(b"[") > CONTAINERS:
        raise MalformedBody(f"it has more than {CONTAINERS:,} objects and arrays: send less at once")
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
    """What went wrong in one line: protobuf tells the way to it first, a sentence for every step."""
    message = str(error) or type(error).__name__
    path = _PATH.findall(message)
    cause = _PATH.sub("", message).partition("\n")[0].rstrip(".")
    return (f"{'.'.join(path[:8])}: {cause}" if path else cause)[:300]


def _spans(document: Any) -> list[dict[str, Any]]:
    return [
        span
        for resource in _objects(document, "resourceSpans", "resource_spans")
        for scope in _objects(resource, "scopeSpans", "scope_spans")
        for span in _objects(scope, "spans")
    ]


def _objects(parent: Any, *names: str) -> list[dict[str, Any]]:
    if not isinstance(parent, dict):
        raise MalformedBody(f"expected an object around {names[0]}, got {type(parent).__name__}")
    found: list[dict[str, Any]] = []
    for name in names:
        children = parent.get(name)
        if children is None:
            continue
        if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
            raise MalformedBody(f"{name} must be a list of objects")
        found += children
    return found


def _ids_to_base64(message: dict[str, Any]) -> None:
    for name in _IDS:
        value = message.get(name)
        if value:
            message[name] = base64.b64encode(_from_hex(value, name)).decode("ascii")


def _from_hex(value: Any, name: str) -> bytes:
    """Decode hex of either case; what is not hex becomes an id of a wrong length, for `validate` to count."""
    if not isinstance(value, str):
        raise MalformedBody(f"{name} must be a hex string")
    try:
        return binascii.unhexlify(value)
    except ValueError:
        return b"\x00"
