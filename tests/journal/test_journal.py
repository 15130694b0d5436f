"""What a journal does when nothing goes wrong."""

from __future__ import annotations

import errno
import os
import stat
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from weft.journal import BODY_LIMIT, NOTE_LIMIT, Journal, JournalClosed, JournalError, Mark
from weft.journal import segment as segment_module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST_SEGMENT = "00000000000000000000.segment"


def segments(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.segment"))


def test_bodies_come_back_in_order_also_after_reopening(tmp_path: Path) -> None:
    bodies = [b"one", b"", b"three\x00\xff", b"x" * 70_000]
    with Journal(tmp_path) as journal:
        assert journal.append(bodies[:3]) == range(3)
        assert journal.append(bodies[3:]) == range(3, 4)
        assert list(journal.read(0)) == list(enumerate(bodies))
    with Journal(tmp_path) as journal:
        assert (journal.first, journal.end) == (0, 4)
        assert list(journal.read(0)) == list(enumerate(bodies))
        assert journal.append([b"five"]) == range(4, 5)
        assert list(journal.read(3)) == [(3, bodies[3]), (4, b"five")]


def test_a_part_is_read_from_any_start_to_any_stop(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=300) as journal:
        for at in range(40):
            journal.append([b"%d" % at * (at % 5)])
        assert len(segments(tmp_path)) > 4
        for start in range(42):
            for stop in range(42):
                assert [sequence for sequence, _ in journal.read(start, stop)] == list(
                    range(start, min(stop, 40))
                )


def test_a_read_far_into_a_large_segment_finds_its_place(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for group in range(8):
            journal.append([b"%d" % (group * 3 + at) * 40_000 for at in range(3)])
        for start in reversed(range(24)):
            assert next(journal.read(start)) == (start, b"%d" % start * 40_000)
    with Journal(tmp_path) as journal:
        for start in range(24):
            assert next(journal.read(start)) == (start, b"%d" % start * 40_000)


def test_a_read_ends_where_the_journal_ended_when_it_was_asked_for(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([b"a", b"b"])
        reading = journal.read(0)
        journal.append([b"c"])
        assert [data for _, data in reading] == [b"a", b"b"]


def test_a_group_is_one_write_and_one_sync_and_a_new_file_one_more_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    write, sync, sync_directory = os.pwritev, segment_module._sync_data, segment_module.sync_directory

    def pwritev(fd: int, buffers: Sequence[bytes], offset: int) -> int:
        calls.append("write")
        return write(fd, buffers, offset)

    def counted_sync(fd: int) -> None:
        calls.append("sync")
        sync(fd)

    def counted_sync_directory(directory: Path) -> None:
        calls.append(f"sync {directory.name}")
        sync_directory(directory)

    with Journal(tmp_path / "here") as journal:
        monkeypatch.setattr(os, "pwritev", pwritev)
        monkeypatch.setattr(segment_module, "_sync_data", counted_sync)
        monkeypatch.setattr(segment_module, "sync_directory", counted_sync_directory)
        journal.append([b"x" * 1000] * 16)
        assert calls == ["write", "sync", "sync here"]
        calls.clear()
        journal.append([b"x" * 1000] * 16)
        assert calls == ["write", "sync"]


def test_a_file_whose_sync_failed_is_not_appended_to_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Journal(tmp_path) as journal:
        journal.append([b"a"])
        size = journal.size_bytes
        with monkeypatch.context() as broken:
            broken.setattr(segment_module, "_sync_data", fail)
            with pytest.raises(OSError, match="Input/output"):
                journal.append([b"lost"])
            with pytest.raises(OSError, match="Input/output"):
                journal.append([b"lost, in a new file"])
        assert (journal.end, journal.size_bytes) == (1, size)
        assert (tmp_path / FIRST_SEGMENT).stat().st_size == size
        assert segments(tmp_path) == [FIRST_SEGMENT]
        assert journal.append([b"b"]) == range(1, 2)
        assert len(segments(tmp_path)) == 2
        assert list(journal.read(0)) == [(0, b"a"), (1, b"b")]
    with Journal(tmp_path) as journal:
        assert list(journal.read(0)) == [(0, b"a"), (1, b"b")]
        assert not journal.damaged


def test_writes_that_the_kernel_cuts_short_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwritev

    def pwritev(fd: int, buffers: Sequence[bytes], offset: int) -> int:
        joined = b"".join(buffers)
        return write(fd, [joined[: max(1, len(joined) * 2 // 3)]], offset)

    monkeypatch.setattr(os, "pwritev", pwritev)
    bodies = [b"first", b"", b"second" * 100, b""]
    with Journal(tmp_path) as journal:
        journal.append(bodies)
    with Journal(tmp_path) as journal:
        assert [data for _, data in journal.read(0)] == bodies
        assert not journal.damaged


def test_a_group_of_more_buffers_than_one_write_takes(tmp_path: Path) -> None:
    bodies = [b"%d" % at for at in range(3000)]
    with Journal(tmp_path) as journal:
        assert journal.append(bodies) == range(3000)
    with Journal(tmp_path) as journal:
        assert [data for _, data in journal.read(0)] == bodies


def test_an_empty_group_is_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        assert journal.append([]) == range(0)
        assert segments(tmp_path) == []


def test_a_body_of_64_mebibytes_has_a_segment_of_its_own(tmp_path: Path) -> None:
    large = os.urandom(1 << 20) * 64
    with Journal(tmp_path, segment_bytes=1 << 20) as journal:
        journal.append([b"before"])
        journal.append([large])
        journal.append([b"after"])
        assert len(segments(tmp_path)) == 3
    with Journal(tmp_path, segment_bytes=1 << 20) as journal:
        read = dict(journal.read(0))
        assert read[1] == large
        assert [read[0], read[2]] == [b"before", b"after"]
        journal.forget(2)
        assert journal.size_bytes < 1000


def test_a_body_above_the_limit_is_refused(tmp_path: Path) -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return BODY_LIMIT + 1

    with Journal(tmp_path) as journal, pytest.raises(ValueError, match=r"1,073,741,825 bytes is too long"):
        journal.append([Huge()])


def test_the_last_segment_is_appended_to_after_reopening(tmp_path: Path) -> None:
    for _ in range(5):
        with Journal(tmp_path) as journal:
            journal.append([b"x"])
    assert segments(tmp_path) == [FIRST_SEGMENT]


def test_size_bytes_is_what_the_segments_take_on_disk(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=200) as journal:
        for _ in range(10):
            journal.append([b"x" * 60])
            assert journal.size_bytes == sum(path.stat().st_size for path in tmp_path.glob("*.segment"))
        size = journal.size_bytes
    with Journal(tmp_path, segment_bytes=200) as journal:
        assert journal.size_bytes == size


class TestForget:
    def test_what_is_forgotten_does_not_come_back(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal:
            journal.append([b"a", b"b", b"c"])
            journal.forget(2)
            assert (journal.first, journal.end) == (2, 3)
            assert list(journal.read(0)) == [(2, b"c")]
        with Journal(tmp_path) as journal:
            assert (journal.first, journal.end) == (2, 3)
            assert list(journal.read(0)) == [(2, b"c")]

    def test_segments_that_are_wholly_forgotten_are_removed(self, tmp_path: Path) -> None:
        with Journal(tmp_path, segment_bytes=100) as journal:
            for _ in range(4):
                journal.append([b"x" * 60])
            names = segments(tmp_path)
            assert len(names) == 4
            journal.forget(2)
            assert segments(tmp_path) == names[2:]

    def test_forgetting_everything_frees_everything_and_numbers_go_on(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal:
            identity = journal.identity
            journal.append([b"a", b"b"])
            journal.forget(2)
            assert (journal.size_bytes, segments(tmp_path)) == (0, [])
            assert journal.append([b"c"]) == range(2, 3)
            journal.forget(3)
        for _ in range(2):
            with Journal(tmp_path) as journal:
                assert (journal.first, journal.end, journal.identity) == (3, 3, identity)
        with Journal(tmp_path) as journal:
            assert journal.append([b"d"]) == range(3, 4)

    def test_forgetting_less_than_before_changes_nothing(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal:
            journal.append([b"a", b"b"])
            journal.forget(1)
            size = (tmp_path / "ledger").stat().st_size
            journal.forget(1)
            journal.forget(0)
            assert journal.first == 1
            assert (tmp_path / "ledger").stat().st_size == size

    def test_what_is_not_there_yet_cannot_be_forgotten(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal, pytest.raises(ValueError, match="ends at 0"):
            journal.forget(1)

    def test_segments_that_a_crash_kept_from_being_removed_are_removed_at_the_next_opening(
        self, tmp_path: Path
    ) -> None:
        with Journal(tmp_path, segment_bytes=100) as journal:
            journal.append([b"x" * 60])
            journal.append([b"y" * 60])
            old = (tmp_path / FIRST_SEGMENT).read_bytes()
            journal.forget(1)
        (tmp_path / FIRST_SEGMENT).write_bytes(old)
        with Journal(tmp_path, segment_bytes=100) as journal:
            assert list(journal.read(0)) == [(1, b"y" * 60)]
            assert len(segments(tmp_path)) == 1
            assert not journal.damaged

    def test_a_reader_whose_segment_is_removed_goes_on_behind_it(self, tmp_path: Path) -> None:
        with Journal(tmp_path, segment_bytes=100) as journal:
            for _ in range(4):
                journal.append([b"x" * 60])
            reading = journal.read(0)
            assert next(reading)[0] == 0
            journal.forget(3)
            assert [sequence for sequence, _ in reading] == [3]
            assert not journal.damaged


class TestMarks:
    def test_marks_survive_in_order_until_their_group_is_forgotten(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal:
            journal.append([b"x"] * 10)
            journal.mark(range(3), b"first")
            journal.mark(range(3, 4), b"")
            journal.mark(range(6, 10), b"n" * NOTE_LIMIT)
        for _ in range(2):
            with Journal(tmp_path) as journal:
                assert journal.marks() == (
                    Mark(range(3), b"first"),
                    Mark(range(3, 4), b""),
                    Mark(range(6, 10), b"n" * NOTE_LIMIT),
                )
        with Journal(tmp_path) as journal:
            journal.forget(2)
            assert [mark.note[:1] for mark in journal.marks()] == [b"f", b"", b"n"]
            journal.forget(5)
            assert [mark.entries for mark in journal.marks()] == [range(6, 10)]
        with Journal(tmp_path) as journal:
            assert [mark.entries for mark in journal.marks()] == [range(6, 10)]
            journal.forget(10)
            assert journal.marks() == ()

    def test_the_same_mark_again_changes_nothing(self, tmp_path: Path) -> None:
        with Journal(tmp_path) as journal:
            journal.append([b"x"] * 2)
            journal.mark(range(2), b"n")
            size = (tmp_path / "ledger").stat().st_size
            journal.mark(range(2), b"n")
            assert journal.marks() == (Mark(range(2), b"n"),)
            assert (tmp_path / "ledger").stat().st_size == size

    @pytest.mark.parametrize(
        ("entries", "note"),
        [
            (range(5, 5), b""),
            (range(4, 7), b""),
            (range(2, 4), b"another note"),
            (range(3, 5), b""),
            (range(1), b""),
            (range(4, 6, 2), b""),
            (range(4, 5), b"n" * (NOTE_LIMIT + 1)),
        ],
    )
    def test_groups_that_make_no_sense_are_refused(self, tmp_path: Path, entries: range, note: bytes) -> None:
        with Journal(tmp_path) as journal:
            journal.append([b"x"] * 6)
            journal.forget(1)
            journal.mark(range(2, 4), b"n")
            with pytest.raises(ValueError, match=r"cannot mark|too long"):
                journal.mark(entries, note)
            assert journal.marks() == (Mark(range(2, 4), b"n"),)


class TestIdentity:
    def test_it_is_kept_and_new_when_the_directory_was_wiped(self, tmp_path: Path) -> None:
        directory = tmp_path / "deep" / "journal"
        with Journal(directory) as journal:
            identity = journal.identity
            assert len(bytes.fromhex(identity)) == 16
            journal.append([b"x"])
        with Journal(directory) as journal:
            assert journal.identity == identity
        for path in directory.iterdir():
            path.unlink()
        with Journal(directory) as journal:
            assert journal.identity != identity
            assert (journal.first, journal.end) == (0, 0)

    def test_two_journals_differ(self, tmp_path: Path) -> None:
        with Journal(tmp_path / "a") as one, Journal(tmp_path / "b") as other:
            assert one.identity != other.identity


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.append([b"secret"])
        journal.forget(0)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "journal").iterdir()]
        assert modes == [0o600] * 3
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([b"x"])
    reading = journal.read(0)
    journal.close()
    journal.close()
    for use in (
        lambda: journal.append([b"y"]),
        lambda: journal.read(0),
        lambda: journal.forget(1),
        lambda: journal.mark(range(1), b""),
        lambda: next(reading),
    ):
        with pytest.raises(JournalClosed, match=str(tmp_path)):
            use()
    assert issubclass(JournalClosed, JournalError)


@pytest.mark.parametrize("limits", [{"max_bytes": 0}, {"segment_bytes": -1}])
def test_limits_are_positive(tmp_path: Path, limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Journal(tmp_path, **limits)
    assert list(tmp_path.iterdir()) == []


def test_opening_verifies_the_last_segment_only_and_holds_one_body_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=16 << 20) as journal:
        for _ in range(40):
            journal.append([b"x" * (1 << 20)])
        assert len(segments(tmp_path)) == 3
    with (tmp_path / FIRST_SEGMENT).open("r+b") as file:
        file.seek(1000)
        file.write(b"y")
    tracemalloc.start()
    try:
        journal = Journal(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()
    with journal:
        assert journal.end == 40
        assert not journal.damaged
        assert [sequence for sequence, _ in journal.read(0)] == list(range(1, 40))
        assert [damage.lost for damage in journal.damaged] == [range(1)]
