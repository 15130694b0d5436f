"""File headers and record headers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weft.journal.record import (
    FILE_HEADER_SIZE,
    RECORD_HEADER_SIZE,
    marker,
    pack_file_header,
    pack_record_header,
    unpack_file_header,
    unpack_record_header,
)

IDENTITY = bytes(range(16))


def test_a_file_header_comes_back() -> None:
    header = unpack_file_header(pack_file_header(IDENTITY))
    assert header is not None
    assert header.identity == IDENTITY


@given(sequence=st.integers(0, 2**64 - 1), body=st.binary(max_size=100))
def test_a_record_header_comes_back(sequence: int, body: bytes) -> None:
    mark = marker(IDENTITY)
    header = unpack_record_header(mark, pack_record_header(mark, sequence, body))
    assert header is not None
    assert (header.sequence, header.length) == (sequence, len(body))


@given(bit=st.integers(0, FILE_HEADER_SIZE * 8 - 1))
def test_a_file_header_with_any_bit_flipped_is_none(bit: int) -> None:
    assert unpack_file_header(_flipped(pack_file_header(IDENTITY), bit)) is None


@given(bit=st.integers(0, RECORD_HEADER_SIZE * 8 - 1))
def test_a_record_header_with_any_bit_flipped_is_none(bit: int) -> None:
    mark = marker(IDENTITY)
    assert unpack_record_header(mark, _flipped(pack_record_header(mark, 7, b"body"), bit)) is None


@given(st.binary(max_size=64))
def test_any_bytes_can_be_asked_for_a_header(data: bytes) -> None:
    assert unpack_file_header(data) is None
    assert unpack_record_header(marker(IDENTITY), data) is None


def test_another_journals_record_is_none() -> None:
    theirs = pack_record_header(marker(bytes(16)), 7, b"body")
    assert unpack_record_header(marker(IDENTITY), theirs) is None


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
