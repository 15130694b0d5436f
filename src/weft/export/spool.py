"""Requests on disk that no backend has acknowledged, in order."""

from __future__ import annotations

import struct
import time
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from weft.journal import Journal, JournalFull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from weft.export.body import Body

# Before each request: when it was written (nanoseconds since the epoch), and how many spans are in it.
_HEAD: Final = struct.Struct("<QI")

#: Space is freed a segment at a time, so a full spool loses a 64th of itself at once.
SEGMENTS: Final = 64
SEGMENT_BYTES: Final = 64 << 10


class Kept(NamedTuple):
    """One request on disk.

    Attributes:
        sequence: Its number.
        written_ns: When it was written, since the epoch.
        spans: How many spans are in it.
        data: The request.
    """

    sequence: int
    written_ns: int
    spans: int
    data: bytes


class Spool:
    """A journal of requests, its oldest at the head. One thread may append while another one sends.

    Args:
        directory: The journal's, made where it is not there. Locked for as long as the spool is open, and the
            lock goes with the process, however that ends.
        max_bytes: What it may hold; where more is appended, the oldest goes.
        lost: Called with a number of spans, and why, when some are given up.

    Attributes:
        spans: How many spans wait in it, of those that were written since it was opened.

    Raises:
        JournalError: Another process has it, or it was written by a version that this one does not read.
        OSError: It cannot be made, read or written.
    """

    def __init__(self, directory: Path, max_bytes: int, lost: Callable[[int, str], None]) -> None:
        self.directory = directory
        self.max_bytes = max_bytes
        self.spans = 0
        self._lost = lost
        self._counting = Lock()
        self._segment_bytes = max(SEGMENT_BYTES, max_bytes // SEGMENTS)
        # The journal's own bound comes after ours, which may change with what others hold.
        self._journal = Journal(
            directory, max_bytes=max_bytes + 2 * self._segment_bytes, segment_bytes=self._segment_bytes
        )
        self._next = self._journal.first

    @property
    def first(self) -> int:
        """The number of the oldest request that waits."""
        # What could not be forgotten for want of disk is not to be sent again and again.
        return max(self._next, self._journal.first)

    @property
    def empty(self) -> bool:
        """Whether nothing waits in it."""
        return self.first >= self._journal.end

    @property
    def entries(self) -> int:
        """How many requests wait in it."""
        return self._journal.end - self.first

    @property
    def size_bytes(self) -> int:
        """What it takes on disk, in bytes."""
        return self._journal.size_bytes

    def append(self, bodies: Sequence[Body]) -> None:
        """Write requests behind those that are there, number them, and return when they are on disk.

        Where they do not fit, the oldest go, a segment at a time.

        Raises:
            OSError: The disk is full, or failed; none of them counts as written.
        """
        now_ns = time.time_ns()
        entries = [_HEAD.pack(now_ns, body.spans) + body.data for body in bodies]
        needed = sum(map(len, entries))
        while not self.empty and self.size_bytes + needed > self.max_bytes:
            self._drop("spool full", lambda dropped, _: dropped < self._segment_bytes)
        try:
            sequences = self._journal.append(entries)
        except JournalFull:  # larger than all that it may hold
            for body in bodies:
                body.done = True
                self._lost(body.spans, "spool full")
            return
        self._count(sum(body.spans for body in bodies))
        for body, sequence in zip(bodies, sequences, strict=True):
            body.sequence = sequence

    def head(self, max_bytes: int) -> list[Kept]:
        """The oldest requests, as many as fit into so many bytes, at least one where there is any."""
        end = self._journal.end  # before it is read: what is appended meanwhile is not damaged
        found: list[Kept] = []
        size = 0
        for kept in self._kept():
            size += len(kept.data)
            if found and size > max_bytes:
                break
            found.append(kept)
        if not found:
            self._pass_damage(end)
        return found

    def forget(self, sequence: int, spans: int) -> None:
        """Forget the requests up to and with this one, and so many spans, durably.

        Raises:
            OSError: It could not be recorded: a later process may send them again, this one does not.
        """
        self._next = max(self._next, sequence + 1)
        self._count(-spans)
        self._journal.forget(self._next)

    def expire(self, max_age_s: float) -> None:
        """Drop what was written longer ago than this.

        Raises:
            OSError: It could not be recorded.
        """
        limit_ns = time.time_ns() - int(max_age_s * 1e9)
        self._drop("too old", lambda _, kept: kept.written_ns < limit_ns)

    def drop_all(self, reason: str) -> None:
        """Give up all that is in it.

        Raises:
            OSError: It could not be recorded.
        """
        self._drop(reason, lambda *_: True)

    def _drop(self, reason: str, wanted: Callable[[int, Kept], bool]) -> None:
        """Drop the oldest requests for as long as ``wanted(bytes dropped so far, request)`` holds."""
        end = self._journal.end
        spans, dropped, last = 0, 0, None
        for kept in self._kept():
            if not wanted(dropped, kept):
                break
            spans, dropped, last = spans + kept.spans, dropped + len(kept.data), kept.sequence
        else:
            if last is None:
                self._pass_damage(end)
        if last is not None:
            self._lost(spans, reason)
            self.forget(last, spans)

    def _kept(self) -> Iterator[Kept]:
        for sequence, entry in self._journal.read(self.first):
            written_ns, spans = _HEAD.unpack_from(entry)
            yield Kept(sequence, written_ns, spans, entry[_HEAD.size :])

    def abandon(self) -> None:
        """Give up all that is in it without looking, since its directory is gone, and close it."""
        try:
            self._pass_damage(self._journal.end)
        finally:
            self._journal.close()

    def _pass_damage(self, end: int) -> None:
        """Of what waits below this number nothing can be read.

        Requests are counted where their spans are not known, since another process wrote them.
        """
        with self._counting:
            entries = end - self.first
            if entries <= 0:
                return
            self._next = end
            spans, self.spans = self.spans, 0
        self._lost(spans or entries, "disk damaged")
        self._journal.forget(end)

    def _count(self, spans: int) -> None:
        with self._counting:
            self.spans = max(0, self.spans + spans)

    def close(self) -> None:
        """Close it; where nothing waits in it, remove its directory.

        Raises:
            OSError: It could not be removed.
        """
        try:
            if self.empty:
                # While it is locked: nobody else can take it up in between.
                for path in self.directory.iterdir():
                    path.unlink(missing_ok=True)
                self.directory.rmdir()
        finally:
            self._journal.close()
