"""The export queue: ended spans become requests, and requests are sent, in threads of their own.

::

    on_end ─ queue ─▶ collecting thread ─ outbox ─▶ sending thread ─▶ backend
                          encodes           │ ▲
                                            ▼ │ what is not acknowledged in time
                                           spool

Why not the SDK's BatchSpanProcessor (SDK 1.45): it bounds its queue in spans but not in bytes, its
``force_flush`` ignores the timeout, its ``shutdown`` waits up to 30 s for a backend that is down, after a
fork both processes write to the connection they inherited, and what a backend does not take within 10 s is
gone.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from weft.export.counters import Counters, Tally
from weft.export.encode import Encoder
from weft.export.open_spans import OpenSpans
from weft.export.outbox import Outbox
from weft.export.report import Report
from weft.export.sender import Sender
from weft.export.size import size_of
from weft.export.spools import Spools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from weft.export.announcer import Announcer
    from weft.export.limits import QueueLimits, SpoolLimits
    from weft.export.otlp import Destination
    from weft.export.outbox import Through
    from weft.export.wire import Wire

# At the end: how long to wait for the backend's next answer, how long in all, how long for the disk.
PATIENCE_S: Final = 1.0
SHUTDOWN_S: Final = 5.0
DISK_S: Final = 1.0
#: Before a fork, since the parent may be about to leave with os._exit, as daemons do: how long at most.
FORK_S: Final = 0.5

_log = logging.getLogger("weft")


@dataclass(slots=True, eq=False)
class _Errand:
    """Something asked of the collecting thread: to encode all that has ended, and to keep it.

    Attributes:
        at_once: Keep it on disk without waiting for answers.
        done: Set when it is.
    """

    at_once: bool
    done: threading.Event = field(default_factory=threading.Event)


class ExportProcessor(SpanProcessor):
    """Sends ended spans to a backend, never blocking the thread that ended them, and loses none on the way.

    A span is sent ``limits.delay_s`` after it ended, at most. What the backend has not acknowledged
    ``limits.grace_s`` later is on disk as well, and is sent from there, by this process or the next one that
    sends there. What waits is bounded in memory and on disk, where the oldest go first; `counters` tells.

    Args:
        destination: Where the spans go.
        service: This process's ``service.name``, by which the next process knows its spool.
        limits: The queue's bounds.
        spool: The disk's; None for memory only.
        make_wire: Makes the connection, and another one in a forked child; by default ``destination`` does.

    Attributes:
        announcer: Asked now and then which open spans are worth announcing; None announces none.

    Raises:
        Exception: What ``make_wire`` raises.
    """

    announcer: Announcer | None = None
    _wire: Wire | None

    def __init__(
        self,
        destination: Destination,
        *,
        service: str,
        limits: QueueLimits,
        spool: SpoolLimits | None,
        make_wire: Callable[[], Wire] | None = None,
    ) -> None:
        self._destination = destination
        self._service = service
        self._limits = limits
        self._spool = spool if spool is not None and spool.directory is not None else None
        self._make_wire = make_wire or destination.wire
        self._stopping = False  # for good: a child that is forked after the end does not export either
        self._begin()
        # Here and not in the thread: little can be imported or started once the interpreter shuts down.
        self._wire = self._make_wire()
        if self._outbox.may_inherit:
            self._start()
        before, child = weakref.WeakMethod(self._before_fork), weakref.WeakMethod(self._in_child)
        os.register_at_fork(
            before=lambda: (flush := before()) and flush(),
            after_in_child=lambda: (begin := child()) and begin(),
        )

    def _begin(self) -> None:
        """Begin, and begin anew in a forked child, which has neither the threads nor their locks' owners."""
        self._wire = None
        # No lock guards the queue: a signal handler or a finalizer may end spans, or wait for the threads,
        # wherever it interrupts. Each step is one operation on a deque.
        self._queue: deque[tuple[ReadableSpan, int]] = deque()
        # An estimate, since threads may add to it at the same time; exact again whenever the queue is empty.
        self._queued_bytes = 0
        self._encoding = False
        self._errands: deque[_Errand] = deque()
        self._open = OpenSpans()
        self._forked = False
        self._ended = False
        self._tally = Tally()
        spools = (
            Spools(self._spool, self._destination, self._service, self._tally.lost) if self._spool else None
        )
        max_age_s = self._spool.max_age_s if self._spool else 0.0
        self._outbox = Outbox(self._limits, spools, max_age_s, self._tally)
        self._sender = Sender(self._take_wire, self._outbox, self._tally)
        self._report = Report(str(self._destination), self._limits, self._spool)
        self._starting = threading.RLock()
        self._is_starting = False
        self._sending: threading.Thread | None = None
        self._collector: threading.Thread | None = None
        # A lock as a signal: releasing it is atomic, also where a finalizer interrupts (Event.set is not).
        self._wake = threading.Lock()
        self._wake.acquire()

    def _take_wire(self) -> Wire:
        wire, self._wire = self._wire, None
        return wire or self._make_wire()

    # Spans.

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's
        """Remember that a span is open."""
        self._open.started(span)
        if self._collector is None and self.announcer is not None:
            self._start()  # a first span that stays open is to be seen too

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or count it as lost when the queue is full."""
        mine = self._open.ended(span)
        if self._forked and not mine:
            return  # open at the fork: it is the parent's to end, which may well do so too
        context = span.context
        if self._stopping or context is None or not context.trace_flags.sampled:
            return
        size, limits = size_of(span), self._limits
        is_full = len(self._queue) >= limits.max_spans or self._queued_bytes + size > limits.max_bytes // 2
        if is_full and self._queue:  # a single span is taken whatever its size: it is cut before it is sent
            self._tally.lost(1, "queue full")
            self._signal()
            return
        self._queue.append((span, size))
        self._queued_bytes += size
        if self._collector is None:
            self._start()
        if len(self._queue) >= limits.batch_spans or self._queued_bytes >= limits.batch_bytes:
            self._signal()

    @property
    def backend(self) -> str | None:
        """The version of the Weft that answered last; None where it is something else, or nobody answered."""
        return self._sender.version

    @property
    def counters(self) -> Counters:
        """What became of the spans of this process so far."""
        waiting = len(self._queue) + self._outbox.waiting
        return self._tally.counters(waiting=waiting, on_disk=self._outbox.on_disk)

    # Waiting for them.

    def flush(self, timeout_s: float) -> bool:
        """Send what waits now. True when the backend has taken all of it within the time.

        False, without waiting longer, when the backend was tried and does not answer; the spans are on disk
        then, or, without a disk, still in memory.
        """
        give_up_s = monotonic() + timeout_s
        lost, failures = self._tally.all_lost(), self._outbox.failures
        if not self._ask(at_once=False, timeout_s=timeout_s):
            return False
        mark = self._outbox.waypoint()
        self._sender.hurry()

        def is_decided() -> bool:
            return self._outbox.is_through(mark) or self._outbox.failures > failures

        with self._outbox.changed:
            self._outbox.changed.wait_for(is_decided, max(0.0, give_up_s - monotonic()))
            through = self._outbox.is_through(mark)
        if not through and (left_s := give_up_s - monotonic()) > 0:
            self._ask(at_once=True, timeout_s=left_s)
        return through and self._tally.all_lost() == lost

    def settle(self, timeout_s: float) -> bool:
        """Wait until all that has ended is acknowledged or on disk: what must not be lost is safe.

        Takes no longer than ``limits.grace_s`` and a write to disk, whatever the backend does, and nothing at
        all where nothing waits. Safe in a signal handler.

        Args:
            timeout_s: Seconds to wait at most.

        Returns:
            Whether it is.
        """
        outbox = self._outbox
        # In this order, which is that of a span's way.
        if not self._queue and not self._encoding and outbox.settled:
            return True
        give_up_s = monotonic() + timeout_s
        if not self._ask(at_once=False, timeout_s=timeout_s):
            return False
        mark = outbox.waypoint()
        with outbox.changed:
            outbox.changed.wait_for(
                lambda: outbox.is_safe(mark) or outbox.stuck, max(0.0, give_up_s - monotonic())
            )
            return outbox.is_safe(mark)

    def force_flush(self, timeout_millis: int | None = 30_000) -> bool:
        """Flush, as OpenTelemetry's providers call it."""
        return self.flush((30_000 if timeout_millis is None else timeout_millis) / 1000)

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> None:
        """Send what waits and stop.

        For as long as answers come, within the time, what is on disk is sent as well. A backend that does not
        answer is waited for one second, not longer, and not at all where it is known to be away.
        """
        with self._starting:
            if self._stopping:
                return
            self._stopping = True
            sending, running = self._sending, self._collector
        if sending is not None:
            self.drain(timeout_s)
            self._sender.stop()
            self._ended = True
            self._signal()
        if running is not None:
            running.join(DISK_S)
        unsent = self._outbox.give_up() + len(self._queue)
        if unsent:
            self._tally.lost(unsent, "not sent before the end")
        self._report.end(self.counters, self._outbox, self._sender, unsent)
        self._outbox.close()

    def drain(self, timeout_s: float) -> None:
        """Have all that has ended sent, for as long as answers come; what is left then is on disk.

        Takes no longer than a write to disk where the backend is known to be away, and one second more where
        it does not answer. Safe in a signal handler.

        Args:
            timeout_s: Seconds to wait for the backend at most.
        """
        give_up_s = monotonic() + timeout_s
        outbox, failures = self._outbox, self._outbox.failures
        self._ask(at_once=False, timeout_s=timeout_s)
        mark = outbox.waypoint()
        self._sender.hurry()
        with outbox.changed:
            while not outbox.is_through(mark) and (left_s := give_up_s - monotonic()) > 0:
                seen = outbox.progress + outbox.failures
                moved = outbox.changed.wait_for(partial(self._has_moved, mark, seen), min(PATIENCE_S, left_s))
                if not moved or outbox.failures > failures:
                    break
        if not outbox.is_safe(mark):
            self._ask(at_once=True, timeout_s=DISK_S)

    def _has_moved(self, mark: Through, seen: int) -> bool:
        outbox = self._outbox
        return outbox.is_through(mark) or outbox.progress + outbox.failures > seen

    def _ask(self, *, at_once: bool, timeout_s: float) -> bool:
        """Have the collecting thread encode all that ended, and keep what is due. False if not in time."""
        if self._collector is None or self._ended:
            return not self._queue
        errand = _Errand(at_once)
        self._errands.append(errand)
        self._signal()
        return errand.done.wait(timeout_s)

    # Forks.

    def _before_fork(self) -> None:
        if self._collector is not None:
            self.settle(FORK_S)

    def _in_child(self) -> None:
        self._begin()
        self._forked = True

    # Threads.

    def _start(self) -> None:
        with self._starting:
            # A finalizer or a signal handler may end a span while a thread is started here, and come again.
            if self._stopping or self._is_starting or self._collector is not None:
                return
            self._is_starting = True
            token = attach(Context())  # the threads must not keep the span alive that happened to be first
            try:
                if self._sending is None:
                    sending = threading.Thread(target=self._sender.run, name="weft-send", daemon=True)
                    sending.start()
                    self._sending = sending
                collector = threading.Thread(target=self._collect, name="weft-export", daemon=True)
                collector.start()
                self._collector = collector
            except RuntimeError:
                # No thread can be started while the interpreter shuts down, or where there are too many of
                # them: straight to the disk, then. The next span tries again.
                self._errands.append(_Errand(at_once=True))
                with Encoder() as encoder:
                    self._round(encoder)
            finally:
                detach(token)
                self._is_starting = False

    def _signal(self) -> None:
        if self._wake.locked():
            try:
                self._wake.release()
            except RuntimeError:  # by another thread just now
                return

    def _collect(self) -> None:
        with Encoder() as encoder:
            while not self._ended:
                due_s = self._outbox.due_s()
                delay_s = self._limits.delay_s
                self._wake.acquire(timeout=delay_s if due_s is None else min(due_s, delay_s))
                try:
                    self._round(encoder)
                except Exception as error:  # noqa: BLE001 - the next round may do
                    _log.debug("weft: collecting failed", exc_info=error)

    def _round(self, encoder: Encoder) -> None:
        errands = [self._errands.popleft() for _ in range(len(self._errands))]
        try:
            self._encoding = True
            # What ends meanwhile waits for the next round: threads that never pause must not hold up errands.
            waiting = len(self._queue)
            while waiting > 0 and (batch := self._take()):
                waiting -= len(batch)
                for request, spans in encoder.encode(batch):
                    if request is None:
                        self._tally.lost(spans, "not encodable")
                    else:
                        self._outbox.put(request, spans)
                self._outbox.keep()
            self._outbox.keep(at_once=any(errand.at_once for errand in errands))
        finally:
            self._encoding = False
            for errand in errands:
                errand.done.set()
        self._announce(encoder)
        if not self._stopping:
            self._report.look(self.counters, self._outbox, self._sender)

    def _take(self) -> list[ReadableSpan]:
        """The next batch: the spans that fit into one request, at least one."""
        batch: list[ReadableSpan] = []
        size, limits = 0, self._limits
        while self._queue and len(batch) < limits.batch_spans:
            size += self._queue[0][1]
            if batch and size > limits.batch_bytes:
                size -= self._queue[0][1]
                break
            batch.append(self._queue.popleft()[0])
        self._queued_bytes = self._queued_bytes - size if self._queue else 0
        return batch

    def _announce(self, encoder: Encoder) -> None:
        if self.announcer is None or self._stopping:
            return
        spans: Sequence[ReadableSpan] | None = self.announcer.due(self._open, self._sender.version)
        if spans is None and not self._sender.has_answer:
            self._sender.announce(b"")  # no span in it, and the answer says who answers
        for request, _ in encoder.encode(spans) if spans else ():
            if request is not None:
                self._sender.announce(request)
