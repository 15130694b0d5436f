"""Attribute values as text beside a type code: what the codes are, and how a value is had back.

The store keeps every attribute value as text, because text is what tag searches compare and what dashboards
read; one byte beside it says what the text was. `decode` writes the two, whoever shows a value restores it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

# The codes. An upper-case code says that the text is the content hash of a payload (see `decode.payloads`).
STRING: Final = ord("s")
BOOL: Final = ord("b")
INT: Final = ord("i")
DOUBLE: Final = ord("d")
BYTES: Final = ord("x")  # base64
JSON: Final = ord("j")  # an array or a map, as plain JSON
OTLP: Final = ord("p")  # an array or a map that plain JSON cannot say, as OTLP JSON
RAW: Final = ord("r")  # an array or a map nested deeper than a parser follows, as base64 of its wire form
EMPTY: Final = ord("e")  # a value of no kind
ABSENT: Final = ord("n")  # a key without a value


_READERS: Final[Mapping[int, Callable[[str], Any]]] = {
    STRING: str,
    BOOL: "true".__eq__,
    INT: int,
    DOUBLE: float,
    BYTES: base64.b64decode,
    JSON: json.loads,
    OTLP: json.loads,
    RAW: base64.b64decode,
}


def restore(text: str, code: int) -> Any:
    """Turn text and code back into a Python value.

    Args:
        text: The stored text, a payload already put back in its place.
        code: Its type code, lower case.

    Returns:
        `str`, `bool`, `int`, `float`, `bytes`, `list` or `dict`; for `OTLP` the OTLP JSON of an `AnyValue` as
        a `dict`, for `RAW` the serialized `AnyValue` as `bytes`; None for `EMPTY` and `ABSENT`.
    """
    read = _READERS.get(code)
    return read(text) if read else None


_OTLP_FIELDS: Final = ("stringValue", "boolValue", "doubleValue", "bytesValue")


def plain_json(otlp_json: str) -> str:
    """Write plain JSON for a value that plain JSON cannot say in full (`OTLP`).

    Bytes become base64 and numbers that are not finite become strings; of a key that is repeated the last
    value stays, and a key without a value has null.
    """
    return json.dumps(_plain(json.loads(otlp_json)), ensure_ascii=False, separators=(",", ":"))


def _plain(any_value: Mapping[str, Any]) -> Any:
    if "arrayValue" in any_value:
        return [_plain(item) for item in any_value["arrayValue"].get("values", ())]
    if "kvlistValue" in any_value:
        items = any_value["kvlistValue"].get("values", ())
        return {item.get("key", ""): _plain(item.get("value", {})) for item in items}
    if "intValue" in any_value:
        return int(any_value["intValue"])
    return next((any_value[field] for field in _OTLP_FIELDS if field in any_value), None)
