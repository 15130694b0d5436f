"""The journal: bodies appended by one side, read and forgotten by the other, on disk in between."""

from __future__ import annotations

import errno
import os
import weakref
from threading import Lock
from typing import TYPE_CHECKING, Self

from weft.journal.damage import Damages
from weft.journal.errors import JournalClosed, JournalFull
from weft.journal.ledger import NOTE_LIMIT, Ledger, Mark
from weft.journal.lock import DirectoryLock
from weft.journal.record import BODY_LIMIT, FILE_HEADER_SIZE
from weft.journal.scan import Entry
from weft.journal.segment import Segment
from weft.journal.segments import Segments, remove, segment_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from weft.journal.damage import Damage
    from weft.journal.segments import Stretch

_open_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


class Journal:
    """Opaque bodies on disk, numbered in order, bounded in bytes, safe against kill -9 and torn writes.

    What holds:

    - When `append` has returned, its entries are on disk. An entry whose `append` did not return may be there
      after a crash, or not; no entry is there twice, and the order is that of the sequence numbers.
    - When `forget(n)` has returned, no entry below `n` comes back, also not after a crash. Disk space is
      freed in whole segments.
    - When `mark` has returned, its group is in `marks()` until it is wholly forgotten, also after a crash.
    - Within one `identity` no sequence number is given out twice, also not when everything was forgotten.
    - Each entry is checksummed. Opening verifies those of the last segment; the others are verified as they
      are read. What cannot be read is passed over and reported in `damaged`, and never raises.

    Any number of threads may use one journal. A process forked from the one that opened it finds it closed.

    Args:
        directory: Where to keep it; made, for its owner only, when it is not there.
        max_bytes: The most that the segments may hold, entries not yet freed included. The ledger, beside
            them, takes 128 KiB or twice what the marks need.
        segment_bytes: The size at which a new segment is begun; at most an eighth of `max_bytes`, so that
            forgetting frees space in steps. A group larger than this has a segment of its own.

    Raises:
        ValueError: A limit is not positive.
        JournalLocked: Another opener holds the directory.
        JournalFormat: It was written in a format that this version does not know.
        OSError: The directory cannot be made, read or written.
    """

    def __init__(self, directory: Path, *, max_bytes: int = 1 << 30, segment_bytes: int = 64 << 20) -> None:
        if max_bytes < 1 or segment_bytes < 1:
            raise ValueError(
                f"a journal's limits are positive, not max_bytes={max_bytes}, segment_bytes={segment_bytes}"
            )
        self.max_bytes = max_bytes
        self._directory = directory
        self._segment_bytes = min(segment_bytes, max(1, max_bytes // 8))
        self._damages = Damages()
        # Taken in this order: who writes the ledger, who appends, who looks at or changes the fields below.
        self._recording, self._appending, self._lock = Lock(), Lock(), Lock()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = DirectoryLock(directory)
        try:
            self._recover()
        except BaseException:
            self._held.release()
            raise
        self._closed = False
        _open_journals.add(self)

    def _recover(self) -> None:
        self._ledger = Ledger(self._directory, segment_paths(self._directory), self._damages)
        marks = self._ledger.marks
        try:
            self._segments = Segments(
                self._directory,
                self._ledger.identity,
                before=self._ledger.before,
                known_end=marks[-1].entries.stop if marks else 0,
                damages=self._damages,
            )
        except BaseException:
            self._ledger.close()
            raise

    @property
    def identity(self) -> str:
        """32 hex digits, made at random with the directory; never the same for two journals."""
        return self._ledger.identity.hex()

    @property
    def first(self) -> int:
        """The sequence number of the oldest entry that is not forgotten; `end` when there is none."""
        return self._segments.first

    @property
    def end(self) -> int:
        """The sequence number that the next entry will have."""
        return self._segments.end

    @property
    def size_bytes(self) -> int:
        """Bytes of the segments on disk, forgotten entries of segments still needed included."""
        with self._lock:
            return self._segments.size_bytes

    @property
    def damaged(self) -> tuple[Damage, ...]:
        """Places that could not be read since the journal was opened, at most the first thousand."""
        with self._lock:
            return self._damages.places

    @property
    def damaged_count(self) -> int:
        """How many places could not be read since the journal was opened."""
        with self._lock:
            return self._damages.count

    def append(self, bodies: Sequence[bytes]) -> range:
        """Appends a group of bodies, in one write and one fdatasync(2), and returns when they are on disk.

        Returns:
            Their sequence numbers.

        Raises:
            JournalFull: They do not fit into `max_bytes`; nothing was written.
            ValueError: A body is longer than `BODY_LIMIT`; nothing was written.
            OSError: The disk is full or failed. None of the bodies counts as appended, and later appends are
                sound.
            JournalClosed: The journal is closed.
        """
        self._check_open()
        if any(len(body) > BODY_LIMIT for body in bodies):
            length = max(map(len, bodies))
            raise ValueError(f"a body of {length:,} bytes is too long: a journal takes up to {BODY_LIMIT:,}")
        with self._appending:
            self._check_open()
            start = self.end
            if bodies:
                segment = self._segment_for(Segment.cost(bodies))
                segment.append(bodies)
                with self._lock:
                    self._segments.appended(segment)
            return range(start, self.end)

    def _segment_for(self, cost: int) -> Segment:
        """Gives the last segment, or a new one where that is sealed or would grow too large."""
        with self._lock:
            segment = self._segments.open_for(cost, self._segment_bytes)
            needed = cost if segment is not None else cost + FILE_HEADER_SIZE
            held = self._segments.size_bytes
            if held + needed > self.max_bytes:
                raise JournalFull(
                    self._directory,
                    needed=needed,
                    size_bytes=held,
                    max_bytes=self.max_bytes,
                    can_ever_fit=cost + FILE_HEADER_SIZE <= self.max_bytes,
                )
            return segment if segment is not None else self._segments.begin()

    def read(self, start: int, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Reads the entries from `start` to below `stop`, in order, from disk, one at a time.

        Entries that are forgotten before the reader reaches their segment are left out, and so is what is
        damaged (then it is in `damaged`). Memory: one body and 64 KiB.

        Args:
            start: The first sequence number wanted; lower than `first` means `first`.
            stop: Where to end; None, or anything higher, means `end` at the time of this call.

        Raises:
            OSError: The disk failed.
            JournalClosed: The journal is closed.
        """
        self._check_open()
        return self._entries(start, self.end if stop is None else min(stop, self.end))

    def _entries(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        while (stretch := self._stretch(start, stop)) is not None:
            try:
                for item in stretch.entries():
                    if isinstance(item, Entry):
                        yield item.sequence, item.body
                    else:
                        with self._lock:
                            self._damages.add(item)
            finally:
                stretch.close()
            start = stretch.below

    def _stretch(self, start: int, stop: int) -> Stretch | None:
        with self._lock:
            self._check_open()
            return self._segments.stretch(start, stop)

    def forget(self, before: int) -> None:
        """Forgets the entries below `before`, durably, and removes the segments that hold no others.

        Raises:
            ValueError: There are no such entries yet.
            OSError: It could not be recorded, and may be undone by a crash. On a full disk the space of older
                segments is freed all the same.
            JournalClosed: The journal is closed.
        """
        self._check_open()
        with self._recording:
            self._check_open()
            if before > self.end:
                raise ValueError(f"cannot forget entries below {before}: the journal ends at {self.end}")
            if before <= self.first:
                return
            try:
                self._ledger.forget(before)
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                    raise
                # The last segment stays for now: its name is what keeps the numbers from starting over.
                self._release(min(before, self._segments.last_first))
                self._ledger.forget(before)
            self._release(before)

    def _release(self, before: int) -> None:
        # An append under way would write into a segment that is about to go.
        with self._appending, self._lock:
            forgotten = self._segments.release(before)
        # Outside the locks: freeing a large file takes milliseconds.
        remove(forgotten)

    def mark(self, entries: range, note: bytes) -> None:
        """Records durably that these entries are about to be committed elsewhere as one group.

        Marking the same group under the same note again changes nothing.

        Args:
            entries: Their sequence numbers, behind those of all marks there are.
            note: What to remember with them, at most `NOTE_LIMIT` bytes.

        Raises:
            ValueError: The group is empty, overlaps a mark, or reaches outside `first` to `end`; the note is
                too long.
            OSError: It could not be recorded; nothing has changed.
            JournalClosed: The journal is closed.
        """
        self._check_open()
        if len(note) > NOTE_LIMIT:
            raise ValueError(f"a note of {len(note)} bytes is too long: at most {NOTE_LIMIT}")
        mark = Mark(entries, bytes(note))
        with self._recording:
            self._check_open()
            marks = self._ledger.marks
            if mark in marks:
                return
            low = max(self.first, marks[-1].entries.stop) if marks else self.first
            if entries.step != 1 or not low <= entries.start < entries.stop <= self.end:
                raise ValueError(
                    f"cannot mark {entries}: a group has step 1 and lies within {low} to {self.end}, "
                    "behind what is marked already"
                )
            self._ledger.mark(mark)

    def marks(self) -> tuple[Mark, ...]:
        """Gives the marked groups that are not wholly forgotten, in order.

        A group of which a part is forgotten is given as it was marked.
        """
        return tuple(self._ledger.marks)

    def close(self) -> None:
        """Closes the journal and lets the next opener in; nothing is lost if this is never called."""
        with self._recording, self._appending, self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if not self._closed:
            self._closed = True
            _open_journals.discard(self)
            self._segments.seal()
            self._ledger.close()
            self._held.release()

    def _forked(self) -> None:
        # Two processes must not append to one file. The locks may be held by threads that are not in the
        # child.
        self._recording, self._appending, self._lock = Lock(), Lock(), Lock()
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise JournalClosed(self._directory)


def _close_in_child() -> None:
    for journal in list(_open_journals):
        journal._forked()


os.register_at_fork(after_in_child=_close_in_child)
