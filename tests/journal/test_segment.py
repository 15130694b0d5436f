"""The places that a segment remembers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from weft.journal.record import marker, unpack_record_header
from weft.journal.scan import Entry
from weft.journal.segment import INDEX_STRIDE, Segment

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = bytes(16)


def assert_remembered(segment: Segment) -> None:
    """Each place is where its record begins, and they are as far apart as they should be."""
    data = segment.path.read_bytes()
    places = segment._index
    assert len(places) > 10
    for sequence, offset in places:
        header = unpack_record_header(marker(IDENTITY), data[offset : offset + 28])
        assert header is not None
        assert header.sequence == sequence
    gaps = [after[1] - before[1] for before, after in pairwise(places)]
    assert all(INDEX_STRIDE <= gap < INDEX_STRIDE + 20_000 for gap in gaps)


def test_places_are_where_records_begin_after_appending_reading_and_recovering(tmp_path: Path) -> None:
    path = tmp_path / "segment"
    segment = Segment.create(path, 7, IDENTITY)
    for _ in range(10):
        segment.append([b"x" * 10_000 * (at % 2) for at in range(20)])
    assert_remembered(segment)
    segment.seal()

    recovered, found = Segment.recover(path, 7, IDENTITY)
    assert found == []
    assert recovered.next == 207
    assert_remembered(recovered)
    recovered.seal()

    read, found = Segment.at_rest(path, 7, IDENTITY)
    assert found == []
    with path.open("rb") as file:
        for entry in read.scan(file.fileno(), 7, 207):
            assert isinstance(entry, Entry)
            read.note(entry)
    assert_remembered(read)
