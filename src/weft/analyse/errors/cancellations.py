"""What a span was cancelled for: a sibling failed, the caller ran out of time, or nothing went wrong."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping

from weft.analyse.errors.branch import MOMENT_NS, slack_ns
from weft.analyse.errors.sign import Sign
from weft.analyse.errors.step import Step
from weft.analyse.reading import Reading


class Cancellations:
    """Explains cancelled spans, each by what is beside and above it.

    Args:
        reading: The tree and its times.
        signs: The spans that failed.
    """

    def __init__(self, reading: Reading, signs: Mapping[int, Sign]) -> None:
        self._reading = reading
        self._signs = signs
        self._failed: dict[int, list[tuple[int, int]]] = defaultdict(list)  # by parent: end and index
        self._sorted: set[int] = set()
        self._above: dict[int, Step | None] = {}

    def add_failed(self, index: int) -> None:
        """Take note of a span that failed by itself."""
        self._failed[self._reading.tree.parents[index]].append((self._reading.end_ns[index], index))

    def explain(self, index: int) -> Step | None:
        """Say what a span was cancelled for; None where nothing failed.

        A sibling that had failed by then comes first; then the span above, if it was cancelled or failed; and
        where that shows nothing but ended at the same moment, what is beside and above it.
        """
        climbed: list[int] = []
        cause: Step | None = None
        place = index
        while True:
            if place in self._above:
                cause = self._above[place]
                break
            climbed.append(place)
            if (sibling := self._failed_sibling(place)) is not None:
                cause = Step(sibling, "called off", "that failed beside it, and it was cancelled")
                break
            parent = self._reading.tree.parents[place]
            if parent < 0:
                break
            if parent in self._signs:
                cause = Step(parent, "called off", "it was cancelled from above")
                break
            if not self._cut_off_with(parent, place):
                break
            place = parent
        for passed in climbed:
            self._above[passed] = cause
        return cause

    def failed_beside(self, index: int) -> Step | None:
        """Say which sibling had failed before a span did, while it was at work."""
        sibling = self._failed_sibling(index, margin_ns=-1)
        return None if sibling is None else Step(sibling, "called off", "that failed beside it before")

    def _failed_sibling(self, index: int, margin_ns: int = MOMENT_NS) -> int | None:
        """The last sibling that failed while this was at work."""
        reading = self._reading
        parent = reading.tree.parents[index]
        failed = self._failed.get(parent)
        if not failed:
            return None
        if parent not in self._sorted:
            failed.sort()
            self._sorted.add(parent)
        latest_ns = reading.end_ns[index] + margin_ns
        place = bisect_right(failed, (latest_ns, len(reading.agents))) - 1
        if place < 0 or failed[place][0] < reading.start_ns[index]:
            return None
        return failed[place][1]

    def _cut_off_with(self, parent: int, index: int) -> bool:
        """Whether a span that shows nothing ended when, or before, one below it was cancelled."""
        ends = self._reading.end_ns
        return ends[parent] <= ends[index] + 5 * slack_ns(self._reading, parent, index)
