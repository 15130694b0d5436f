"""Requests between the thread that encodes them and the thread that sends them: in memory, or on disk.

They leave in the order in which they came. A request stays in memory while its answer is on the way; when it
was not acknowledged in time (``QueueLimits.grace_s``), or the backend is known to be away, it goes to disk,
and so does all that comes behind it, until the disk is empty again.

What comes first, when the sender asks: what a dead process of the same service left behind when this one
began, what this process has on disk, what it has in memory, and last, when nothing else waits, what dead
processes of other services left. That goes back when it cannot be sent, for whoever can send it sooner.
"""

from __future__ import annotations

import logging
from collections import deque
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from weft.export.body import Body
from weft.journal import JournalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weft.export.counters import Tally
    from weft.export.limits import QueueLimits
    from weft.export.spool import Kept, Spool
    from weft.export.spools import Spools

#: One request to the backend, made of as many as wait: well below the 4 MiB that gRPC servers take.
SHIPMENT_BYTES: Final = 2 << 20
#: Memory of a request beside its bytes.
BODY_BYTES: Final = 256
#: Seconds between two looks at what dead processes have left, and at what others hold on disk.
LOOK_S: Final = 5.0
#: Seconds between two looks at the age of what is on disk.
AGE_S: Final = 60.0
#: Seconds before a disk that failed is tried again.
DISK_AGAIN_S: Final = 2.0

_log = logging.getLogger("weft.export")


class Shipment(NamedTuple):
    """What is sent as one request.

    Attributes:
        bodies: Its parts, in order.
        spool: Where they are on disk; None for those from memory.
    """

    bodies: Sequence[Body | Kept]
    spool: Spool | None


class Through(NamedTuple):
    """All that waited at one moment, for somebody who waits until it has gone."""

    last: Body | None
    end: int


class Outbox:
    """One thread puts in and keeps, another one takes out; anybody may wait for a change.

    Args:
        limits: What may wait in memory, and how long.
        spools: Where the disk is; None for memory only.
        max_age_s: How long a request is kept on disk.
        tally: Where spans are counted.

    Attributes:
        changed: Notified whenever something came, went, or failed. Reentrant: a signal handler may use it.
        failing: Whether the last attempt to send failed.
        failures: How many attempts have failed.
        progress: How many shipments were done with.
        disk_error: Why nothing can be written to disk; empty while it can.
    """

    def __init__(self, limits: QueueLimits, spools: Spools | None, max_age_s: float, tally: Tally) -> None:
        self.changed = Condition()
        self.failing = False
        self.failures = 0
        self.progress = 0
        self.disk_error = ""
        self._limits = limits
        self._spools = spools
        self._max_age_s = max_age_s
        self._tally = tally
        self._fresh: deque[Body] = deque()
        self._fresh_bytes = 0
        self._flying: Sequence[Body | Kept] = ()
        self._keeping = False
        self._forgetting = 0
        self._own: Spool | None = None
        self._former: Spool | None = None
        self._stray: Spool | None = None
        self._begun = False
        self._next_look_s = 0.0
        self._next_age_s = monotonic() + AGE_S
        self._next_limit_s = 0.0
        self._disk_after_s = 0.0

    # The thread that encodes.

    def put(self, data: bytes, spans: int) -> None:
        """Take in a request. The oldest in memory go where too many wait there."""
        with self.changed:
            self._fresh.append(Body(data, spans, monotonic()))
            self._fresh_bytes += len(data) + BODY_BYTES
            while self._fresh_bytes > self._limits.max_bytes // 2 and len(self._fresh) > 1:
                body = self._fresh.popleft()
                body.done = True
                self._fresh_bytes -= len(body.data) + BODY_BYTES
                # One that is under way counts as sent, if it arrives.
                if body not in self._flying:
                    self._tally.lost(body.spans, "memory full")
            self.changed.notify_all()

    def due_s(self) -> float | None:
        """Seconds until something has to be kept on disk; None while nothing has."""
        with self.changed:
            if self._spools is None or not self._fresh:
                return None
            away = self.failing or self._backlog()
            due_s = 0.0 if away else self._fresh[0].made_s + self._limits.grace_s
            return max(0.0, max(due_s, self._disk_after_s) - monotonic())

    def keep(self, *, at_once: bool = False) -> None:
        """Write to disk what has waited long enough, or all there is. Returns when it is there.

        Args:
            at_once: Do not wait for answers that are under way.
        """
        with self.changed:
            due_s = self.due_s()
            if self._spools is None or not self._fresh or not (at_once or due_s == 0):
                return
            # In the order they came, those under way included: they may fail yet.
            bodies = [body for body in self._fresh if not body.done]
            self._keeping = True
        try:
            self._write(bodies)
        except (OSError, JournalError) as error:
            self.disk_error = str(error)
            self._disk_after_s = monotonic() + DISK_AGAIN_S
        else:
            self.disk_error = ""
        finally:
            with self.changed:
                self._keeping = False
                answered = [body for body in bodies if body.done and body.sequence is not None]
                self._forgetting += bool(answered)
                self._settle()
                self.changed.notify_all()
        if answered:
            self._forget(self._own, answered)

    def _write(self, bodies: list[Body]) -> None:
        assert self._spools is not None
        if self._own is not None and not self._own.directory.is_dir():
            self._abandon(self._own)
        if self._own is None:
            self._own = self._spools.own()
        if monotonic() >= self._next_limit_s:
            self._own.max_bytes = self._spools.may_hold(self._own)
            self._next_limit_s = monotonic() + LOOK_S
        self._own.append(bodies)
        self._tally.spooled(sum(body.spans for body in bodies if body.sequence is not None))

    def _abandon(self, gone: Spool) -> None:
        """Let go of a spool whose directory was deleted: what is appended to it would be written nowhere."""
        with self.changed:
            if any(body.sequence is not None for body in self._flying):
                raise FileNotFoundError(f"{gone.directory} is gone")  # their numbers are its own: a bit later
            self._own = None
        try:
            gone.abandon()
        except (OSError, JournalError) as error:
            _log.debug("weft: %s is gone: %s", gone.directory, error)

    def _settle(self) -> None:
        """Let go of what is done or on disk."""
        if not self._keeping:
            self._fresh = deque(body for body in self._fresh if not body.done and body.sequence is None)
            self._fresh_bytes = sum(len(body.data) + BODY_BYTES for body in self._fresh)

    def _backlog(self) -> bool:
        return self._own is not None and not self._own.empty

    # The thread that sends.

    def next(self, *, one: bool) -> Shipment | None:
        """What to send next; None while nothing waits.

        Args:
            one: A single request only, to see whether the backend is back.

        Raises:
            OSError: The disk failed.
        """
        self._expire()
        max_bytes = 1 if one else SHIPMENT_BYTES
        for spool in (self._inherited(), self._own):
            if spool is not None and (kept := spool.head(max_bytes)):
                return Shipment(kept, spool)
        if shipment := self._from_memory(max_bytes):
            return shipment
        # Also while the backend is away: who has nothing else to send learns only so that it is back.
        if (stray := self._left_behind()) is not None and (kept := stray.head(max_bytes)):
            return Shipment(kept, stray)
        return None

    def _from_memory(self, max_bytes: int) -> Shipment | None:
        with self.changed:
            if self._backlog():
                return None  # written meanwhile; those on disk go first
            bodies: list[Body] = []
            size = 0
            for body in self._fresh:
                size += len(body.data)
                if bodies and size > max_bytes:
                    break
                if not body.done:
                    bodies.append(body)
            self._flying = bodies
            return Shipment(bodies, None) if bodies else None

    def _inherited(self) -> Spool | None:
        """What this service's dead processes had left when this one began, one spool after the other."""
        if self._spools is None:
            return None
        if self._former is not None and self._former.empty:
            self._close(self._former)
            self._former = None
        elif self._former is None and self._begun:
            return None
        if self._former is None:
            if not self._begun:
                self._spools.sweep()
            former = self._spools.adopt(same_service=True)
            with self.changed:
                self._former, self._begun = former, True
                self.changed.notify_all()
        return self._former

    def _left_behind(self) -> Spool | None:
        """What dead processes have left meanwhile, whatever their service."""
        if self._spools is None:
            return None
        if self._stray is not None and self._stray.empty:
            self._close(self._stray)
            self._stray, self._next_look_s = None, 0.0
        if self._stray is None and monotonic() >= self._next_look_s:
            self._next_look_s = monotonic() + LOOK_S
            self._stray = self._spools.adopt(same_service=False)
        return self._stray

    def done(self, shipment: Shipment) -> None:
        """A shipment is done with: taken by the backend, or given up."""
        with self.changed:
            self.progress += 1
            on_disk = list(shipment.bodies) if shipment.spool is not None else []
            for body in shipment.bodies:
                if isinstance(body, Body):
                    body.done = True
                    # What is being written just now, `keep` forgets when it has been.
                    if body.sequence is not None and not self._keeping:
                        on_disk.append(body)
            self._flying = ()
            self._settle()
            self._forgetting += bool(on_disk)
            self.changed.notify_all()
        if on_disk:
            self._forget(shipment.spool or self._own, on_disk)

    def failed(self) -> None:
        """A shipment was not taken: it is sent again, by ``next``; what others left, by whoever is first."""
        if self._stray is not None:
            self._close(self._stray)
            self._stray = None  # and `_next_look_s` says when this process may have it again
        with self.changed:
            self._flying = ()
            self.failing = True
            self.failures += 1
            self.changed.notify_all()

    def _forget(self, spool: Spool | None, bodies: Sequence[Body | Kept]) -> None:
        """Forget on disk what was answered. Until then it is not through: the next process would send it."""
        last = bodies[-1].sequence
        try:
            if spool is not None and last is not None:
                spool.forget(last, sum(body.spans for body in bodies))
        except (OSError, JournalError) as error:
            _log.debug("weft: sent, and not forgotten on disk: %s", error)
        finally:
            with self.changed:
                self._forgetting -= 1
                self.changed.notify_all()

    def _expire(self) -> None:
        if monotonic() < self._next_age_s:
            return
        self._next_age_s = monotonic() + min(AGE_S, self._max_age_s / 2)
        for spool in (self._former, self._own, self._stray):
            if spool is not None:
                spool.expire(self._max_age_s)

    # Anybody.

    @property
    def may_inherit(self) -> bool:
        """Whether dead processes may have left something to send."""
        return self._spools is not None and self._spools.any()

    @property
    def waiting(self) -> int:
        """Spans in memory."""
        with self.changed:
            return sum(body.spans for body in self._fresh if not body.done)

    @property
    def on_disk(self) -> int:
        """Spans on disk, of those that this process wrote."""
        own = self._own
        return own.spans if own is not None else 0

    @property
    def settled(self) -> bool:
        """Whether all that came was acknowledged, given up, or is on disk."""
        with self.changed:
            return not self._fresh

    @property
    def stuck(self) -> bool:
        """Whether what is in memory can go nowhere: the backend is away, and there is no disk."""
        return self.failing and (self._spools is None or bool(self.disk_error))

    @property
    def has_work(self) -> bool:
        """Whether something of this process waits, in memory or on disk."""
        with self.changed:
            return self._backlog() or any(not body.done for body in self._fresh)

    def waypoint(self) -> Through:
        """All that waits now."""
        with self.changed:
            end = self._own.first + self._own.entries if self._own is not None else 0
            return Through(self._fresh[-1] if self._fresh else None, end)

    def is_through(self, mark: Through) -> bool:
        """Whether all that waited then has gone."""
        with self.changed:
            if self._keeping or self._forgetting:
                return False  # a moment; what is answered meanwhile is on disk still
            first = self._own.first if self._own is not None else 0
            if mark.last is None or mark.last.done:
                return first >= mark.end
            return mark.last.sequence is not None and first > mark.last.sequence

    def is_safe(self, mark: Through) -> bool:
        """Whether all that waited then has gone, or is on disk."""
        with self.changed:
            return mark.last is None or mark.last.done or mark.last.sequence is not None

    def give_up(self) -> int:
        """Drop what is in memory; returns how many spans that were."""
        with self.changed:
            spans = self.waiting
            self._fresh.clear()
            self._fresh_bytes = 0
            return spans

    def directory(self) -> str:
        """Where the disk is, for messages; empty for memory only."""
        return str(self._spools.directory) if self._spools is not None else ""

    def close(self) -> None:
        """Close the spools; the empty ones leave nothing behind."""
        for spool in (self._former, self._own, self._stray):
            if spool is not None:
                self._close(spool)

    def _close(self, spool: Spool) -> None:
        try:
            spool.close()
        except (OSError, JournalError) as error:
            _log.debug("weft: %s stays: %s", spool.directory, error)
