"""The thread that sends: one request at a time, in order, for as long as it takes."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation

from weft.export.answer import Answer, Verdict, words
from weft.export.backoff import Backoff
from weft.export.outbox import LOOK_S
from weft.export.split import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from weft.export.counters import Tally
    from weft.export.outbox import Outbox, Shipment
    from weft.export.wire import Wire

NO_ANSWER: Final = "no answer"

_log = logging.getLogger("weft.export")


class Sender:
    """Empties the outbox over a wire.

    Args:
        make_wire: Makes the connection, in this thread.
        outbox: What to send.
        tally: Where spans are counted.

    Attributes:
        cause: Why the last request was not taken.
        remark: What the backend last said of spans that it refused or rejected.
        failing_since_s: When the backend was found away (``time.monotonic``); None while it answers.
        version: The version of the Weft that answered last; None where it is something else.
        has_answer: Whether the backend ever said what became of a request.
    """

    def __init__(self, make_wire: Callable[[], Wire], outbox: Outbox, tally: Tally) -> None:
        self.cause = NO_ANSWER
        self.remark = ""
        self.failing_since_s: float | None = None
        self.version: str | None = None
        self.has_answer = False
        self._make_wire = make_wire
        self._outbox = outbox
        self._tally = tally
        self._backoff = Backoff()
        self._last = Answer(Verdict.LATER)
        self._has_taken = False
        self._announcement: bytes | None = None
        self._hurried = False
        self._stopped = False

    def hurry(self) -> None:
        """Do not wait before the next attempt, unless the backend asked for it."""
        with self._outbox.changed:
            self._hurried = True
            self._outbox.changed.notify_all()

    def announce(self, request: bytes) -> None:
        """Send a request once, when nothing else waits; a later one takes its place."""
        with self._outbox.changed:
            self._announcement = request
            self._outbox.changed.notify_all()

    def stop(self) -> None:
        """Send no more."""
        with self._outbox.changed:
            self._stopped = True
            self._outbox.changed.notify_all()

    def run(self) -> None:
        """Send until stopped."""
        with suppress_instrumentation():
            wire: Wire | None = None
            while not self._stopped:
                try:
                    wire = wire or self._make_wire()
                    self._step(wire)
                except Exception as error:  # noqa: BLE001 - a disk, a certificate: the next attempt may do
                    _log.debug("weft: sending failed", exc_info=error)
                    self._fail(Answer(Verdict.LATER, words(error)))
            if wire is not None:
                wire.close()

    def _step(self, wire: Wire) -> None:
        shipment = self._outbox.next(one=self._outbox.failing)
        if shipment is not None:
            if not self._ship(wire, shipment):
                self._fail(self._last)
                return
            self._outbox.done(shipment)
        with self._outbox.changed:
            if shipment is None and self._announcement is None:
                self._outbox.changed.wait_for(self._has_work, LOOK_S)
            announcement, self._announcement = self._announcement, None
            self._hurried = False
        if announcement is not None:
            self._note(wire.send(announcement))

    def _has_work(self) -> bool:
        return self._stopped or self._hurried or self._announcement is not None or self._outbox.has_work

    def _fail(self, answer: Answer) -> None:
        """Wait before the next attempt."""
        self.cause = answer.cause or NO_ANSWER
        if self.failing_since_s is None:
            self.failing_since_s = monotonic()
        self._outbox.failed()
        closed = answer.verdict is Verdict.CLOSED
        wait_s = self._backoff.next_s(closed=closed, asked_s=answer.after_s)
        asked = answer.after_s is not None
        with self._outbox.changed:
            self._announcement = None  # out of date when the backend is back
            self._outbox.changed.wait_for(lambda: self._stopped or (self._hurried and not asked), wait_s)
            self._hurried = False

    def _ship(self, wire: Wire, shipment: Shipment) -> bool:
        """Send a shipment. False where it has to be sent again."""
        from_disk, bodies = shipment.spool is not None, shipment.bodies
        whole = b"".join(body.data for body in bodies)  # one request: see `Body`
        if len(bodies) == 1:
            return self._push(wire, whole, bodies[0].spans, from_disk=from_disk)
        answer = self._ask(wire, whole)
        if answer.verdict in {Verdict.REFUSED, Verdict.TOO_LARGE}:
            return all(self._push(wire, body.data, body.spans, from_disk=from_disk) for body in bodies)
        return self._accept(answer, sum(body.spans for body in bodies), from_disk=from_disk)

    def _push(self, wire: Wire, data: bytes, spans: int, *, from_disk: bool) -> bool:
        """Send one request, in parts if need be. False where it has to be sent again.

        Then the parts that were taken are sent again with the others: the backend knows a span by its ids.
        """
        answer = self._ask(wire, data)
        if answer.verdict not in {Verdict.REFUSED, Verdict.TOO_LARGE}:
            return self._accept(answer, spans, from_disk=from_disk)
        # One span that it refuses must not cost the others; but a backend that never took anything, such as
        # one that speaks another protocol, is not to be asked a thousand times.
        apart = answer.verdict is Verdict.TOO_LARGE or (self._has_taken and spans > 1)
        if apart and (parts := split(data)):
            return all(self._push(wire, part, count, from_disk=from_disk) for part, count in parts)
        self.remark = answer.cause
        self._tally.lost(spans, "refused")
        return True

    def _accept(self, answer: Answer, spans: int, *, from_disk: bool) -> bool:
        if answer.verdict is not Verdict.TAKEN:
            return False
        rejected = min(answer.rejected, spans)
        self._tally.sent(spans - rejected, from_disk=from_disk)
        if rejected:
            self.remark = answer.cause
            self._tally.lost(rejected, "rejected")
        return True

    def _ask(self, wire: Wire, data: bytes) -> Answer:
        answer = wire.send(data)
        self._note(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        self._last = answer
        if answer.verdict in {Verdict.LATER, Verdict.CLOSED}:
            return
        self.version = answer.version
        self.has_answer = True
        self._has_taken |= answer.verdict is Verdict.TAKEN
        self._backoff.reset()
        self.failing_since_s = None
        self._outbox.failing = False
