"""Trace and span ids as clients write them, and as answers do."""

import base64
import contextlib
import string

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weft.present.jaeger import ids

TRACE_IDS = st.binary(min_size=16, max_size=16)


@given(TRACE_IDS, st.booleans())
def test_a_trace_id_is_read_in_hex_of_any_case(trace_id: bytes, upper: bool) -> None:
    text = trace_id.hex().upper() if upper else trace_id.hex()
    assert ids.parse_trace_id(text) == trace_id


@pytest.mark.parametrize(
    ("text", "trace_id"),
    [("1f00", "1f00"), ("1E00", "1e00"), ("0", "0"), ("10000000000000001", "10000000000000001")],
)
def test_missing_leading_digits_are_zeros(text: str, trace_id: str) -> None:
    assert ids.parse_trace_id(text).hex() == trace_id.zfill(32)


@given(TRACE_IDS, st.booleans(), st.booleans())
def test_a_trace_id_is_read_in_every_base64(trace_id: bytes, url: bool, padded: bool) -> None:
    encoded = (base64.urlsafe_b64encode if url else base64.b64encode)(trace_id).decode()
    text = encoded if padded else encoded.rstrip("=")
    assume(not set(text) <= set(string.hexdigits))
    assert ids.parse_trace_id(text) == trace_id


def test_what_is_hex_and_base64_is_hex() -> None:
    assert ids.parse_trace_id("A" * 22).hex() == "0" * 10 + "a" * 22


def test_base64_of_eight_bytes_is_the_second_half_of_an_id() -> None:
    assert ids.parse_trace_id(base64.b64encode(b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8").decode()).hex() == (
        "0000000000000000fffefdfcfbfaf9f8"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'strconv.ParseUint: parsing "": invalid syntax'),
        ("x200", 'strconv.ParseUint: parsing "x200": invalid syntax'),
        ("-1", 'strconv.ParseUint: parsing "-1": invalid syntax'),
        ("0x12", 'strconv.ParseUint: parsing "0x12": invalid syntax'),
        ("zz0123456789abcdef", 'strconv.ParseUint: parsing "zz": invalid syntax'),
        ("1x123456789abcdef0", 'strconv.ParseUint: parsing "1x": invalid syntax'),
        ("1" * 33, f"TraceID cannot be longer than 32 hex characters: {'1' * 33}"),
        ("é" * 17, f"TraceID cannot be longer than 32 hex characters: {'é' * 17}"),
        ("AAAAAAAAAP+/////////_w==", 'strconv.ParseUint: parsing "AP+/////////_w==": invalid syntax'),
    ],
)
def test_what_is_no_trace_id_is_said_in_jaegers_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        ids.parse_trace_id(text)
    assert str(raised.value) == message


@given(st.text())
def test_any_text_is_a_trace_id_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert len(ids.parse_trace_id(text)) == 16


def test_a_trace_id_is_written_in_32_digits() -> None:
    assert ids.trace_hex(bytes(7) + bytes([1]) + bytes(8)) == "00000000000000010000000000000000"


def test_a_trace_id_whose_first_half_is_zero_is_written_in_16_digits() -> None:
    assert ids.trace_hex(bytes(15) + b"\x01") == "0000000000000001"


@given(st.lists(st.binary(min_size=8, max_size=8)))
def test_a_column_of_span_ids_is_written_as_each_of_them(column: list[bytes]) -> None:
    numbers = ids.span_ids(column)
    assert numbers.dtype == np.uint64
    assert ids.span_hex(numbers) == [span_id.hex() for span_id in column]
