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
