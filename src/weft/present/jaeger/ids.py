"""Trace and span ids: what the API reads, and how a column of them is written."""

import base64
import re
from typing import Final

import numpy as np
import numpy.typing as npt

from weft.present.jaeger.gotext import parse_hex

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8

Ids = npt.NDArray[np.uint64]

# Base64 of 16 or of 8 bytes, in the standard or the URL alphabet, padded or not.
_BASE64: Final = re.compile(
    rb"(?:[A-Za-z0-9+/]{22}|[A-Za-z0-9_-]{22})(?:==)?|(?:[A-Za-z0-9+/]{11}|[A-Za-z0-9_-]{11})=?"
)


def parse_trace_id(text: str) -> bytes:
    """Read a trace id: up to 32 hex digits in any case, or base64 of 8 or 16 bytes.

    Args:
        text: The id as a client wrote it; missing leading digits are zeros.

    Returns:
        16 bytes.

    Raises:
        ValueError: With Jaeger's message (`TraceIDFromString` in jaeger-idl, `model/v1/ids.go`). What is
            neither hex nor base64 is reported as bad hex.
    """
    data = text.encode("utf-8", "replace")
    try:
        return _parse_hex_id(data)
    except ValueError:
        if not _BASE64.fullmatch(data):
            raise
    standard = data.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(standard + b"=" * (-len(standard) % 4)).rjust(TRACE_ID_BYTES, b"\0")


def _parse_hex_id(data: bytes) -> bytes:
    if len(data) > 2 * TRACE_ID_BYTES:
        raise ValueError(f"TraceID cannot be longer than 32 hex characters: {data.decode()}")
    high, low = data[:-16], data[-16:]
    number = parse_hex(high) << 64 if high else 0
    return (number | parse_hex(low)).to_bytes(TRACE_ID_BYTES)


def trace_hex(trace_id: bytes) -> str:
    """Write a trace id as 32 hex digits, or as 16 when its first half is zero.

    The latter is how Jaeger's model writes the 64-bit ids of old clients (`TraceID.String` in jaeger-idl,
    `model/v1/ids.go`).
    """
    digits = trace_id.hex()
    return digits[16:] if digits.startswith("0" * 16) else digits


def span_hex(ids: Ids) -> list[str]:
    """Write a column of span ids, 16 hex digits each."""
    digits = ids.astype(">u8").tobytes().hex()
    return [digits[start : start + 16] for start in range(0, len(digits), 16)]


def span_ids(column: list[bytes]) -> Ids:
    """Turn span ids of 8 bytes into numbers, which compare and search faster."""
    return np.frombuffer(b"".join(column), ">u8").astype(np.uint64)
