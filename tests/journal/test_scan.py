"""Walking through files that are not as they were written."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weft.journal import scan as scan_module
from weft.journal.record import RECORD_HEADER_SIZE, marker, pack_record_header
from weft.journal.scan import CHUNK, Entry, Hole, is_torn, scan

MARKER = marker(bytes(16))


def record(sequence: int, body: bytes) -> bytes:
    return pack_record_header(MARKER, sequence, body) + body


def walk(data: bytes, *, wanted: int = 0, below: int | None = None, sequence: int = 0) -> list[Entry | Hole]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        items = scan(
            file.fileno(),
            MARKER,
            offset=0,
            stop=len(data),
            sequence=sequence,
            wanted=wanted,
            below=below,
        )
        return list(items)


def bodies(items: list[Entry | Hole]) -> dict[int, bytes]:
    return {item.sequence: item.body for item in items if isinstance(item, Entry)}


@given(st.binary(max_size=300))
def test_bytes_that_are_no_records_are_one_hole(data: bytes) -> None:
    assert walk(data) == ([Hole(0, len(data), range(0))] if data else [])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just(True), st.binary(max_size=60)),
            st.tuples(st.just(False), st.binary(min_size=1, max_size=60) | st.just(MARKER)),
        ),
        max_size=12,
    )
)
@example([(True, b"a"), (False, MARKER), (True, b"b"), (False, record(2, b"c")[:20]), (True, b"c")])
def test_records_are_found_around_any_garbage(pieces: list[tuple[bool, bytes]]) -> None:
    data = b""
    written: dict[int, bytes] = {}
    for is_record, piece in pieces:
        data += record(len(written), piece) if is_record else piece
        if is_record:
            written[len(written)] = piece
    items = walk(data)
    assert bodies(items) == written
    # Holes and entries tile the file.
    assert [0, *(item.end for item in items)] == [*(item.offset for item in items), len(data)]


def test_a_damaged_body_costs_only_its_own_record() -> None:
    second = bytearray(record(1, b"second"))
    second[-1] ^= 1
    data = record(0, b"first") + bytes(second) + record(2, b"third")
    items = walk(data)
    assert bodies(items) == {0: b"first", 2: b"third"}
    at = len(record(0, b"first"))
    assert Hole(at, at + len(second), range(1, 2)) in items


def test_a_damaged_header_costs_only_its_own_record() -> None:
    data = bytearray(record(0, b"first") + record(1, b"second") + record(2, b"third"))
    data[len(record(0, b"first")) + 9] ^= 1
    items = walk(bytes(data))
    assert bodies(items) == {0: b"first", 2: b"third"}
    assert any(isinstance(item, Hole) and item.lost == range(1, 2) for item in items)


def test_a_record_with_a_number_that_was_there_already_is_a_hole() -> None:
    items = walk(record(0, b"first") + record(0, b"again") + record(1, b"second"))
    assert bodies(items) == {0: b"first", 1: b"second"}


def test_records_at_and_above_the_bound_are_holes() -> None:
    assert bodies(walk(record(0, b"a") + record(1, b"b"), below=1)) == {0: b"a"}


def test_unwanted_bodies_are_passed_over_unread() -> None:
    first = bytearray(record(0, b"first"))
    first[-1] ^= 1
    assert walk(bytes(first) + record(1, b"b"), wanted=1) == [
        Entry(len(first), len(first) + len(record(1, b"b")), 1, b"b")
    ]


@pytest.mark.parametrize("garbage", [CHUNK - 5, CHUNK, 2 * CHUNK - 3, 2 * CHUNK + 1])
def test_a_record_is_found_wherever_it_lies_between_two_reads(garbage: int) -> None:
    data = b"\x01" * garbage + record(3, b"found")
    assert bodies(walk(data)) == {3: b"found"}


@given(size=st.integers(0, 50), chunk=st.integers(RECORD_HEADER_SIZE, 80))
def test_the_size_of_reads_changes_nothing(size: int, chunk: int) -> None:
    data = record(0, b"x" * size) + b"\x02" * size + record(1, b"y") + b"\x02" * size
    whole = walk(data)
    scan_module.CHUNK, before = chunk, scan_module.CHUNK
    try:
        assert walk(data) == whole
    finally:
        scan_module.CHUNK = before


class TestTorn:
    def torn(self, rest: bytes, sequence: int = 5) -> bool:
        with tempfile.TemporaryFile() as file:
            file.write(rest)
            file.flush()
            return is_torn(file.fileno(), MARKER, offset=0, stop=len(rest), sequence=sequence)

    def test_every_beginning_of_a_record_is_torn(self) -> None:
        whole = record(5, b"body" * 10)
        assert all(self.torn(whole[:length]) for length in range(1, len(whole)))

    def test_zeros_are_torn(self) -> None:
        assert self.torn(bytes(100))
        assert self.torn(bytes(CHUNK + 100))

    def test_other_bytes_are_not(self) -> None:
        assert not self.torn(os.urandom(8) + bytes(100))
        assert not self.torn(bytes(CHUNK) + b"\x01")

    def test_a_beginning_with_another_number_is_not(self) -> None:
        assert not self.torn(record(6, b"body")[:-1])
