"""Facts are computed in the background, when there is time for them."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from weft.query.facts.facts import Facts, batches
from weft.query.facts.waiting import AT_ONCE, Waiting
from weft.store.errors import StoreError

log = logging.getLogger(__name__)

#: How often it is looked whether traces have settled.
EVERY_S: Final = 1.0
#: Looking takes one part of so many of the time, whatever a look costs.
LOOK_SHARE: Final = 20
#: How long it waits when more arrives than is indexed, and when the store cannot be used.
WAIT_S: Final = 0.1
RETRY_S: Final = 5.0
#: How long it waits at its start for what an earlier process left in the journal.
SETTLE_S: Final = 60.0


class FactsWorker:
    """Keeps the facts about all settled traces up to date, in a thread of its own.

    What is done and what is not stands in the tables alone: killed at any moment, the next process goes on.

    Args:
        open_waiting: Looks for traces that wait for their facts.
        facts: Computes them.
        settle: Commits what the journal holds, waiting at most that many seconds.
        pressed: Tells whether more arrives than is indexed: then facts can wait.
    """

    def __init__(
        self,
        open_waiting: Callable[[], Waiting],
        facts: Facts,
        settle: Callable[[float], bool],
        pressed: Callable[[], bool],
    ) -> None:
        self._open_waiting, self._facts, self._settle, self._pressed = open_waiting, facts, settle, pressed
        self._waiting: Waiting | None = None
        self._looked_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="weft-facts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a batch that is under way is finished first."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        pause_s = EVERY_S
        while not self._stop.wait(pause_s):
            try:
                pause_s = self._round()
            except StoreError as error:
                log.warning("facts about traces cannot be computed now: %s", error)
                pause_s = RETRY_S
            except Exception:
                log.exception("facts about traces could not be computed; trying again")
                pause_s = RETRY_S

    def _round(self) -> float:
        """Look for traces once, and compute their facts.

        Returns:
            How long to wait before the next time.
        """
        if self._waiting is None:
            # What an earlier process left in the journal belongs to traces that look settled without it.
            if not self._settle(SETTLE_S):
                return RETRY_S
            self._waiting = self._open_waiting()
        began_s = time.monotonic()
        found = self._waiting.next()
        looked_s = time.monotonic() - began_s
        for batch in batches(found):
            self._give_way()
            if self._stop.is_set():
                return 0
            self._facts.keep(batch, self._give_way)
        # The shorter of two looks: the first one of a process, and one beside a busy machine, take longer.
        usual_s, self._looked_s = min(looked_s, self._looked_s), looked_s
        return 0 if len(found) == AT_ONCE else max(EVERY_S, usual_s * LOOK_SHARE)

    def _give_way(self) -> None:
        """Wait while more arrives than is indexed; a trace is 5 ms of work that nobody waits for."""
        while self._pressed() and not self._stop.wait(WAIT_S):
            pass
