"""One opener per directory."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from weft.journal import Journal, JournalLocked

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from weft.journal import Journal
with Journal(Path(sys.argv[1])) as journal:
    journal.append([b"held"])
    print("open", flush=True)
    sys.stdin.readline()
"""

FORK = """
import os, sys
from pathlib import Path
from weft.journal import Journal, JournalClosed

journal = Journal(Path(sys.argv[1]))
journal.append([b"before"])
kept = journal.read(0)
child = os.fork()
if child == 0:
    for use in (
        lambda: journal.append([b"child"]), lambda: journal.forget(1), lambda: journal.mark(range(1), b""),
        lambda: list(journal.read(0)), lambda: list(kept),
    ):
        try:
            use()
        except JournalClosed:
            continue
        os._exit(1)
    journal.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
journal.append([b"parent"])
assert [body for _, body in journal.read(0)] == [b"before", b"parent"]
"""

ORPHAN = """
import os, sys
from pathlib import Path
from weft.journal import Journal

journal = Journal(Path(sys.argv[1]))
if os.fork() == 0:
    print("forked", os.getpid(), flush=True)
    sys.stdin.readline()
    os._exit(0)
os._exit(0)
"""


def test_a_second_process_is_told_the_directory_and_the_holder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(JournalLocked) as caught:
            Journal(tmp_path)
        assert caught.value.directory == tmp_path
        assert caught.value.pid == holder.pid
        assert str(tmp_path) in str(caught.value)
        assert str(holder.pid) in str(caught.value)
        holder.communicate("\n")
    with Journal(tmp_path) as journal:
        assert list(journal.read(0)) == [(0, b"held")]


def test_a_second_opener_in_one_process_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        with pytest.raises(JournalLocked) as caught:
            Journal(tmp_path)
        assert caught.value.pid == os.getpid()
        journal.append([b"on"])
    Journal(tmp_path).close()


def test_a_lock_file_without_a_process_id_still_locks(tmp_path: Path) -> None:
    with Journal(tmp_path):
        (tmp_path / "lock").write_bytes(b"\xff not a number")
        with pytest.raises(JournalLocked) as caught:
            Journal(tmp_path)
        assert caught.value.pid is None


def test_an_opening_that_fails_leaves_the_directory_free(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    (tmp_path / "ledger").unlink()
    (tmp_path / "ledger").mkdir()
    with pytest.raises(IsADirectoryError):
        Journal(tmp_path)
    (tmp_path / "ledger").rmdir()
    Journal(tmp_path).close()


def test_a_forked_child_finds_the_journal_closed_and_the_parent_does_not_notice(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], check=True, timeout=60)
    with Journal(tmp_path) as journal:
        assert [body for _, body in journal.read(0)] == [b"before", b"parent"]


def test_a_forked_child_that_outlives_its_parent_does_not_hold_the_lock(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        word, pid = process.stdout.readline().split()
        assert word == "forked"
        process.wait(timeout=60)
        os.kill(int(pid), 0)  # the child lives
        Journal(tmp_path).close()
        process.communicate("\n")
