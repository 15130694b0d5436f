"""What would it save: when the root would have ended, had one span's own work taken less.

The trace is run again on paper. Every moment follows from an earlier one by a stretch of work that is kept as
long as it was, but for the work of the span in question; a span that waited for several goes on when the last
of them has ended, whichever that is now. A link that let a span begin is followed where its span had ended.
"""

from weft.analyse.critical_path.moments import Moments, moments
from weft.analyse.critical_path.waits import Waits, find_waits
from weft.analyse.reading import Reading


class Savings:
    """Answers for any span of one trace, in O(n) each.

    Args:
        reading: The trace, read.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._waits: Waits = find_waits(reading)
        self._moments: Moments = moments(reading, self._waits)
        self._linked = {
            index: found for index in range(len(reading.agents)) if (found := self._link(index)) >= 0
        }
        self._stretches = self._find_stretches()
        self._whole_ns = self._end_ns(-1, 0, 1)

    def own_ns(self, index: int) -> int:
        """How long a span itself worked, in nanoseconds: from each wait to the last thing before the next."""
        return sum(until_ns - from_ns for from_ns, until_ns in self._stretches[index].items())

    def saving_ns(self, index: int, less_ns: int | None = None) -> int:
        """How much earlier the root would have ended, in nanoseconds.

        Args:
            index: The span.
            less_ns: By how much its own work is shorter; all of it by default, and at most. Where it worked
                in several stretches, each is shorter in proportion.
        """
        own_ns = self.own_ns(index)
        less_ns = own_ns if less_ns is None else max(0, min(less_ns, own_ns))
        return max(0, self._whole_ns - self._end_ns(index, less_ns, own_ns)) if less_ns else 0

    def _find_stretches(self) -> list[dict[int, int]]:
        """For each span when it went on, and when it did the last thing before the next wait."""
        starts, ends, parents = self._reading.start_ns, self._reading.end_ns, self._reading.tree.parents
        found: list[dict[int, int]] = [{} for _ in parents]
        moments = self._moments
        for index, parent in enumerate(parents):
            found[index][moments.end_from_ns[index]] = ends[index]
            if parent >= 0 and starts[index] <= ends[parent]:
                from_ns = moments.start_from_ns[index]
                known_ns = found[parent].get(from_ns, from_ns)
                found[parent][from_ns] = max(known_ns, starts[index] - moments.handed_ns.get(index, 0))
        return found

    def _end_ns(self, short: int, less_ns: int, own_ns: int) -> int:
        """Run the trace again: when the root ends."""
        reading, waits, from_ns = self._reading, self._waits, self._moments
        starts, ends, parents = reading.start_ns, reading.end_ns, reading.tree.parents
        start, end = list(starts), list(ends)
        free = list(starts)  # when a span went on from its last wait

        def work(index: int, took_ns: int) -> int:
            return took_ns - took_ns * less_ns // own_ns if index == short else took_ns

        for moment in from_ns.order:
            if moment >= 0:
                if moment:
                    parent, linked = parents[moment], self._linked.get(moment)
                    if linked is not None:
                        start[moment] = end[linked] + starts[moment] - ends[linked]
                    elif starts[moment] > ends[parent]:
                        start[moment] = end[parent] + starts[moment] - ends[parent]
                    else:
                        handed_ns = from_ns.handed_ns.get(moment, 0)
                        took_ns = starts[moment] - handed_ns - from_ns.start_from_ns[moment]
                        start[moment] = free[parent] + work(parent, took_ns) + handed_ns
                free[moment] = start[moment]
                continue
            index = ~moment
            end[index] = free[index] + work(index, ends[index] - from_ns.end_from_ns[index])
            above = waits.waiter[index]
            if above >= 0:
                released = end[index]
                if waits.released_ns[index] < ends[index]:
                    # Its caller gave up: he still would, or had no need to.
                    released = min(released, start[above] + ends[above] - starts[above])
                free[above] = max(free[above], released)
            for receiver in waits.receivers.get(index, ()):
                free[receiver] = max(free[receiver], end[index])
        return end[0]

    def _link(self, index: int) -> int:
        """The linked span that let a span begin: it ended after its parent had last gone on; or -1."""
        reading, starts, ends = self._reading, self._reading.start_ns, self._reading.end_ns
        links = [link for link in reading.tree.links[index] if ends[link] <= starts[index]]
        if not links or not index:
            return -1
        last = max(links, key=ends.__getitem__)
        return last if ends[last] > self._moments.start_from_ns[index] else -1
