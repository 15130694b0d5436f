"""Stored values as Python values."""

import math
from typing import Any

import pytest

from weft.model import values


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("text", values.STRING, "text"),
        ("true", values.BOOL, True),
        ("false", values.BOOL, False),
        ("-9223372036854775808", values.INT, -(2**63)),
        ("1e+300", values.DOUBLE, 1e300),
        ("-inf", values.DOUBLE, -math.inf),
        ("AP8=", values.BYTES, b"\x00\xff"),
        ('["a",1,null]', values.JSON, ["a", 1, None]),
        ('{"arrayValue":{}}', values.OTLP, {"arrayValue": {}}),
        ("KgA=", values.RAW, b"*\x00"),
        ("", values.EMPTY, None),
        ("", values.ABSENT, None),
    ],
)
def test_a_value_is_had_back_from_its_text_and_its_code(text: str, code: int, value: Any) -> None:
    restored = values.restore(text, code)
    assert restored == value
    assert type(restored) is type(value)


def test_not_a_number_is_had_back() -> None:
    assert math.isnan(values.restore("nan", values.DOUBLE))
