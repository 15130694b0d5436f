"""Attribute maps of many rows as the values that the analysis reads."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from weft.model import values
from weft.model.span import Value
from weft.query.assemble import plain
from weft.query.columns import shared

#: The codes whose text is not the value itself. What has no kind is empty text, arrays and maps stay JSON.
_TYPED: Final = np.zeros(256, np.bool_)
for _code in (values.BOOL, values.INT, values.DOUBLE, values.BYTES, values.RAW, values.OTLP):
    _TYPED[_code] = True

#: Numbers that JSON has no words for, in those of protobuf's JSON: nobody can reckon with them.
_NOT_FINITE: Final = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def attributes(maps: pa.MapArray, types: pa.Array) -> Iterator[dict[str, Value]]:
    """Read a column of attribute maps.

    Args:
        maps: n maps of text to text; either may be dictionary encoded.
        types: n strings, one type code an attribute, content already in the place of its hash.

    Returns:
        n dictionaries; of a key that is repeated the last value stays.
    """
    bounds = maps.offsets.to_pylist()
    begin, size = bounds[0], bounds[-1] - bounds[0]
    names = shared(maps.keys.slice(begin, size))
    found: list[Value] = plain(maps.items.slice(begin, size)).to_pylist()
    codes = np.frombuffer("".join(plain(types).to_pylist()).lower().encode("ascii"), np.uint8)
    for index in np.flatnonzero(_TYPED[codes]).tolist():
        text = found[index]
        assert isinstance(text, str)
        found[index] = value(text, int(codes[index]))
    return (
        dict(zip(names[first - begin : last - begin], found[first - begin : last - begin], strict=True))
        for first, last in pairwise(bounds)
    )


def value(text: str, code: int) -> Value:
    """Read a stored value as `weft.model.jaeger` reads it from Jaeger's JSON."""
    return _repeated(text, code) if len(text) < 32 else _value(text, code)


def _value(text: str, code: int) -> Value:
    try:
        if code == values.OTLP:
            return values.plain_json(text)
        if code == values.DOUBLE and text in _NOT_FINITE:
            return _NOT_FINITE[text]
        restored: Value = values.restore(text, code) if _TYPED[code] else text
    except ValueError:  # the hash of a content that is gone
        return text
    return restored


_repeated = lru_cache(maxsize=4096)(_value)
