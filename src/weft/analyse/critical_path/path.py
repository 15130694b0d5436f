"""The critical path, walked back from the end of the root to its start.

Of a span that was running the question is what it had last waited for. If that was another span, the path
goes on at that one's end, and from its start on to what started it. Source: C.-Q. Yang and B. P. Miller,
Critical path analysis for the execution of parallel and distributed programs, 1988; for traces, Z. Zhang et
al., CRISP: critical path analysis of large-scale microservice architectures, 2022. Different here: children
that outlive their parent, messages and links are followed, so nothing is clipped or left out.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

from weft.analyse.critical_path.handed import handed_ns
from weft.analyse.critical_path.kinds import kinds, wait_kind
from weft.analyse.critical_path.waits import Waits
from weft.analyse.reading import Reading
from weft.model.segment import Segment, SegmentKind

if TYPE_CHECKING:
    from collections.abc import Sequence


def walk(reading: Reading, waits: Waits) -> tuple[Segment, ...]:
    """Find the critical path.

    Returns:
        Segments from the start of the root to its end, each beginning where the last one ended.
    """
    return _Walk(reading, waits).segments()


def _waited(reading: Reading) -> dict[str, int]:
    """How long a message had arrived before the first span of its receiver, where that is known."""
    found = {}
    for hand_off in reading.hand_offs:
        parts = {part.name: part.ns for part in hand_off.parts}
        queue_ns = parts.get("queue")
        if hand_off.to_span_id is not None and queue_ns is not None:
            found[hand_off.to_span_id] = queue_ns
    return found


class _Walk:
    def __init__(self, reading: Reading, waits: Waits) -> None:
        self._reading = reading
        self._first_ns = reading.start_ns[0]
        self._waited = _waited(reading)
        self._handed = handed_ns(reading)
        self._kinds: Sequence[SegmentKind] = kinds(reading)
        self._ids = [span.span_id for span in reading.tree.spans]
        self._waits = waits
        # Where what is left of the spans that each one waited for ends. It is used up from the back: the walk
        # never goes forward in time, so what was passed by is done with.
        self._last = list(waits.first[1:])
        self._linked: set[int] = set()
        # The segments from the last one to the first: each ends where the one before it here begins.
        self._spans: list[int] = []
        self._starts: list[int] = []
        self._sorts: list[SegmentKind] = []

    def segments(self) -> tuple[Segment, ...]:
        starts, first_ns = self._reading.start_ns, self._first_ns
        index, at_ns = 0, self._reading.end_ns[0]
        while at_ns > first_ns:
            place = self._last_joined(index, at_ns)
            if place >= 0:
                until_ns = self._waits.joined_ns[place]
                self._add(index, until_ns, at_ns, self._kinds[index])
                index, at_ns = self._at_work(self._waits.joined[place], until_ns), until_ns
                continue
            start_ns = min(at_ns, starts[index])
            self._add(index, start_ns, at_ns, self._kinds[index])
            if index == 0:
                break
            index, at_ns = self._cause(index, start_ns)
        return self._told()

    def _at_work(self, index: int, at_ns: int) -> int:
        """What a span was waiting for when its caller gave up, or what that was waiting for; else itself."""
        starts, ends, waits = self._reading.start_ns, self._reading.end_ns, self._waits
        while ends[index] > at_ns:
            first, place = waits.first[index], self._last[index]
            # Of what it went on to wait for, the last was what its answer would have needed.
            while place > first and waits.joined_ns[place - 1] > at_ns:
                place -= 1
                if starts[waits.joined[place]] < at_ns:
                    self._last[index] = place
                    index = waits.joined[place]
                    break
            else:
                self._last[index] = place
                break
        return index

    def _told(self) -> tuple[Segment, ...]:
        ids, agents = self._ids, self._reading.agents
        stretches = zip(
            self._spans, self._sorts, pairwise((self._reading.end_ns[0], *self._starts)), strict=True
        )
        told = [
            Segment(ids[index], start_ns, end_ns, kind, agents[index])
            for index, kind, (end_ns, start_ns) in stretches
        ]
        told.reverse()
        return tuple(told)

    def _last_joined(self, index: int, at_ns: int) -> int:
        """The place of what a span last waited for before a time; -1 for none."""
        first, place, joined_ns = self._waits.first[index], self._last[index], self._waits.joined_ns
        while place > first:
            place -= 1
            if joined_ns[place] <= at_ns:
                self._last[index] = place
                return place
        self._last[index] = place
        return -1

    def _cause(self, index: int, at_ns: int) -> tuple[int, int]:
        """What let a span begin, and when: its parent, or a span it is linked to that ended later."""
        reading = self._reading
        cause = reading.tree.parents[index]
        from_ns = min(at_ns, reading.end_ns[cause])
        linked = self._link(index, at_ns) if reading.tree.links[index] else -1
        if linked >= 0:
            # A parent that was still running may have waited for something else after the link's span ended.
            known_ns = from_ns if from_ns < at_ns else self._last_ns(cause, at_ns)
            linked_ns = min(at_ns, reading.end_ns[linked])
            taken = reading.tree.spans[index].kind == "consumer"
            if linked_ns > known_ns or (taken and linked_ns == known_ns):
                cause, from_ns = linked, linked_ns
        if from_ns == at_ns and cause == reading.tree.parents[index]:
            from_ns = at_ns - self._handed.get(index, 0)
        if from_ns < at_ns:
            self._add_wait(index, from_ns, at_ns)
        return cause, from_ns

    def _add_wait(self, index: int, from_ns: int, at_ns: int) -> None:
        """Tell what a span waited in before it began: as its hand-off was split, where it was."""
        waited = self._waited.get(self._ids[index])
        if waited is None or self._reading.tree.spans[index].kind != "consumer":
            self._add(index, from_ns, at_ns, wait_kind(self._reading, index))
            return
        taken_ns = max(from_ns, at_ns - waited)
        self._add(index, taken_ns, at_ns, "queue")
        self._add(index, from_ns, taken_ns, "network")

    def _last_ns(self, index: int, at_ns: int) -> int:
        """When a span last went on before a time."""
        first, place, joined_ns = self._waits.first[index], self._last[index], self._waits.joined_ns
        while place > first and joined_ns[place - 1] > at_ns:
            place -= 1
        self._last[index] = place
        return joined_ns[place - 1] if place > first else self._reading.start_ns[index]

    def _link(self, index: int, at_ns: int) -> int:
        """The span that a span is linked to and that ended last before it began; -1 for none.

        One that was running in the same process is where it was received, not what it followed from.
        """
        links = self._reading.tree.links[index]
        if index in self._linked:
            return -1
        self._linked.add(index)
        ends, starts, processes = self._reading.end_ns, self._reading.start_ns, self._reading.processes
        before = [
            link
            for link in links
            if starts[link] < at_ns and (ends[link] <= at_ns or processes[link] != processes[index])
        ]
        return max(before, key=lambda link: min(at_ns, ends[link]), default=-1)

    def _add(self, index: int, start_ns: int, end_ns: int, kind: SegmentKind) -> None:
        start_ns = max(start_ns, self._first_ns)
        if start_ns >= end_ns:
            return
        ids = self._ids
        if self._spans and self._sorts[-1] == kind and ids[self._spans[-1]] == ids[index]:
            self._spans[-1], self._starts[-1] = index, start_ns
            return
        self._spans.append(index)
        self._starts.append(start_ns)
        self._sorts.append(kind)
