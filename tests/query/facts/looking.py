"""Looking for what waits, as a process does that has just started."""

import time

from tests.query.house import House

from weft.query.facts.facts import Facts, batches
from weft.query.facts.waiting import Waiting
from weft.query.silence import Silence


class Clock:
    """A clock that is ahead of the machine's by as much as a test wants."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


def looking(house: House, clock: Clock | None = None) -> Waiting:
    """A look of a process that has just started, for which a trace has settled at once."""
    house.ask.services()  # commits what the journal holds
    clock = clock or Clock()
    return Waiting(house.pipeline.store, Silence(now_s=clock), 0, clock)


def keep(house: House, waiting: Waiting, facts: Facts | None = None) -> list[bytes]:
    """Compute what waits until nothing does; gives the ids in their order."""
    house.ask.services()
    order = []
    while found := waiting.next():
        order += [trace.trace_id for trace in found]
        for batch in batches(found):
            (facts or house.pipeline.facts).keep(batch)
    return order
