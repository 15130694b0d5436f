"""Acknowledged means on disk: requests that wait together are decoded together, journaled once, and answered.

Decoding comes before the journal, so that what was accepted can be stored, and one sync to disk serves every
request of a group: the more senders, the cheaper each answer.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Generic, Protocol, TypeVar

from weft.journal import Journal, JournalFull

log = logging.getLogger(__name__)

#: Bodies decoded in one go: the decoder holds the interpreter while it works.
GROUP_BODIES: Final = 16
GROUP_BYTES: Final = 8 << 20
#: Bodies that may wait for their turn; what comes beyond is told to come again later.
WAITING_BYTES: Final = 256 << 20


class Overloaded(Exception):
    """Too much is waiting to be written; the sender should come again in `retry_after_s`."""

    retry_after_s = 1


class Stopping(Exception):
    """The server is about to stop; the sender should come again in `retry_after_s`, when it is back."""

    retry_after_s = 5


class Malformed(ValueError):
    """A body cannot be decoded: it is the sender's fault and sending it again will not help."""


class Verdict(Protocol):
    """What the sender of one body is told."""

    @property
    def rejected(self) -> int:
        """Spans left out."""

    @property
    def message(self) -> str:
        """Why, or what looks wrong; empty when all is well."""


class Decoded(Protocol):
    """Bodies that were decoded together."""

    def __len__(self) -> int:
        """How many spans."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """One per body."""


D = TypeVar("D", bound=Decoded)

Request = tuple[bytes, "Future[Verdict]"]


class Intake(Generic[D]):
    """The door to the journal, in a thread of its own.

    Args:
        decode: Decodes bodies together; raises `ValueError` when one of them is malformed.
        journal: Where bodies go before the answer.
        deliver: Takes what was journaled, decoded, in journal order; must return at once.
        pace: Called between two groups, after the answers; may pause a little.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[bytes]], D],
        journal: Journal,
        deliver: Callable[[range, D], None],
        pace: Callable[[], None] = lambda: None,
    ) -> None:
        self._decode, self._journal, self._deliver, self._pace = decode, journal, deliver, pace
        self._changed = threading.Condition()
        self._waiting: deque[Request] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="weft-intake", daemon=True)
        self._thread.start()

    def submit(self, body: bytes) -> Future[Verdict]:
        """Hand in one OTLP protobuf body.

        Returns:
            Resolves to its verdict once it is on disk, or to `Malformed`, `JournalFull` or `OSError`.

        Raises:
            Overloaded: Too much is waiting.
            Stopping: The intake is closed.
        """
        answer: Future[Verdict] = Future()
        with self._changed:
            if self._closing:
                raise Stopping
            if self._waiting and self._waiting_bytes + len(body) > WAITING_BYTES:
                raise Overloaded
            self._waiting.append((body, answer))
            self._waiting_bytes += len(body)
            self._changed.notify()
        return answer

    def close(self) -> None:
        """Answer what is waiting, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing or self._waiting:
            self._answer(self._next_group())
            self._pace()

    def _next_group(self) -> list[Request]:
        """Wait for requests and take some. Who has gone away meanwhile is left out; later, nobody can go."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            group: list[Request] = []
            size = 0
            while self._waiting and len(group) < GROUP_BODIES and size < GROUP_BYTES:
                body, answer = self._waiting.popleft()
                self._waiting_bytes -= len(body)
                if answer.set_running_or_notify_cancel():
                    group.append((body, answer))
                    size += len(body)
            return group

    def _answer(self, group: list[Request]) -> None:
        if not group:
            return
        bodies = [body for body, _ in group]
        try:
            decoded = self._decode(bodies)
        except Exception as error:
            if len(group) > 1:  # the fault of one of them: the others must not suffer for it
                for one in group:
                    self._answer([one])
                return
            malformed = isinstance(error, ValueError)
            if not malformed:
                log.exception("a request could not be decoded")
            self._refuse(group, Malformed(str(error)) if malformed else error)
            return
        try:
            if len(decoded):
                self._deliver(self._journal.append(bodies), decoded)
        except Exception as error:
            if not isinstance(error, (JournalFull, OSError)):
                log.exception("%d request(s) could not be journaled", len(group))
            self._refuse(group, error)
            return
        for (_, answer), verdict in zip(group, decoded.verdicts, strict=True):
            answer.set_result(verdict)

    @staticmethod
    def _refuse(group: list[Request], error: Exception) -> None:
        for _, answer in group:
            answer.set_exception(error)
