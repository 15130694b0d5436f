"""The indexer: moves the journal into the store in large commits, then lets the journal forget.

A commit's boundaries and its time of receipt are marked in the journal before it is made, so that a commit
that a crash interrupted is repeated as the very same rows under the very same token, which the engine drops
if it had them already.
"""

import logging
import threading
import time
from collections import deque
from typing import Final

from weft.journal import Journal
from weft.store.commit import Commit, Committer, Rows
from weft.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

#: A commit of 512 spans costs three times what one of 20,000 costs a span; beyond 100,000 little is gained.
COMMIT_SPANS: Final = 100_000
#: How long spans wait in the journal when nobody asks for them.
COMMIT_AFTER_S: Final = 5.0
#: Decoded spans that wait in memory to become columns; what is beyond is read again from the journal.
ARRIVED_SPANS: Final = 64_000
#: More than this waits only when the indexer cannot keep up.
PRESSED_SPANS: Final = ARRIVED_SPANS // 8
#: The longest pause between two groups of requests when the indexer is behind.
PACE_S: Final = 0.2
RETRY_AFTER_S: Final = 1.0


class Indexer:
    """Commits journal entries in a thread of its own.

    What an earlier process left in the journal is committed first.
    """

    def __init__(self, journal: Journal, committer: Committer) -> None:
        self._journal, self._committer = journal, committer
        # Commits that were begun, by their first entry: they are repeated exactly as they were.
        self._begun = {mark.entries.start: mark for mark in journal.marks()}
        self._changed = threading.Condition()
        self._arrived: deque[tuple[range, Rows]] = deque()
        self._arrived_spans = 0
        self._committed = journal.first
        self._delivered = self._asked = journal.end
        self._commit = Commit(self._committed, self._committed, _now_s())
        self._oldest_s = time.monotonic()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="weft-indexer", daemon=True)
        self._thread.start()

    def deliver(self, entries: range, rows: Rows) -> None:
        """Take what was just journaled; returns at once."""
        with self._changed:
            if self._delivered == self._committed:
                self._oldest_s = time.monotonic()
            if self._arrived_spans + len(rows) <= ARRIVED_SPANS:
                self._arrived.append((entries, rows))
                self._arrived_spans += len(rows)
            self._delivered = entries.stop
            self._changed.notify_all()

    def pace(self) -> None:
        """Slow the caller down a little when more arrives than is indexed.

        What does not fit into memory is decoded again from the journal, 2 µs a span wasted; a short pause
        keeps senders that wait for their answers at the indexer's pace; a burst still ends in the journal.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._arrived_spans < ARRIVED_SPANS // 2, PACE_S)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything that was delivered before this call is in the store.

        Returns:
            Whether it is.
        """
        with self._changed:
            target = self._delivered
            if self._committed >= target:
                return True
            self._asked = max(self._asked, target)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._committed >= target, timeout_s)

    @property
    def behind(self) -> int:
        """How many journal entries are not in the store yet."""
        return self._delivered - self._committed

    @property
    def pressed(self) -> bool:
        """Whether more arrives than is indexed: what is not urgent should wait."""
        return self._arrived_spans >= PRESSED_SPANS

    def close(self, timeout_s: float = 60.0) -> bool:
        """Commit what is left and stop.

        Returns:
            Whether everything was committed; what was not stays in the journal for the next start.
        """
        drained = self.flush(timeout_s)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return drained

    def _due(self) -> bool:
        """Whether a commit is to be made now. Call it with the lock held."""
        return self._committed < self._delivered and (
            self._asked > self._committed
            or self._commit.spans >= COMMIT_SPANS
            or time.monotonic() - self._oldest_s >= COMMIT_AFTER_S
        )

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._due() or self._commit.stop < self._delivered):
                    if self._closing:
                        return
                    waiting = self._committed < self._delivered
                    self._changed.wait(COMMIT_AFTER_S if waiting else None)
            try:
                full = self._grow()
                with self._changed:
                    due = self._due() and (full or self._commit.stop >= self._asked)
                if due:
                    self._make()
            except StoreUnavailable as error:
                log.warning("the store can take nothing now, spans stay in the journal: %s", error)
                self._rest()
            except Exception:
                # Whatever it was, the entries are still in the journal: say it and try again.
                log.exception("a commit failed, its spans stay in the journal")
                self._rest()

    def _grow(self) -> bool:
        """Let the commit grow by what comes next: what arrived, or what only the journal has.

        Returns:
            Whether it can grow no further.
        """
        commit = self._commit
        begun = self._begun.get(commit.start)
        if begun:
            if commit.stop < begun.entries.stop:
                commit.received_s = int.from_bytes(begun.note, "big")
                self._committer.read(commit, begun.entries.stop)
            return True
        while commit.spans < COMMIT_SPANS:
            with self._changed:
                while self._arrived and self._arrived[0][0].start < commit.stop:
                    self._drop()
                if not self._arrived or self._arrived[0][0].start > commit.stop:
                    break
                entries, rows = self._drop()
            commit.add(rows, entries.stop)
        else:
            return True
        stop = self._unarrived_until()
        if commit.stop < stop:
            self._committer.read(commit, stop, COMMIT_SPANS)
        return commit.spans >= COMMIT_SPANS or commit.stop in self._begun

    def _make(self) -> None:
        """Make the commit and begin the next one behind it."""
        commit = self._commit
        if commit.start not in self._begun:
            # Now, and not when its first entry came: a span whose announcement waited here for five seconds
            # must not look silent for so long.
            commit.received_s = _now_s()
            self._begun[commit.start] = self._committer.begin(commit)
        try:
            self._committer.make(commit)
        except BaseException:
            self._commit = Commit(commit.start, commit.start, commit.received_s)  # read it again, as it was
            raise
        del self._begun[commit.start]
        with self._changed:
            self._committed = commit.stop
            self._commit = Commit(commit.stop, commit.stop, _now_s())
            self._oldest_s = time.monotonic()
            self._changed.notify_all()

    def _rest(self) -> None:
        with self._changed:
            if self._closing:
                self._delivered = self._committed  # the rest is for the next start
                return
            self._changed.wait(RETRY_AFTER_S)

    def _drop(self) -> tuple[range, Rows]:
        entries, rows = self._arrived.popleft()
        self._arrived_spans -= len(rows)
        self._changed.notify_all()
        return entries, rows

    def _unarrived_until(self) -> int:
        """Where the run of entries ends that must be read from the journal."""
        with self._changed:
            stop = self._arrived[0][0].start if self._arrived else self._delivered
            return min([stop, *(begun for begun in self._begun if self._commit.start < begun < stop)])


def _now_s() -> int:
    return int(time.time())
