"""One append-only file of records."""

from __future__ import annotations

import os
from bisect import bisect_right
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Self

from weft.journal.damage import Damage
from weft.journal.record import (
    FILE_HEADER_SIZE,
    FORMAT,
    RECORD_HEADER_SIZE,
    FileHeader,
    marker,
    pack_file_header,
    pack_record_header,
    unpack_file_header,
)
from weft.journal.scan import Entry, Hole, is_torn, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

#: How far apart remembered places are at least, in bytes: at most 16,384 of them for a journal of 1 GiB. A
#: read passes over the records from the place before its start to its start.
INDEX_STRIDE = 64 << 10

#: macOS has no fdatasync(2).
_sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)

_IOV_MAX = 1024


class Segment:
    """Records with consecutive sequence numbers in one file, which grows at its end or not at all.

    One thread appends at a time; any number may read meanwhile.

    Attributes:
        path: The file.
        first: The sequence number that its first record has.
        next: The sequence number that its next record will have. In a segment made with `at_rest` only a
            lower bound: the next segment's `first` says.
        size: Its durable bytes; what lies behind is not part of it.
        sealed: Whether it takes no more records.
    """

    def __init__(self, path: Path, first: int, identity: bytes, *, fd: int | None, size: int) -> None:
        self.path = path
        self.first = first
        self.next = first
        self.size = size
        self._identity = identity
        self._marker = marker(identity)
        self._fd = fd
        self._index = [(first, FILE_HEADER_SIZE)]
        self._indexing = Lock()

    @classmethod
    def create(cls, path: Path, first: int, identity: bytes) -> Self:
        """Makes an empty segment; it comes to be on disk with the first append.

        Raises:
            OSError: The file cannot be made.
        """
        # A file that is already there holds no acknowledged entry: its number was never given out.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        return cls(path, first, identity, fd=fd, size=0)

    @classmethod
    def at_rest(cls, path: Path, first: int, identity: bytes) -> tuple[Self, list[Damage]]:
        """Takes up a file as it is, sealed; its records are verified when they are read.

        Raises:
            OSError: The file cannot be read.
        """
        segment = cls(path, first, identity, fd=None, size=path.stat().st_size)
        fd = segment.open()
        try:
            return segment, segment._verify_header(fd)
        finally:
            os.close(fd)

    @classmethod
    def recover(cls, path: Path, first: int, identity: bytes) -> tuple[Self, list[Damage]]:
        """Takes up the file that was appended to last: verifies every record and cuts off a torn end.

        An unreadable end that is not torn is kept as it is, and the segment sealed: what may have been
        acknowledged is never overwritten, nor its sequence number given out again.

        Returns:
            The segment, and what is damaged in it.

        Raises:
            OSError: The file cannot be read or cut.
        """
        fd = os.open(path, os.O_RDWR)
        segment = cls(path, first, identity, fd=fd, size=os.fstat(fd).st_size)
        try:
            # What a killed process wrote and did not sync is served from now on, so it has to stay.
            _sync_data(fd)
            return segment, segment._verify(fd)
        except BaseException:
            segment.seal()
            raise

    def _verify(self, fd: int) -> list[Damage]:
        damages = self._verify_header(fd)
        intact = not damages
        for item in scan(fd, self._marker, offset=FILE_HEADER_SIZE, stop=self.size, sequence=self.first):
            if isinstance(item, Entry):
                self.note(item)
                self.next = item.sequence + 1
            elif item.lost or item.end < self.size:
                self.next = max(self.next, item.lost.stop)
                damages.append(self.damage(item))
            elif is_torn(fd, self._marker, offset=item.offset, stop=item.end, sequence=self.next):
                self._cut(fd, item.offset)
            else:
                # How many records were here is not known: as many numbers are passed over as could have been.
                most = max(1, (item.end - item.offset) // RECORD_HEADER_SIZE)
                damages.append(self.damage(item._replace(lost=range(self.next, self.next + most))))
                self.next += most
                self.seal()
        if not intact and self.size <= FILE_HEADER_SIZE:
            # The very first append was interrupted: the next one writes the header again.
            self._cut(fd, 0)
            return []
        return damages

    def _verify_header(self, fd: int) -> list[Damage]:
        if file_header(fd) == FileHeader(FORMAT, self._identity):
            return []
        return [Damage(self.path.name, 0, FILE_HEADER_SIZE, range(0))]

    def _cut(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)
        self.size = size

    @property
    def sealed(self) -> bool:
        """Whether it takes no more records."""
        return self._fd is None

    @staticmethod
    def cost(bodies: Sequence[bytes]) -> int:
        """Gives the bytes that these bodies take on disk."""
        return sum(map(len, bodies)) + RECORD_HEADER_SIZE * len(bodies)

    def append(self, bodies: Sequence[bytes]) -> None:
        """Writes bodies as the next records, all in one write, and returns when they are on disk.

        Raises:
            OSError: They could not be written or synced. What was written of them is cut off and the segment
                is sealed: after a failed fdatasync(2) the kernel may have dropped pages that it calls clean,
                so the file is not to be relied upon for more. An empty segment's file is removed.
        """
        assert self._fd is not None, "a sealed segment takes no more records"
        buffers = [] if self.size else [pack_file_header(self._identity)]
        for sequence, body in enumerate(bodies, self.next):
            buffers.append(pack_record_header(self._marker, sequence, body))
            buffers.append(body)
        try:
            length = _write(self._fd, buffers, self.size)
            _sync_data(self._fd)
            if not self.size:
                sync_directory(self.path.parent)
        except BaseException:
            self._roll_back()
            raise
        offset = self.size or FILE_HEADER_SIZE
        for sequence, body in enumerate(bodies, self.next):
            self._point(sequence, offset)
            offset += RECORD_HEADER_SIZE + len(body)
        self.next += len(bodies)
        self.size += length

    def _roll_back(self) -> None:
        assert self._fd is not None
        # Where even this fails, the end of what counts is the next segment's first sequence number.
        with suppress(OSError):
            self._cut(self._fd, self.size)
        self.seal()
        if not self.size:
            with suppress(OSError):
                self.path.unlink()

    def seal(self) -> None:
        """Takes no more records from now on, and frees the file descriptor."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def open(self) -> int:
        """Opens the file for reading; the caller closes it."""
        return os.open(self.path, os.O_RDONLY)

    def scan(self, fd: int, start: int, below: int) -> Iterator[Entry | Hole]:
        """Yields the records from sequence number `start` to below `below`, and the holes between them."""
        with self._indexing:
            at = bisect_right(self._index, start, key=lambda point: point[0]) - 1
            sequence, offset = self._index[max(at, 0)]
        return scan(
            fd,
            self._marker,
            offset=offset,
            stop=self.size,
            sequence=sequence,
            below=below,
            wanted=start,
        )

    def note(self, entry: Entry) -> None:
        """Remembers where an entry is, if it is far enough from the last one remembered."""
        self._point(entry.sequence, entry.offset)

    def _point(self, sequence: int, offset: int) -> None:
        if offset - self._index[-1][1] >= INDEX_STRIDE:
            with self._indexing:
                # Another reader may have come first, and the places are in order.
                if offset - self._index[-1][1] >= INDEX_STRIDE:
                    self._index.append((sequence, offset))

    def damage(self, hole: Hole) -> Damage:
        """Says of a hole that it is in this file."""
        return Damage(self.path.name, hole.offset, hole.end - hole.offset, hole.lost)


def file_header(fd: int) -> FileHeader | None:
    """Reads a file's header; None when it has no valid one."""
    return unpack_file_header(os.pread(fd, FILE_HEADER_SIZE, 0))


def sync_directory(directory: Path) -> None:
    """Makes the names of new files in a directory durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(fd: int, buffers: Sequence[bytes], offset: int) -> int:
    """Writes all buffers one behind the other, without joining them, and gives their length."""
    start = offset
    for at in range(0, len(buffers), _IOV_MAX):
        rest: Sequence[bytes | memoryview] = buffers[at : at + _IOV_MAX]
        while rest:
            written = os.pwritev(fd, rest, offset)
            offset += written
            rest = _behind(rest, written)
    return offset - start


def _behind(buffers: Sequence[bytes | memoryview], written: int) -> Sequence[bytes | memoryview]:
    """Gives what a write left over; a write that a full disk cut short raises when it is tried again."""
    for at, buffer in enumerate(buffers):
        if written < len(buffer):
            return [memoryview(buffer)[written:], *buffers[at + 1 :]]
        written -= len(buffer)
    return []
