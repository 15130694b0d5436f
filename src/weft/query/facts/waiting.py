"""Which settled traces wait for their facts: found by SQL, so that nothing has to be remembered."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from weft.query.silence import Silence
from weft.query.sql_files import sql
from weft.store.store import Store

#: How long nothing of a trace may have been received before it counts as settled, in seconds. Agents send
#: what has ended within one, and announce what is open every five.
SETTLED_S: Final = 10
#: How many traces are found at a time; they are all that is in memory of what waits.
AT_ONCE: Final = 4_000
HOUR_S: Final = 3_600
_EVER_S: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class WaitingTrace:
    """A settled trace without facts, or with facts that are out of date.

    Attributes:
        trace_id: 16 bytes.
        received_s: When its newest span was received, seconds since the Unix epoch.
        spans: How many rows it has.
        start_ns: Start of its earliest span, nanoseconds since the Unix epoch.
        has_announced: Whether a span of it was announced before it ended, and may never have ended.
    """

    trace_id: bytes
    received_s: int
    spans: int
    start_ns: int
    has_announced: bool = False


class Waiting:
    """Looks for settled traces that wait for their facts.

    What is new comes first: everything received since the `frontier`, before which all that was received has
    facts. What was received before this process started is gone through hour by hour, the newest first.

    Args:
        store: The store.
        silence: Tells which of the spans that have not ended are lost.
        settled_after_s: How long nothing of a trace may have been received.
        now_s: The time, seconds since the Unix epoch.
    """

    def __init__(
        self,
        store: Store,
        silence: Silence,
        settled_after_s: int = SETTLED_S,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._silence, self._settled_after_s, self._now_s = (
            store,
            silence,
            settled_after_s,
            now_s,
        )
        hours = self._read("facts_hours").column("hour_s").to_pylist()
        # The last hour goes on: it is not over for this process.
        self._frontier_s: int = hours.pop() if hours else 0
        self._hours: list[int] = hours
        self._quiet_s = -1

    def next(self) -> list[WaitingTrace]:
        """Find some, erroneous and broken ones first.

        Raises:
            StoreError: The store cannot be read.
        """
        if found := self._new():
            return found
        while self._hours:
            hour_s = self._hours[-1]
            if found := self._received(hour_s, hour_s + HOUR_S, self._settled_s()):
                return found
            self._hours.pop()
        return []

    def _new(self) -> list[WaitingTrace]:
        newest_s = self._newest_s()
        if newest_s == self._quiet_s:
            return []  # all that is there has facts, and nothing has come since
        settled_s = self._settled_s()
        lost_before_s: int = self._silence.parameters()["lost_before_s"]
        found = self._received(self._frontier_s, _EVER_S, settled_s)
        if not found:
            # Not beyond the newest that can be seen: commits follow each other, and one that is under way may
            # have been begun long ago. Nor beyond what may still become lost without a word.
            self._frontier_s = max(self._frontier_s, min(settled_s, lost_before_s, newest_s))
            self._quiet_s = newest_s if self._frontier_s == newest_s else -1
        return found

    def _settled_s(self) -> int:
        return int(self._now_s()) - self._settled_after_s

    def _newest_s(self) -> int:
        newest: int = self._read("facts_newest").column("newest_s")[0].as_py()
        return newest

    def _received(self, from_s: int, until_s: int, settled_s: int) -> list[WaitingTrace]:
        rows = self._read(
            "facts_waiting",
            from_s=from_s,
            until_s=until_s,
            settled_s=settled_s,
            limit=AT_ONCE,
            **self._silence.parameters(),
        )
        return [WaitingTrace(**row) for row in rows.to_pylist()]

    def _read(self, name: str, **parameters: Any) -> Any:
        return self._store.read(sql(name), parameters)
