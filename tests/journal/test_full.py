"""No room: in the journal, or on the disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from weft.journal import Journal, JournalFull
from weft.journal.ledger import Ledger
from weft.journal.record import FILE_HEADER_SIZE, RECORD_HEADER_SIZE

if TYPE_CHECKING:
    from pathlib import Path

# RLIMIT_FSIZE makes the kernel refuse to let any file grow, as a full disk does, without privileges.
FULL_DISK = """
import resource, sys
from pathlib import Path
from weft.journal import Journal

hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

journal = Journal(Path(sys.argv[1]), segment_bytes=1 << 20)
kept = [b"a" * 1000 for _ in range(10)]
assert journal.append(kept) == range(0, 10)
before = journal.size_bytes
limit(before + 700)
for _ in range(3):
    try:
        journal.append([b"b" * 20_000, b"b" * 20_000])
    except OSError as error:
        print(error.strerror)
    else:
        sys.exit("the disk was not full")
    assert journal.end == 10 and journal.size_bytes == before, (journal.end, journal.size_bytes)
    assert [body for _, body in journal.read(0)] == kept
assert journal.append([b"c" * 100]) == range(10, 11)
limit(hard)
assert journal.append([b"d" * 20_000]) == range(11, 12)
assert journal.forget(4) is None
assert [body for _, body in journal.read(0)] == [*kept[4:], b"c" * 100, b"d" * 20_000]
assert journal.damaged == ()
"""

FULL_LEDGER = """
import os, resource, sys
from pathlib import Path
from weft.journal import Journal

hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
directory = Path(sys.argv[1])
journal = Journal(directory)
journal.append([b"a", b"b", b"c"])
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(directory / "ledger") + 10, hard))
for use in (lambda: journal.forget(2), lambda: journal.mark(range(0, 2), b"note")):
    try:
        use()
    except OSError:
        continue
    sys.exit("the disk was not full")
assert (journal.first, journal.end, journal.marks()) == (0, 3, ())
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
journal.mark(range(0, 2), b"note")
journal.forget(1)
os._exit(0)
"""


def test_appending_to_a_full_journal_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path, max_bytes=1000) as journal:
        journal.append([b"x" * 800])
        before = journal.size_bytes
        files = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(JournalFull) as caught:
            journal.append([b"y" * 100, b"y" * 100])
        assert caught.value.can_ever_fit
        assert (caught.value.size_bytes, caught.value.max_bytes) == (before, 1000)
        assert str(tmp_path) in str(caught.value)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files
        assert (journal.end, journal.size_bytes) == (1, before)
        journal.forget(1)
        assert journal.append([b"y" * 100, b"y" * 100]) == range(1, 3)


def test_the_bound_is_exact(tmp_path: Path) -> None:
    overhead = FILE_HEADER_SIZE + RECORD_HEADER_SIZE
    with Journal(tmp_path, max_bytes=1000) as journal:
        with pytest.raises(JournalFull) as caught:
            journal.append([b"x" * (1001 - overhead)])
        assert not caught.value.can_ever_fit
        assert "never" in str(caught.value)
        journal.append([b"x" * (1000 - overhead)])
        assert journal.size_bytes == 1000
        assert sum(path.stat().st_size for path in tmp_path.glob("*.segment")) == 1000


def test_forgetting_frees_space_before_everything_is_forgotten(tmp_path: Path) -> None:
    with Journal(tmp_path, max_bytes=10_000) as journal:
        while journal.size_bytes < 9_800:
            journal.append([b"x" * 100])
        with pytest.raises(JournalFull):
            journal.append([b"x" * 200])
        journal.forget(journal.end // 2)
        assert journal.size_bytes < 7_000
        journal.append([b"x" * 200])


def test_a_full_disk_loses_nothing_and_later_appends_are_sound(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["File too large"] * 3
    with Journal(tmp_path) as journal:
        assert journal.damaged == ()
        assert [len(body) for _, body in journal.read(0)] == [1000] * 6 + [100, 20_000]
        assert journal.end == 12


@pytest.mark.parametrize(("code", "segments_left"), [(errno.ENOSPC, 1), (errno.EIO, 4)])
def test_forgetting_frees_older_segments_where_the_disk_is_too_full_to_record_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, segments_left: int
) -> None:
    """A disk that takes nothing while more than one segment stands; other errors free nothing."""
    record = Ledger._record

    def full(ledger: Ledger, body: bytes) -> None:
        if len(list(tmp_path.glob("*.segment"))) > 1:
            raise OSError(code, os.strerror(code))
        record(ledger, body)

    with Journal(tmp_path, segment_bytes=100) as journal:
        for _ in range(4):
            journal.append([b"x" * 60, b"y" * 60])
        monkeypatch.setattr(Ledger, "_record", full)
        if code == errno.ENOSPC:
            journal.forget(7)
        else:
            with pytest.raises(OSError, match="Input/output"):
                journal.forget(7)
        assert len(list(tmp_path.glob("*.segment"))) == segments_left
        assert journal.first == (7 if code == errno.ENOSPC else 0)
    with Journal(tmp_path) as journal:
        assert (journal.first, journal.end) == (7 if code == errno.ENOSPC else 0, 8)
        assert journal.damaged == ()


def test_what_a_full_disk_kept_from_being_recorded_is_recorded_later(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL_LEDGER, str(tmp_path)], check=True, timeout=60)
    with Journal(tmp_path) as journal:
        assert (journal.first, journal.end) == (1, 3)
        assert [(mark.entries, mark.note) for mark in journal.marks()] == [(range(2), b"note")]
        assert journal.damaged == ()
