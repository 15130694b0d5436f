"""kill -9 at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

from weft.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 8

# Says what it is about to do and what was done; a body follows from its sequence number.
WORKER = """
import sys
from pathlib import Path
from random import Random
from test_crash import body

from weft.journal import Journal

journal = Journal(Path(sys.argv[1]), max_bytes=32 << 20, segment_bytes=1 << 20)
chance = Random(int(sys.argv[2]))
print("open", journal.first, journal.end, flush=True)
while True:
    count = chance.choice([1, 1, 2, 16])
    done = journal.append([body(sequence) for sequence in range(journal.end, journal.end + count)])
    print("appended", done.start, done.stop, flush=True)
    if chance.random() < 0.3:
        start = max(journal.first, *(mark.entries.stop for mark in journal.marks()), 0)
        note = b"%d" % start
        journal.mark(range(start, journal.end), note)
        print("marked", start, journal.end, flush=True)
    if chance.random() < 0.2:
        before = chance.randint(journal.first, journal.end) if chance.random() < 0.8 else journal.end
        print("forgetting", before, before, flush=True)
        journal.forget(before)
        print("forgot", before, before, flush=True)
"""


def body(sequence: int) -> bytes:
    """Up to 300 kB that only this sequence number has."""
    digest = sha256(b"%d" % sequence).digest()
    return digest * (1 + 37 * digest[0])


def test_what_was_acknowledged_before_kill_9_is_there_once_and_in_order(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    first = end = forgetting = 0
    marked: dict[range, bytes] = {}
    identities = set()
    for round_number in range(ROUNDS):
        for word, start, stop in _run_and_kill(tmp_path, round_number, chance.randint(1, 60)):
            match word:
                case "appended":
                    end = stop
                case "marked":
                    marked[range(start, stop)] = b"%d" % start
                case "forgetting":
                    forgetting = max(forgetting, start)
                case "forgot":
                    first = max(first, start)
        with Journal(tmp_path, max_bytes=32 << 20, segment_bytes=1 << 20) as journal:
            identities.add(journal.identity)
            assert first <= journal.first <= forgetting
            assert end <= journal.end
            # A mark whose acknowledgement was not heard is still a mark.
            marks = {mark.entries: mark.note for mark in journal.marks()}
            assert all(note == b"%d" % entries.start for entries, note in marks.items())
            kept = {entries: note for entries, note in marked.items() if entries.stop > journal.first}
            assert kept.items() <= marks.items()
            found = list(journal.read(0))
            assert [sequence for sequence, _ in found] == list(range(journal.first, journal.end))
            assert all(data == body(sequence) for sequence, data in found)
            assert not journal.damaged
            first, end, marked = journal.first, journal.end, marks
    assert len(identities) == 1
    assert end > ROUNDS


def _run_and_kill(directory: Path, seed: int, lines: int) -> list[tuple[str, int, int]]:
    """Runs a worker until it has said so many lines, kills it, and gives all that it has said."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(directory), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(__file__).rpartition("/")[0]},
    ) as worker:
        assert worker.stdout is not None
        heard = [worker.stdout.readline() for _ in range(lines)]
        worker.kill()
        heard += worker.stdout.readlines()
    words = [line.split() for line in heard if line.endswith("\n")]
    assert words
    assert words[0][0] == "open"
    return [(word, int(start), int(stop)) for word, start, stop in words]
