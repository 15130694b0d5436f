"""One attribute as Jaeger's typed key-value pair.

A pair is written in two halves, `{"key":K,"type":T,"value":` and `V}`, because keys repeat from span to span,
and values from key to key: each half is made once and the halves are joined.

Source: contrib `pkg/translator/jaeger/traces_to_jaegerproto.go` (`attributeToJaegerProtoTag`) for the types,
Jaeger v2.20.0 `internal/uimodel/converter/v1/json/from_domain.go` (`convertKeyValues`) for the values.
"""

import math
from collections.abc import Mapping
from typing import Final

import orjson

from weft.model import values as codes

#: An attribute as it is stored: key, value as text, type code.
Attribute = tuple[str, str, int]

#: Integers beyond this size are written as strings: JavaScript's numbers cannot hold them.
MAX_SAFE_INTEGER: Final = (1 << 53) - 1

_TYPES: Final[Mapping[int, bytes]] = {
    codes.BOOL: b"bool",
    codes.INT: b"int64",
    codes.DOUBLE: b"float64",
    codes.BYTES: b"binary",
    codes.RAW: b"binary",
}


def head(key: str, code: int) -> bytes:
    """The first half of a pair: its key and its type."""
    return b'{"key":%b,"type":"%b","value":' % (orjson.dumps(key), _TYPES.get(code, b"string"))


def tail(text: str, code: int) -> bytes:
    """The second half of a pair: its value."""
    return value(text, code) + b"}"


def pair(key: str, text: str, code: int = codes.STRING) -> bytes:
    """The whole pair."""
    return head(key, code) + tail(text, code)


def value(text: str, code: int) -> bytes:
    """A stored value as JSON.

    Args:
        text: The stored text.
        code: Its type code (`weft.model.values`).

    Returns:
        A boolean, a number or a string. What JSON's numbers cannot say is a string: integers beyond 2^53 - 1
        as Jaeger writes them, `NaN`, `Infinity` and `-Infinity` as protobuf's JSON does (Jaeger fails on
        these). Bytes are base64; arrays and maps are strings of JSON; a value of no kind is an empty string.
    """
    match code:
        case codes.STRING | codes.JSON | codes.BYTES | codes.RAW:
            return orjson.dumps(text)
        case codes.BOOL:
            return b"true" if text == "true" else b"false"
        case codes.INT:
            return _integer(int(text))
        case codes.DOUBLE:
            return _double(float(text))
        case codes.OTLP:
            return orjson.dumps(codes.plain_json(text))
        case _:
            return b'""'


def _integer(number: int) -> bytes:
    return b"%d" % number if abs(number) <= MAX_SAFE_INTEGER else b'"%d"' % number


def _double(number: float) -> bytes:
    if math.isfinite(number):
        return orjson.dumps(number)
    return b'"NaN"' if math.isnan(number) else b'"Infinity"' if number > 0 else b'"-Infinity"'


def first_text(attributes: list[Attribute], key: str) -> tuple[str, int] | None:
    """The text and the type code of the first attribute of that key."""
    return next(((text, code) for name, text, code in attributes if name == key), None)


def dotted_ip(text: str, code: int) -> str | None:
    """An IPv4 address that was sent as a number, in its usual form; None for what is not a number.

    Source: Jaeger's `adjuster/ipattribute.go`.
    """
    if code == codes.INT:
        number = int(text)
    elif code == codes.DOUBLE and math.isfinite(float(text)):
        number = int(float(text))
    else:
        return None
    return ".".join(map(str, (number & 0xFFFFFFFF).to_bytes(4)))


#: The keys that may hold such addresses.
IP_KEYS: Final = frozenset(("ip", "peer.ipv4"))
