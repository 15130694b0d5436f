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
from weft.store.commit import ALL, Commit, Committer, Rows, now_s
from weft.store.errors import StoreUnavailable

log = logging.getLogger(__name__)

#: A commit of 512 spans costs three times what one of 20,000 costs a span; beyond 100,000 little is gained.
COMMIT_SPANS: Final = 100_000
#: How long spans wait in the journal when nobody asks for them.
COMMIT_AFTER_S: Final = 5.0
#: Decoded spans kept in memory for the indexer; what is beyond is read again from the journal.
KEPT_SPANS: Final = 250_000
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
        self._kept: deque[tuple[range, Rows]] = deque()
        self._kept_spans = 0
        self._oldest_s = time.monotonic()
        self._committed = journal.first
        self._delivered = self._asked = journal.end
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="weft-indexer", daemon=True)
        self._thread.start()

    def deliver(self, entries: range, rows: Rows) -> None:
        """Take what was just journaled; returns at once."""
        with self._changed:
            if self._delivered == self._committed:
                self._oldest_s = time.monotonic()
            if self._kept_spans + len(rows) <= KEPT_SPANS:
                self._kept.append((entries, rows))
                self._kept_spans += len(rows)
            self._delivered = entries.stop
            if self._due():
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything that was delivered before this call is in the store.

        Returns:
            Whether it is.
        """
        with self._changed:
            target = self._delivered
            self._asked = max(self._asked, target)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._committed >= target, timeout_s)

    @property
    def behind(self) -> int:
        """How many journal entries are not in the store yet."""
        return self._delivered - self._committed

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
            or self._kept_spans >= COMMIT_SPANS
            or time.monotonic() - self._oldest_s >= COMMIT_AFTER_S
        )

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._due():
                    if self._closing:
                        return
                    waiting = self._committed < self._delivered
                    self._changed.wait(COMMIT_AFTER_S if waiting else None)
            try:
                stop = self._commit()
            except StoreUnavailable as error:
                log.warning("the store can take nothing now, spans stay in the journal: %s", error)
                self._rest()
            except Exception:
                # Whatever it was, the entries are still in the journal: say it and try again.
                log.exception("a commit failed, its spans stay in the journal")
                self._rest()
            else:
                with self._changed:
                    self._committed = stop
                    self._oldest_s = time.monotonic()
                    self._changed.notify_all()

    def _rest(self) -> None:
        with self._changed:
            if self._closing:
                self._delivered = self._committed  # the rest is for the next start
                return
            self._changed.wait(RETRY_AFTER_S)

    def _commit(self) -> int:
        """Make one commit of what comes next.

        Returns:
            Behind its last entry.
        """
        start = self._committed
        begun = self._begun.get(start)
        if begun:
            stop, received_s = begun.entries.stop, int.from_bytes(begun.note, "big")
            self._drop_kept_before(stop)
            commit = self._committer.read(start, stop, ALL, received_s)
        elif kept := self._take_kept(start):
            commit = self._assemble(kept)
        else:
            commit = self._committer.read(start, self._unkept_until(start), COMMIT_SPANS, now_s())
        self._begun[start] = self._committer.begin(commit)
        self._committer.make(commit)
        del self._begun[start]
        return commit.stop

    def _assemble(self, kept: list[tuple[range, Rows]]) -> Commit:
        commit = Commit(kept[0][0].start, kept[-1][0].stop, [], {}, now_s())
        while kept:
            _, rows = kept.pop(0)  # each nested form is let go as soon as it is flat
            commit.tables.append(rows.table(commit.payloads))
        return commit

    def _take_kept(self, start: int) -> list[tuple[range, Rows]]:
        """Decoded rows that continue from `start` without a gap, up to about a commit's worth."""
        taken: list[tuple[range, Rows]] = []
        spans = 0
        with self._changed:
            while self._kept and self._kept[0][0].start == start and spans < COMMIT_SPANS:
                entries, rows = self._kept.popleft()
                taken.append((entries, rows))
                start = entries.stop
                spans += len(rows)
            self._kept_spans -= spans
        return taken

    def _drop_kept_before(self, stop: int) -> None:
        with self._changed:
            while self._kept and self._kept[0][0].start < stop:
                self._kept_spans -= len(self._kept.popleft()[1])

    def _unkept_until(self, start: int) -> int:
        """Where the run of entries ends that must be read from the journal."""
        with self._changed:
            stop = self._kept[0][0].start if self._kept else self._delivered
            boundaries = [begun for begun in self._begun if start < begun < stop]
            return min([stop, *boundaries])
