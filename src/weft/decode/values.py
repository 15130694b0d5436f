"""OTLP attribute values as text beside a type code, so that one map holds them all and nothing is lost.

A map of strings is what every dashboard reads and what every tag search compares; the codes, one byte an
attribute, say what the text was. Text and code together are the value, to the bit (`model.values.restore`).
"""

import base64
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from weft.model.values import ABSENT, BOOL, BYTES, DOUBLE, EMPTY, INT, JSON, OTLP, RAW, STRING

Codes = npt.NDArray[np.uint8]


def texts(values: pa.StructArray) -> tuple[pa.Array, Codes]:
    """Turn a column of `AnyValue` into text and type codes.

    Args:
        values: n `AnyValue` structs as `protobuf.parse` gives them.

    Returns:
        n strings and n codes.
    """
    text = values.field("string_value")
    if text.null_count == 0:
        return text, np.full(len(text), STRING, np.uint8)
    codes = np.full(len(values), EMPTY, np.uint8)
    if values.null_count:
        codes[_where(values.is_null())] = ABSENT
    codes[_where(text.is_valid())] = STRING
    candidates = [text]
    for name, code in (("bool_value", BOOL), ("int_value", INT), ("double_value", DOUBLE)):
        column = values.field(name)
        if column.null_count < len(column):
            codes[_where(column.is_valid())] = code
            candidates.append(pc.cast(column, pa.string()))
    merged = pc.coalesce(*candidates, pa.scalar(""))
    for name, describe in (("bytes_value", _bytes_text), ("array_value", _array), ("kvlist_value", _map)):
        column = values.field(name)
        if column.null_count < len(column):
            merged = _describe(merged, codes, column, describe)
    return merged, codes


def _where(mask: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    where: npt.NDArray[np.bool_] = mask.to_numpy(zero_copy_only=False)
    return where


def _describe(merged: pa.Array, codes: Codes, column: pa.Array, describe: Any) -> pa.Array:
    """Put the text of the rows that `column` fills into `merged`, one value at a time.

    These are the only values that Python looks at: arrays are short lists of finish reasons and tool names
    that repeat, which is why `describe` is cached.
    """
    valid = column.is_valid()
    where = _where(valid)
    described = [describe(value) for value in column.filter(valid).to_pylist()]
    codes[where] = np.fromiter((code for _, code in described), np.uint8, len(described))
    return pc.replace_with_mask(merged, valid, pa.array([text for text, _ in described], pa.string()))


def _bytes_text(value: bytes) -> tuple[str, int]:
    return base64.b64encode(value).decode("ascii"), BYTES


def _array(value: dict[str, list[bytes]]) -> tuple[str, int]:
    return _nested(tuple(value["values"]), _serialized_array)


def _map(value: dict[str, list[bytes]]) -> tuple[str, int]:
    return _nested(tuple(value["values"]), _serialized_map)


def _nested(parts: tuple[bytes, ...], serialized: Any) -> tuple[str, int]:
    if sum(map(len, parts)) > 512:  # large values seldom repeat: keep them out of the cache
        return _nested_text(serialized(parts))
    return _nested_text_cached(serialized(parts))


def _serialized_array(parts: Sequence[bytes]) -> bytes:
    return b"\x2a" + _delimited(b"".join(b"\x0a" + _delimited(part) for part in parts))


def _serialized_map(parts: Sequence[bytes]) -> bytes:
    return b"\x32" + _delimited(b"".join(b"\x0a" + _delimited(part) for part in parts))


def _delimited(data: bytes) -> bytes:
    """Prefix `data` with its length as a protobuf varint."""
    length, prefix = len(data), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + data


def _nested_text(serialized: bytes) -> tuple[str, int]:
    """Describe one serialized `AnyValue` that holds an array or a map."""
    try:
        value = AnyValue.FromString(serialized)
        plain = _plain(value)
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False), JSON
    except _NotPlain:
        message = MessageToDict(value)
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")), OTLP
    except (DecodeError, RecursionError, ValueError):
        return base64.b64encode(serialized).decode("ascii"), RAW


_nested_text_cached = lru_cache(maxsize=4096)(_nested_text)


class _NotPlain(Exception):
    """Plain JSON would lose something of this value."""


def _plain(value: AnyValue) -> Any:
    """The value in Python's own types, if JSON can say all of it."""
    kind = value.WhichOneof("value")
    match kind:
        case "string_value" | "bool_value" | "int_value":
            return getattr(value, kind)
        case "double_value":
            number = value.double_value
            if not math.isfinite(number):
                raise _NotPlain
            return number
        case "array_value":
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            items = value.kvlist_value.values
            plain = {item.key: _plain(item.value) for item in items if item.HasField("value")}
            if len(plain) != len(items):  # a repeated key, or a key without a value
                raise _NotPlain
            return plain
        case None:
            return None
        case _:
            raise _NotPlain
