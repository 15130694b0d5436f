"""What the export queue says in the log: at most one line a minute, with where, why, how many, what to do."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

from weft.export.complaint import Complaint

if TYPE_CHECKING:
    from weft.export.counters import Counters
    from weft.export.limits import QueueLimits, SpoolLimits
    from weft.export.outbox import Outbox
    from weft.export.sender import Sender

#: Seconds that a backend may be away before it is worth a line: as long as it takes to restart.
QUIET_S: Final = 5.0

_ADVICE: Final = {
    "queue full": "more ended than could be sent; sample, or raise OTEL_BSP_MAX_QUEUE_SIZE",
    "memory full": "what waits in memory is bounded; set WEFT_SPOOL to a directory that can be written",
    "spool full": "the oldest went; raise WEFT_SPOOL_MAX_BYTES",
    "too old": "the oldest went; raise WEFT_SPOOL_MAX_AGE",
}

_log = logging.getLogger("weft")


class Report:
    """Says it, in the thread that encodes and, at the end, in the one that ends the process.

    Args:
        destination: Where spans go, without secrets.
        limits: The queue's.
        spool: The disk's.
    """

    def __init__(self, destination: str, limits: QueueLimits, spool: SpoolLimits | None) -> None:
        self._destination = destination
        self._limits = limits
        self._spool = spool
        self._complaint = Complaint()
        self._said_lost = 0

    def look(self, counters: Counters, outbox: Outbox, sender: Sender) -> None:
        """Say what is the matter, if anything is and the last line is a minute old."""
        since_s = sender.failing_since_s
        # Not for what dead processes left alone: they have said so themselves.
        waits = counters.on_disk + counters.waiting > 0
        away = waits and since_s is not None and monotonic() - since_s >= QUIET_S
        lost = sum(counters.lost.values())
        if not (away or lost > self._said_lost or outbox.disk_error) or not self._complaint.due():
            return
        new, self._said_lost = lost - self._said_lost, lost
        said = self._losses(counters, sender) if new else ""
        if away:
            self._complaint.say(
                "weft: spans are not reaching %s (%s): %s%s. Is the backend up (weft up), and is "
                "OTEL_EXPORTER_OTLP_ENDPOINT right?",
                self._destination,
                sender.cause,
                self._waiting(counters, outbox),
                f"; {said}" if said else "",
            )
        elif outbox.disk_error:
            self._complaint.say(
                "weft: unsent spans cannot be kept on disk (%s): %d wait in memory, at most %d MiB%s. Set "
                "WEFT_SPOOL to a directory that can be written, or to off",
                outbox.disk_error,
                counters.waiting,
                self._limits.max_bytes >> 20,
                f"; {said}" if said else "",
            )
        else:
            self._complaint.say("weft: spans on their way to %s: %s", self._destination, said)

    def end(self, counters: Counters, outbox: Outbox, sender: Sender, unsent: int) -> None:
        """Say what did not arrive before the end of the process.

        Args:
            counters: As they are at the end.
            outbox: What is left.
            sender: Why.
            unsent: Spans in memory, which are lost now.
        """
        lost = sum(counters.lost.values()) - self._said_lost
        if counters.on_disk:
            _log.warning(
                "weft: %s did not reach %s before the end (%s); kept on disk (%s), to be sent by "
                "the next process that sends there%s",
                _spans(counters.on_disk),
                self._destination,
                sender.cause,
                outbox.directory(),
                f"; {lost} lost" if lost else "",
            )
        elif unsent:
            why = f"; not kept on disk: {outbox.disk_error}" if outbox.disk_error else ""
            _log.warning(
                "weft: %s did not reach %s before the end (%s)%s",
                _spans(lost),
                self._destination,
                sender.cause,
                why,
            )
        elif lost:
            _log.warning(
                "weft: spans on their way to %s: %s", self._destination, self._losses(counters, sender)
            )

    def _waiting(self, counters: Counters, outbox: Outbox) -> str:
        if self._spool is None or outbox.disk_error:
            why = f" ({outbox.disk_error})" if outbox.disk_error else ""
            return f"{counters.waiting} wait in memory{why}, at most {self._limits.max_bytes >> 20} MiB"
        return (
            f"{counters.on_disk + counters.waiting} wait, kept on disk in {outbox.directory()} (at most "
            f"{self._spool.max_bytes >> 20} MiB for {self._spool.max_age_s / 3600:g} h) until it answers"
        )

    def _losses(self, counters: Counters, sender: Sender) -> str:
        reasons = []
        for reason, count in counters.lost.items():
            advice = _ADVICE.get(reason) or (sender.remark if reason in {"refused", "rejected"} else "")
            reasons.append(f"{count} lost: {reason}" + (f" ({advice})" if advice else ""))
        return ", ".join(reasons)


def _spans(number: int) -> str:
    return "1 span" if number == 1 else f"{number} spans"
