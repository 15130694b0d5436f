"""What it costs to keep bodies safe: the journal, SQLite, and the bare disk, in one run.

    python benchmarks/journal.py [--directory DIR] [--rounds N] [--opening]

Each contender appends the same random bodies in groups, each group durable before the next; then all of it
is read back and forgotten in steps of 4 MiB. CPU is user and system time of this process. The contenders take
turns in each round, and the medians over the rounds are printed, in µs per body. The bare disk checks and
remembers nothing: it is the yardstick. Bare disk and journal run once growing their files, and once with the
blocks of each file reserved beforehand (posix_fallocate).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from weft.journal import Journal, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEGMENT_BYTES = 64 << 20
STEP_BYTES = 4 << 20
#: A request of 512 spans takes 110 to 220 kB; 800 B is one small span.
SHAPES = [
    (800, 1, 4000),
    (800, 16, 1000),
    (110_000, 1, 500),
    (110_000, 16, 50),
    (220_000, 1, 300),
    (220_000, 16, 30),
]


class Contender(Protocol):
    def append(self, bodies: Sequence[bytes]) -> object: ...
    def take(self, start: int, stop: int) -> int: ...
    def close(self) -> None: ...


class Segments:
    """The journal."""

    def __init__(self, directory: Path) -> None:
        self._journal = Journal(directory, max_bytes=4 << 30, segment_bytes=SEGMENT_BYTES)
        self.append, self.close = self._journal.append, self._journal.close

    def take(self, start: int, stop: int) -> int:
        read = sum(len(body) for _, body in self._journal.read(start, stop))
        self._journal.forget(stop)
        return read


class ReservedSegments(Segments):
    """The journal, were it to reserve the blocks of each new segment: what that would gain."""

    def __init__(self, directory: Path) -> None:
        self._write = segment._write

        def write(fd: int, buffers: Sequence[bytes], offset: int) -> int:
            if offset == 0:
                os.posix_fallocate(fd, 0, SEGMENT_BYTES)
            return self._write(fd, buffers, offset)

        super().__init__(directory)
        segment._write = write
        self.close = self._restore

    def _restore(self) -> None:
        segment._write = self._write
        self._journal.close()


class Sqlite:
    """A table in WAL mode, each group one transaction that is synced (synchronous=FULL)."""

    def __init__(self, directory: Path, page_size: int) -> None:
        directory.mkdir()
        self._db = sqlite3.connect(directory / "journal.db", isolation_level=None)
        self._db.execute(f"PRAGMA page_size={page_size}")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE entry (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        self.close = self._db.close

    def append(self, bodies: Sequence[bytes]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO entry (body) VALUES (?)", ((body,) for body in bodies))
        self._db.execute("COMMIT")

    def take(self, start: int, stop: int) -> int:
        # SQLite counts from 1.
        rows = self._db.execute(
            "SELECT sequence, body FROM entry WHERE sequence > ? AND sequence <= ? ORDER BY sequence",
            (start, stop),
        )
        read = sum(len(body) for _, body in rows)
        self._db.execute("DELETE FROM entry WHERE sequence <= ?", (stop,))
        return read


class BareFile:
    """One write and one fdatasync a group, no checksum, no bookkeeping; never read."""

    take = None

    def __init__(self, directory: Path, *, reserve: bool) -> None:
        directory.mkdir()
        self._directory, self._reserve = directory, reserve
        self._count, self._fd, self._size = 0, -1, SEGMENT_BYTES

    def append(self, bodies: Sequence[bytes]) -> None:
        data = b"".join(bodies)
        if self._size + len(data) > SEGMENT_BYTES:
            self.close()
            self._fd = os.open(self._directory / str(self._count), os.O_WRONLY | os.O_CREAT, 0o600)
            self._count, self._size = self._count + 1, 0
            if self._reserve:
                os.posix_fallocate(self._fd, 0, SEGMENT_BYTES)
        self._size += os.pwrite(self._fd, data, self._size)
        os.fdatasync(self._fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


CONTENDERS: dict[str, Callable[[Path], Segments | Sqlite | BareFile]] = {
    "bare file": lambda directory: BareFile(directory, reserve=False),
    "bare file, reserved": lambda directory: BareFile(directory, reserve=True),
    "journal": Segments,
    "journal, reserved": ReservedSegments,
    "SQLite, 4 KiB pages": lambda directory: Sqlite(directory, 4 << 10),
    "SQLite, 64 KiB pages": lambda directory: Sqlite(directory, 64 << 10),
}


class Clock:
    """CPU and wall time since it was made, in µs per body."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time_ns(), time.perf_counter_ns()

    def per(self, bodies: int) -> tuple[float, float]:
        cpu, wall = time.process_time_ns() - self._cpu, time.perf_counter_ns() - self._wall
        return cpu / 1000 / bodies, wall / 1000 / bodies


def measure(
    make: Callable[[Path], Segments | Sqlite | BareFile], directory: Path, groups: list[list[bytes]]
) -> tuple[float, ...]:
    """Gives CPU and wall per body of appending, then of reading and forgetting (nan where not done)."""
    contender = make(directory)
    count = sum(map(len, groups))
    clock = Clock()
    for group in groups:
        contender.append(group)
    appended = clock.per(count)
    taken = (float("nan"),) * 2
    if contender.take is not None:
        clock = Clock()
        step = STEP_BYTES // len(groups[0][0])
        read = sum(contender.take(at, min(at + step, count)) for at in range(0, count, step))
        taken = clock.per(count)
        assert read == sum(len(body) for group in groups for body in group)
    contender.close()
    shutil.rmtree(directory)
    return (*appended, *taken)


def compare(directory: Path, rounds: int) -> None:
    print(f"SQLite {sqlite3.sqlite_version}; median of {rounds} rounds; µs per body")
    print(f"{'body x group':14} {'':22} {'append':>18} {'read and forget':>18}")
    print(f"{'':14} {'':22} {'CPU':>9}{'wall':>9} {'CPU':>9}{'wall':>9}")
    for size, group, count in SHAPES:
        pool = [os.urandom(size) for _ in range(32)]
        groups = [[pool[(at * group + number) % 32] for number in range(group)] for at in range(count)]
        results: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        for number in range(rounds):
            for name, make in CONTENDERS.items():
                results[name].append(measure(make, directory / f"{number}", groups))
        for name, rows in results.items():
            cpu, wall, take_cpu, take_wall = (statistics.median(column) for column in zip(*rows, strict=True))
            taken = f"{take_cpu:9.1f}{take_wall:9.1f}" if take_cpu == take_cpu else f"{'-':>9}{'-':>9}"
            print(f"{f'{size:,} x {group}':14} {name:22} {cpu:9.1f}{wall:9.1f} {taken}")
        print()


def opening(directory: Path) -> None:
    """Times the opening of a full journal whose last segment, which is verified, is full too."""
    body = os.urandom(110_000)
    place = directory / "large"
    with Journal(place, max_bytes=1 << 30) as journal:
        while journal.size_bytes < (1 << 30) - (4 << 20):
            journal.append([body] * 16)
    last = max(place.glob("*.segment")).stat().st_size
    start = time.perf_counter()
    with Journal(place, max_bytes=1 << 30) as journal:
        took = time.perf_counter() - start
        held = f"{journal.size_bytes:,} bytes in {journal.end:,} entries, {last:,} of them verified"
        print(f"opening {held}, from the page cache: {took * 1000:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--directory", type=Path, help="where to write; the system's temporary directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--opening", action="store_true", help="also write 1 GiB and time its opening")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        compare(Path(directory), arguments.rounds)
        if arguments.opening:
            opening(Path(directory))


if __name__ == "__main__":
    main()
