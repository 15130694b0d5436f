"""The way from one clock to another over what was measured between others."""

import heapq
from collections import defaultdict
from collections.abc import Sequence

from weft.analyse.clocks.link import Links


class Paths:
    """The ways with the narrowest bounds, each worked out when it is first asked for (Dijkstra)."""

    def __init__(self, links: Links) -> None:
        self._neighbours: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (one, other), link in links.items():
            # One width for all times: a way does not change with the time that is asked for.
            width_ns = link.at((link.from_ns + link.until_ns) // 2).bound_ns
            self._neighbours[one].append((other, width_ns))
            self._neighbours[other].append((one, width_ns))
        self._trees: dict[int, dict[int, int]] = {}

    def between(self, start: int, end: int) -> Sequence[tuple[int, int]] | None:
        """The steps from one domain to another; None where none lead there."""
        # The way back is the way there reversed, so that the one answer is the other with its sign changed.
        low, high = min(start, end), max(start, end)
        if low not in self._trees:
            self._trees[low] = self._tree(low)
        before = self._trees[low]
        if high not in before:
            return None
        steps: list[tuple[int, int]] = []
        while high != low:
            steps.append((before[high], high))
            high = before[high]
        return steps[::-1] if start < end else [(other, one) for one, other in steps]

    def _tree(self, start: int) -> dict[int, int]:
        """For every domain that can be reached from one the domain before it on the way."""
        before: dict[int, int] = {}
        waiting = [(0, start, start)]
        while waiting:
            far, domain, via = heapq.heappop(waiting)
            if domain in before:
                continue
            before[domain] = via
            for other, width_ns in self._neighbours[domain]:
                if other not in before:
                    heapq.heappush(waiting, (far + width_ns, other, domain))
        return before
