"""What somebody was waiting for when time ran out."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from weft.analyse.errors.branch import slack_ns
from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading

_FOR_EVER: Final = 1 << 63  # nanoseconds: spans that never ended last as long as that
#: A child that lasted less than a fifth of a wait, and less than others, was one step of many.
_SHARE: Final = 5
#: Children and receivers that are looked at, for each span of the trace, by all searches together.
_LOOKS: Final = 64
_HOPS: Final = 16  # to spans elsewhere in the tree: enough for any chain of agents, and no circle is endless
_UNWINDING: Final = 20  # a span that was cut off ends a little before whoever cut it off: a part of the wait


class Waits:
    """Follows the chain of spans that were still at work at a moment, across processes and links.

    Args:
        reading: The tree and its times.
        signs: The spans that failed.
        continuations: For unanswered calls what they seem to have caused (`find_continuations`).
    """

    def __init__(
        self, reading: Reading, signs: Mapping[int, Sign], continuations: Mapping[int, list[int]]
    ) -> None:
        self._reading = reading
        self._signs = signs
        self._continuations = continuations
        #: By a span that was reached from elsewhere in the tree: the innermost.
        self._behind: dict[int, int] = {}
        self._looks = _LOOKS * len(reading.agents)

    def waited_for(self, index: int) -> tuple[int, list[int]]:
        """Find the innermost span that a span was waiting for when it ended.

        Returns:
            Its index, the span's own when there is none; and those on the way to it that ran out of time too.
        """
        at_ns = self._reading.end_ns[index]
        place, entered = index, [index]
        passed: list[int] = []
        while True:
            below = self._at_work(place, at_ns)
            if below is None and (below := self._elsewhere(place, at_ns)) is not None:
                if below in self._behind or below in entered or len(entered) > _HOPS:
                    place = self._behind.get(below, below)
                    break
                entered.append(below)
            if below is None:
                unanswered = self._unanswered(place) if place == index else None
                place = place if unanswered is None else unanswered
                break
            place = below
            sign = self._signs.get(place)
            if sign is not None and sign.sort == "timeout":
                passed.append(place)
        for receiver in entered[1:]:
            self._behind[receiver] = place
        return place, passed

    def lasted_ns(self, index: int) -> int:
        """How long a span was at work, as far as is known."""
        return self._until(index) - self._reading.start_ns[index]

    def still_running(self, index: int) -> bool:
        """Whether a span that ended went on waiting for others at the end of it, doing nothing itself."""
        reading = self._reading
        at_ns, begun_ns = reading.end_ns[index], reading.start_ns[index]
        last_ns, running = begun_ns, False
        for child in reading.tree.children[index]:
            until = self._until(child)
            if until <= at_ns:
                last_ns = max(last_ns, until)
            running = running or (
                until <= at_ns and self.reach[child] > at_ns + slack_ns(reading, index, child)
            )
        return running and at_ns - last_ns > 0.3 * (at_ns - begun_ns)

    @cached_property
    def reach(self) -> list[int]:
        """For each span when the last of its subtree ended."""
        reach = [self._until(index) for index in range(len(self._reading.agents))]
        parents = self._reading.tree.parents
        for index in range(len(reach) - 1, 0, -1):
            parent = parents[index]
            reach[parent] = max(reach[parent], reach[index])
        return reach

    def _until(self, index: int) -> int:
        return self._reading.end_ns[index] if self._reading.tree.spans[index].state == "ended" else _FOR_EVER

    def _at_work(self, index: int, at_ns: int) -> int | None:
        """The child that was at work at the moment, or else the receiver that took the work up later.

        Where that one had only just begun and another one had taken most of the time, it is the other one.
        """
        reading = self._reading
        waited_ns = max(1, at_ns - reading.start_ns[index])
        best: tuple[bool, int, int, int] | None = None
        slowest: tuple[int, int] = (0, -1)  # of those that had ended
        children = reading.tree.children[index]
        if not children:
            return None
        sent = self._sent(index, at_ns)
        self._looks -= len(children)
        if self._looks < 0:
            return None
        for child in children:
            start_ns, reach = reading.start_ns[child], self.reach[child]
            off_ns = slack_ns(reading, index, child)
            called_off = self._called_off(child)
            unwinding_ns = waited_ns // 4 if called_off else waited_ns // _UNWINDING
            if reach < at_ns - off_ns:
                slowest = max(slowest, (reach - start_ns, child))
            if reach < at_ns - off_ns - unwinding_ns:
                continue
            begun = start_ns <= at_ns + off_ns
            if called_off:  # its end does not say how long it would have taken: the earliest start does
                reach = at_ns
            if begun or (sent and reading.crosses(child)):
                best = max(
                    best or (False, 0, 0, -1), (begun, min(reach, at_ns + waited_ns), -start_ns, child)
                )
        if best is None:
            return None
        lasted_ns = min(at_ns, best[1]) + best[2]
        if reading.crosses(best[3]) or lasted_ns >= min(waited_ns // _SHARE, slowest[0]):
            return best[3]
        return slowest[1] if slowest[0] > waited_ns // 2 else None

    def _called_off(self, index: int) -> bool:
        sign = self._signs.get(index)
        return sign is not None and sign.called_off

    def _unanswered(self, index: int) -> int | None:
        """The last message that a span sent, where nothing behind it reported."""
        children = self._reading.tree.children
        for child in reversed(children[index]):
            if self._reading.tree.spans[child].kind == "producer":
                return None if children[child] or self._receivers.get(child) else child
        return None

    def _elsewhere(self, index: int, at_ns: int) -> int | None:
        """A span elsewhere in the tree that belongs to this one, or a call of it, and was at work.

        A message that was sent and not yet taken up was waited for as well. What a silent callee seems to
        have caused is no message of the caller's: it counts from its beginning.
        """
        if not self._receivers and not self._continuations:
            return None
        reading = self._reading
        children = reading.tree.children[index]
        last = children[-1] if children else index
        for sender in (index, last):
            sent = reading.tree.spans[sender].kind == "producer" and self._sent(sender, at_ns)
            for receivers, waits in ((self._receivers, sent), (self._continuations, False)):
                for receiver in receivers.get(sender, ()):
                    self._looks -= 1
                    if self._looks < 0:
                        return None
                    begun = reading.start_ns[receiver] <= at_ns + slack_ns(reading, index, receiver)
                    if self.reach[receiver] >= at_ns and (begun or waits):
                        return receiver
        return None

    def _sent(self, index: int, at_ns: int) -> bool:
        """Whether a span had sent by the moment whatever it sends: nothing else can be waited for."""
        reading = self._reading
        if reading.tree.spans[index].kind in ("client", "producer"):
            return reading.start_ns[index] <= at_ns
        return reading.end_ns[index] <= at_ns

    @cached_property
    def _receivers(self) -> dict[int, list[int]]:
        tree, starts = self._reading.tree, self._reading.start_ns
        found: dict[int, list[int]] = {}
        for index, links in enumerate(tree.links):
            for sender in links:
                if starts[index] >= starts[sender] and not index <= sender < tree.stops[index]:
                    found.setdefault(sender, []).append(index)
        return found
