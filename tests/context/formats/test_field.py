"""Fields with one value, and ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.context.formats import field
from weft.context.formats.field import Unreadable


def test_a_field_may_be_absent() -> None:
    assert field.only({}, "x") is None
    assert field.only({"x": []}, "x") is None
    assert field.only({"x": [" a\t"]}, "x") == "a"


def test_an_empty_field_is_there() -> None:
    assert field.only({"x": [""]}, "x") == ""


@given(st.integers(1, 2**64 - 1))
def test_decimal_ids_have_64_bits(number: int) -> None:
    assert field.decimal("x", str(number)) == number
    assert field.decimal("x", str(number).rjust(20, "0")) == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "missing"),
        ("", "not in the format"),
        ("-1", "not in the format"),
        ("1.0", "not in the format"),
        ("1e3", "not in the format"),
        ("0x1", "not in the format"),
        ("1" * 21, "not in the format"),
        (str(2**64), "more than 64 bits"),
        ("0", "an id of zero"),
        ("000", "an id of zero"),
    ],
)
def test_other_decimal_ids_are_unreadable(text: str | None, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^x: {why}$"):
        field.decimal("x", text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "missing"),
        ("", "not in the format"),
        ("0" * 16, "an id of zero"),
        ("g" * 16, "not in the format"),
    ],
)
def test_other_hexadecimal_ids_are_unreadable(text: str | None, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^x: {why}$"):
        field.hexadecimal("x", text, field.HEX_16)
