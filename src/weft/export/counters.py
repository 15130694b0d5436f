"""What became of the spans that ended: counted, for the warnings and for whoever wants to know."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Counters:
    """Spans, since the process began (a forked child begins anew).

    Attributes:
        sent: Acknowledged by the backend.
        spooled: Written to disk because the backend had not acknowledged them in time.
        resent: Of those sent, the ones that came from disk, those that dead processes had left included.
        lost: Given up, by reason: ``queue full`` (more ended than could be encoded), ``memory full`` (no
            disk, and the backend is away), ``spool full``, ``too old``, ``refused`` (the backend never takes
            them), ``rejected`` (it took the rest of their request), ``not encodable``, ``disk damaged``
            (requests, not spans), ``not sent before the end``.
        waiting: In memory, to be sent.
        on_disk: On disk, to be sent, of those that this process wrote.
    """

    sent: int = 0
    spooled: int = 0
    resent: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    on_disk: int = 0


class Tally:
    """The counters while they count; any thread may."""

    def __init__(self) -> None:
        # Reentrant: a span may end in a finalizer, or in a signal handler, that interrupts a count.
        self._lock = RLock()
        self._sent = self._spooled = self._resent = 0
        self._lost: Counter[str] = Counter()

    def sent(self, spans: int, *, from_disk: bool) -> None:
        """Count spans that were acknowledged."""
        with self._lock:
            self._sent += spans
            self._resent += spans if from_disk else 0

    def spooled(self, spans: int) -> None:
        """Count spans that were written to disk."""
        with self._lock:
            self._spooled += spans

    def lost(self, spans: int, reason: str) -> None:
        """Count spans that were given up."""
        with self._lock:
            self._lost[reason] += spans

    def all_lost(self) -> int:
        """How many spans were given up so far."""
        with self._lock:
            return self._lost.total()

    def counters(self, *, waiting: int, on_disk: int) -> Counters:
        """What they say now."""
        with self._lock:
            return Counters(self._sent, self._spooled, self._resent, dict(self._lost), waiting, on_disk)
