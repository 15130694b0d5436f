"""One thread appends while others read and forget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from weft.journal import Journal, JournalFull

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 3000


def body(sequence: int) -> bytes:
    return b"%d," % sequence * (1 + sequence % 400)


def test_a_reader_that_forgets_sees_each_entry_once_while_another_thread_appends(tmp_path: Path) -> None:
    seen: list[int] = []
    done = threading.Event()
    with Journal(tmp_path, max_bytes=400_000, segment_bytes=20_000) as journal:

        def index() -> None:
            while not done.is_set() or journal.first < journal.end:
                start, stop = journal.first, min(journal.end, journal.first + 70)
                if start == stop:
                    continue
                journal.mark(range(start, stop), b"%d" % start)
                for sequence, data in journal.read(start, stop):
                    assert data == body(sequence)
                    seen.append(sequence)
                assert [mark.entries for mark in journal.marks()] == [range(start, stop)]
                journal.forget(stop)

        with ThreadPoolExecutor(1) as pool:
            indexing = pool.submit(index)
            try:
                while journal.end < COUNT:
                    assert not indexing.done(), indexing.result()
                    count = min(1 + journal.end % 7, COUNT - journal.end)
                    try:
                        journal.append([body(journal.end + at) for at in range(count)])
                    except JournalFull:
                        # The reader makes room.
                        continue
            finally:
                done.set()
            indexing.result(timeout=60)
        assert seen == list(range(COUNT))
        assert not journal.damaged
        assert journal.size_bytes == 0
        assert journal.marks() == ()


def test_several_threads_append_and_read_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=5_000) as journal, ThreadPoolExecutor(5) as pool:

        def append(thread: int) -> dict[int, bytes]:
            written: dict[int, bytes] = {}
            for at in range(60):
                bodies = [b"%d-%d-%d" % (thread, at, number) * 20 for number in range(3)]
                written |= dict(zip(journal.append(bodies), bodies, strict=True))
            return written

        def read() -> None:
            for _ in range(30):
                sequences = [sequence for sequence, _ in journal.read(0)]
                assert sequences == list(range(len(sequences)))

        reading = pool.submit(read)
        written: dict[int, bytes] = {}
        for part in pool.map(append, range(4)):
            assert not written.keys() & part.keys()
            written |= part
        reading.result(timeout=60)
        assert dict(journal.read(0)) == written
        assert not journal.damaged
