"""What a journal remembers beside its entries: who it is, what was forgotten, which groups were marked."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from weft.journal.damage import Damage
from weft.journal.errors import JournalFormat
from weft.journal.record import FORMAT
from weft.journal.scan import Entry
from weft.journal.segment import Segment, file_header, sync_directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from weft.journal.damage import Damages
    from weft.journal.record import FileHeader

#: The longest note of a mark, in bytes.
NOTE_LIMIT = 256

#: The ledger is written anew when it has grown to this many bytes and to twice what it has to say.
REWRITE_BYTES = 64 << 10

_FORGET = struct.Struct("<cQ")
_MARK = struct.Struct("<cQQ")


class Mark(NamedTuple):
    """A group of entries that was recorded under a note before it was committed elsewhere."""

    entries: range
    note: bytes


class Ledger:
    """A file of the same format as the segments, named `ledger`: appended to, and now and then written anew.

    Attributes:
        identity: 16 random bytes, made with the directory.
        before: Entries with lower sequence numbers are forgotten.
        marks: The marked groups that are not wholly forgotten, in order.
    """

    def __init__(self, directory: Path, segments: Sequence[tuple[int, Path]], damages: Damages) -> None:
        """Reads the ledger of a directory, or makes one.

        Args:
            directory: The journal's directory.
            segments: The segments in it: their headers repeat the identity, should the ledger have lost it.
            damages: Where to report what cannot be read.

        Raises:
            JournalFormat: It has a format that this version does not know.
            OSError: It cannot be read or made.
        """
        self._directory = directory
        self._path = directory / "ledger"
        self._spare = directory / "ledger.new"
        self._rewrite_at = REWRITE_BYTES
        self.before = 0
        self.marks: list[Mark] = []
        self._spare.unlink(missing_ok=True)
        if not self._path.exists():
            if segments:
                damages.add(Damage(self._path.name, 0, 0, range(0)))
            self.identity = _identity_of(segments) or os.urandom(16)
            self._file = Segment.create(self._path, 0, self.identity)
            self._file.append([_FORGET.pack(b"F", 0)])
            return
        identity = self._own_identity()
        self.identity = identity or _identity_of(segments) or os.urandom(16)
        self._file, found = Segment.recover(self._path, 0, self.identity)
        self._replay()
        for damage in found:
            damages.add(damage)
        if identity is None or found:
            self._repair(empty=not segments)

    def _own_identity(self) -> bytes | None:
        header = _header_of(self._path)
        if header is None:
            return None
        if header.format != FORMAT:
            raise JournalFormat(self._directory, header.format, FORMAT)
        return header.identity

    def _repair(self, *, empty: bool) -> None:
        if empty:
            # Nothing else tells how far the numbers had come, so they start over, under another identity.
            self.identity, self.before, self.marks = os.urandom(16), 0, []
            self._rewrite()
            return
        # Where the disk is full, the file stays as it is and is read around until it can be replaced.
        with suppress(OSError):
            self._rewrite()

    def _replay(self) -> None:
        fd = self._file.open()
        try:
            for item in self._file.scan(fd, 0, self._file.next):
                if isinstance(item, Entry):
                    self._take(item.body)
        finally:
            os.close(fd)

    def _take(self, body: bytes) -> None:
        if body[:1] == b"F":
            self._forgotten(_FORGET.unpack(body)[1])
        elif body[:1] == b"M":
            _, start, stop = _MARK.unpack_from(body)
            self.marks.append(Mark(range(start, stop), body[_MARK.size :]))

    def forget(self, before: int) -> None:
        """Records durably that entries below `before` are forgotten, and drops the marks below it.

        Raises:
            OSError: It could not be recorded; nothing has changed.
        """
        self._record(_FORGET.pack(b"F", before))
        self._forgotten(before)

    def _forgotten(self, before: int) -> None:
        self.before = max(self.before, before)
        self.marks = [mark for mark in self.marks if mark.entries.stop > self.before]

    def mark(self, mark: Mark) -> None:
        """Records a group durably.

        Raises:
            OSError: It could not be recorded; nothing has changed.
        """
        self._record(_pack_mark(mark))
        self.marks = [*self.marks, mark]

    def _record(self, body: bytes) -> None:
        if self._file.size >= self._rewrite_at:
            # On a full disk the old file may still have room in its last block.
            with suppress(OSError):
                self._rewrite()
        if self._file.sealed:
            self._rewrite()
        self._file.append([body])

    def _rewrite(self) -> None:
        """Replaces the file by one that says only what still holds."""
        new = Segment.create(self._spare, 0, self.identity)
        try:
            new.append([_FORGET.pack(b"F", self.before), *map(_pack_mark, self.marks)])
            self._spare.replace(self._path)
            new.path = self._path
            self._file.seal()
            self._file = new
            sync_directory(self._directory)
        except BaseException:
            # Sealed, so that nothing is recorded in a file whose name may not be durable: it is written
            # again.
            new.seal()
            raise
        self._rewrite_at = max(REWRITE_BYTES, 2 * new.size)

    def close(self) -> None:
        """Frees the file descriptor."""
        self._file.seal()


def _pack_mark(mark: Mark) -> bytes:
    return _MARK.pack(b"M", mark.entries.start, mark.entries.stop) + mark.note


def _identity_of(segments: Sequence[tuple[int, Path]]) -> bytes | None:
    headers = (_header_of(path) for _, path in segments)
    return next((header.identity for header in headers if header is not None), None)


def _header_of(path: Path) -> FileHeader | None:
    fd = os.open(path, os.O_RDONLY)
    try:
        return file_header(fd)
    finally:
        os.close(fd)
