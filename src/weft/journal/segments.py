"""The segments of a journal, from the oldest entry still needed to the next one to come."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from weft.journal.damage import Damage
from weft.journal.scan import Entry, Hole
from weft.journal.segment import Segment, sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from weft.journal.damage import Damages

_NAME = re.compile(r"([0-9]{20})\.segment")


class Segments:
    """Files named after the first sequence number in them, the last one open for appending.

    Not guarded: the journal sees to it that one thread at a time is in here.

    Attributes:
        first: The oldest entry that is not forgotten; `end` when there is none.
        end: The sequence number of the next entry.
    """

    def __init__(
        self, directory: Path, identity: bytes, *, before: int, known_end: int, damages: Damages
    ) -> None:
        """Takes up the segments of a directory.

        Args:
            directory: The journal's directory.
            identity: The journal's, 16 bytes.
            before: Entries below are forgotten.
            known_end: Entries below have existed, whatever the files say.
            damages: Where to report what cannot be read.

        Raises:
            OSError: A file cannot be read, cut or removed.
        """
        self._directory = directory
        self._identity = identity
        self._damages = damages
        ledger_intact = not damages.count
        self._list: list[Segment] = []
        self.first = before
        self.end = max(before, known_end)
        paths = segment_paths(directory)
        for first, path in paths[:-1]:
            self._take_up(*Segment.at_rest(path, first, identity))
        if paths:
            self._take_up_last(*paths[-1])
        remove(self.release(before))
        oldest = self._list[0].first if self._list else self.end
        if before < oldest:
            # Where the ledger is damaged, what it says to be forgotten may be too little.
            if ledger_intact:
                damages.add(Damage(_name(before), 0, 0, range(before, oldest)))
            self.first = oldest
        # A killed process may have left a segment whose name is not durable yet.
        sync_directory(directory)

    def _take_up_last(self, first: int, path: Path) -> None:
        last, found = Segment.recover(path, first, self._identity)
        self.end = max(self.end, last.next)
        if last.next == last.first == self.end and not found:
            # An interrupted append left it empty.
            remove([last])
            return
        if last.next < self.end:
            # There have been entries behind: their numbers are not for others.
            last.seal()
        self._take_up(last, found)

    def _take_up(self, segment: Segment, found: Sequence[Damage]) -> None:
        self._list.append(segment)
        for damage in found:
            self._damages.add(damage)

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments on disk."""
        return sum(segment.size for segment in self._list)

    @property
    def last_first(self) -> int:
        """The sequence number at which the last segment begins; `end` when there is none."""
        return self._list[-1].first if self._list else self.end

    def open_for(self, cost: int, segment_bytes: int) -> Segment | None:
        """Gives the last segment; None where a new one has to be begun to hold `cost` bytes more."""
        if not self._list or self._list[-1].sealed or self._list[-1].size + cost > segment_bytes:
            return None
        return self._list[-1]

    def begin(self) -> Segment:
        """Makes the next segment, which joins the others when it has been appended to."""
        if self._list:
            self._list[-1].seal()
        return Segment.create(self._directory / _name(self.end), self.end, self._identity)

    def appended(self, segment: Segment) -> None:
        """Counts in what was appended to the last segment, or to the one that was begun."""
        if not self._list or self._list[-1] is not segment:
            self._list.append(segment)
        self.end = segment.next

    def stretch(self, start: int, stop: int) -> Stretch | None:
        """Opens the segment that `start` is in, to read up to `stop`; None when there is nothing to read."""
        start = max(start, self.first)
        if start >= stop:
            return None
        at = bisect_right(self._list, start, key=lambda segment: segment.first) - 1
        segment = self._list[at]
        try:
            fd = segment.open()
        except FileNotFoundError:
            fd = None
        return Stretch(segment, fd, start, stop, self._below(at))

    def release(self, before: int) -> list[Segment]:
        """Moves `first` up, and gives away the segments that hold nothing at or behind it."""
        self.first = max(self.first, before)
        count = 0
        while count < len(self._list) and self._below(count) <= before:
            count += 1
        forgotten, self._list = self._list[:count], self._list[count:]
        return forgotten

    def seal(self) -> None:
        """Frees the file descriptors."""
        for segment in self._list:
            segment.seal()

    def _below(self, at: int) -> int:
        """Gives the number above all entries of a segment: where the next one begins."""
        return self._list[at + 1].first if at + 1 < len(self._list) else self.end


class Stretch(NamedTuple):
    """A segment open for reading, which holds numbers below `below`, and the numbers wanted of it.

    An open file outlives its being forgotten. `fd` is None where there is no such file.
    """

    segment: Segment
    fd: int | None
    start: int
    stop: int
    below: int

    def entries(self) -> Iterator[Entry | Damage]:
        """Yields the entries in order, and all that keeps one of them from being read."""
        if self.fd is None:
            yield Damage(self.segment.path.name, 0, 0, range(self.segment.first, self.below))
            return
        for item in self.segment.scan(self.fd, self.start, self.below):
            if isinstance(item, Hole):
                if item.lost and item.lost[-1] >= self.start:
                    yield self.segment.damage(item)
                continue
            if item.sequence < self.stop:
                self.segment.note(item)
                yield item
            if item.sequence + 1 >= self.stop:
                return

    def close(self) -> None:
        """Closes the file."""
        if self.fd is not None:
            os.close(self.fd)


def segment_paths(directory: Path) -> list[tuple[int, Path]]:
    """Gives the segments in a directory with their first sequence numbers, in order."""
    named = ((_NAME.fullmatch(path.name), path) for path in directory.iterdir())
    return sorted((int(match[1]), path) for match, path in named if match)


def remove(segments: Sequence[Segment]) -> None:
    """Frees the disk of segments."""
    for segment in segments:
        segment.seal()
        segment.path.unlink(missing_ok=True)


def _name(first: int) -> str:
    return f"{first:020d}.segment"
