"""The export queue: ended spans wait in memory, within bounds, until a thread of its own has sent them.

Why not the SDK's BatchSpanProcessor (SDK 1.45): it bounds its queue in spans but not in bytes, its
``force_flush`` ignores the timeout, its ``shutdown`` waits up to 30 s for a backend that is down, and after a
fork both processes write to the connection they inherited.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context, attach, detach
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from weft.export.cause import Cause
from weft.export.complaint import Complaint
from weft.export.size import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from weft.export.limits import QueueLimits

# At the end: how long to wait for the backend's next answer, how long in all, how long for a retry to stop.
PATIENCE_S: Final = 1.0
SHUTDOWN_S: Final = 5.0
ABORT_S: Final = 0.2

_log = logging.getLogger("weft")


class ExportProcessor(SpanProcessor):
    """Hands ended spans to an exporter, in a thread of its own, never blocking the thread that ended them.

    Memory is bounded by ``limits``: spans that end while the queue is full are lost and counted, the newest
    first to go. A batch that the exporter gives up on (after its own retries, 10 s by default) is lost and
    counted too. Both are said in one warning a minute.

    Args:
        make_exporter: Makes the exporter, and another one in a forked child. What it raises is raised here.
        destination: Where the spans go, for the warnings.
        limits: The queue's bounds.
    """

    _exporter: SpanExporter | None

    def __init__(
        self, make_exporter: Callable[[], SpanExporter], *, destination: str, limits: QueueLimits
    ) -> None:
        self._make_exporter = make_exporter
        self._destination = destination
        self._limits = limits
        self._begin()
        # Here and not in the thread: little can be imported or started once the interpreter shuts down.
        self._exporter = make_exporter()
        again = weakref.WeakMethod(self._begin)
        os.register_at_fork(after_in_child=lambda: (begin := again()) and begin())

    def _begin(self) -> None:
        """Begin, and begin anew in a forked child: the parent sends the parent's spans on its connections."""
        self._exporter = None
        # Reentrant: a span may end in a finalizer that the garbage collector runs while this thread has it.
        self._lock = threading.RLock()
        self._queue: deque[tuple[ReadableSpan, int]] = deque()
        self._waiting_bytes = 0
        self._sending = 0
        self._sending_bytes = 0
        self._lost = 0
        self._said = 0
        self._answered = 0
        self._flushes: list[threading.Event] = []
        self._worker: threading.Thread | None = None
        self._stopping = False
        self._cause = "no answer"
        self._complaint = Complaint()
        # A lock as a signal: releasing it is atomic, also where a finalizer interrupts (Event.set is not).
        self._wake = threading.Lock()
        self._wake.acquire()

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span, or count it as lost when the queue is full."""
        if self._stopping or span.context is None or not span.context.trace_flags.sampled:
            return
        size, limits = size_of(span), self._limits
        with self._lock:
            held_bytes = self._waiting_bytes + self._sending_bytes
            if len(self._queue) >= limits.max_spans or held_bytes + size > limits.max_bytes:
                self._lost += 1
                return
            self._queue.append((span, size))
            self._waiting_bytes += size
            if self._worker is None:
                self._start()
        if len(self._queue) >= limits.batch_spans or self._waiting_bytes >= limits.batch_bytes:
            self._signal()

    def flush(self, timeout_s: float) -> bool:
        """Send what waits now. True when the backend has taken all of it within the time."""
        done = threading.Event()
        with self._lock:
            if self._worker is None or self._stopping:
                return not self._queue
            lost = self._lost
            self._flushes.append(done)
        self._signal()
        return done.wait(timeout_s) and self._lost == lost

    def force_flush(self, timeout_millis: int | None = 30_000) -> bool:
        """Flush, as OpenTelemetry's providers call it."""
        return self.flush((30_000 if timeout_millis is None else timeout_millis) / 1000)

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> None:
        """Send what waits and stop; a backend that does not answer is waited for one second, not longer."""
        with self._lock:
            worker, self._stopping = (None if self._stopping else self._worker), True
        if worker is None:
            return
        self._signal()
        give_up = monotonic() + timeout_s
        while worker.is_alive() and (left := give_up - monotonic()) > 0:
            answered = self._answered
            worker.join(min(PATIENCE_S, left))
            if self._answered == answered:
                break
        if worker.is_alive() and self._exporter is not None:
            self._exporter.shutdown()
            worker.join(ABORT_S)
        with self._lock:
            lost = self._lost - self._said + self._sending + len(self._queue)
        if lost:
            _log.warning(
                "weft: %d spans did not reach %s before the end (%s)", lost, self._destination, self._cause
            )

    def _start(self) -> None:
        worker = threading.Thread(target=self._run, name="weft-export", daemon=True)
        token = attach(Context())  # the thread must not keep the span alive that happened to be the first
        try:
            self._worker = worker
            worker.start()
        except RuntimeError:  # no thread can be started while the interpreter shuts down
            self._stopping = True
        finally:
            detach(token)

    def _signal(self) -> None:
        try:
            self._wake.release()
        except RuntimeError:  # signalled already
            return

    def _run(self) -> None:
        with suppress_instrumentation(), Cause(threading.get_ident()) as cause:
            try:
                exporter = self._exporter = self._exporter or self._make_exporter()
            except Exception as error:  # noqa: BLE001 - exporters are anyone's code; only a forked child gets here
                _log.warning("weft: spans are not sent: no exporter could be made: %s", error)
                self._stopping = True
                return
            stopping = False
            while not stopping:
                self._wake.acquire(timeout=self._limits.delay_s)
                with self._lock:
                    stopping = self._stopping
                    flushes, self._flushes = self._flushes, []
                while batch := self._take():
                    self._send(batch, exporter, cause)
                for done in flushes:
                    done.set()
            exporter.shutdown()

    def _take(self) -> list[tuple[ReadableSpan, int]]:
        """The next batch: the spans that fit into one request, at least one."""
        batch: list[tuple[ReadableSpan, int]] = []
        size = 0
        with self._lock:
            while self._queue and len(batch) < self._limits.batch_spans:
                size += self._queue[0][1]
                if batch and size > self._limits.batch_bytes:
                    break
                batch.append(self._queue.popleft())
            self._sending = len(batch)
            self._sending_bytes = sum(size for _, size in batch)
            self._waiting_bytes -= self._sending_bytes
        return batch

    def _send(self, batch: list[tuple[ReadableSpan, int]], exporter: SpanExporter, cause: Cause) -> None:
        try:
            answered = exporter.export([span for span, _ in batch]) is SpanExportResult.SUCCESS
        except Exception as error:  # noqa: BLE001 - exporters are anyone's code; the next batch is tried
            answered, cause.text = False, f"{type(error).__name__}: {error}"
        self._cause = cause.text or self._cause
        with self._lock:
            self._sending = self._sending_bytes = 0
            if answered:
                self._answered += 1
            else:
                self._lost += len(batch)
        if self._lost > self._said and self._complaint.due() and not self._stopping:
            self._complain(answered)

    def _complain(self, answered: bool) -> None:
        limits, lost = self._limits, self._lost - self._said
        if answered:
            self._complaint.say(
                "weft: %d spans lost: more ended than could be sent (the queue holds %d spans or %d MiB); "
                "sample, or raise OTEL_BSP_MAX_QUEUE_SIZE",
                lost, limits.max_spans, limits.max_bytes >> 20,
            )  # fmt: skip
        else:
            self._complaint.say(
                "weft: spans are not reaching %s (%s): %d lost, %d waiting in memory (at most %d MiB). Is "
                "the backend up (weft up), and is OTEL_EXPORTER_OTLP_ENDPOINT right?",
                self._destination, self._cause, lost, len(self._queue), limits.max_bytes >> 20,
            )  # fmt: skip
        self._said += lost
