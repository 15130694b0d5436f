"""Which failure below a failed span came up to it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from weft.analyse.errors.branch import Branch, last_work_ns, slack_ns
from weft.analyse.errors.likeness import SAME, likeness
from weft.analyse.errors.messages import Messages
from weft.analyse.errors.sign import Sign
from weft.analyse.errors.silent import find_continuations
from weft.analyse.errors.step import Step
from weft.analyse.errors.waits import Waits
from weft.analyse.reading import Reading
from weft.model import keys

_OF_ONE: Final = 2  # names: of a tool and its agent


class Explainer:
    """Explains failed spans, each by what lies below it.

    Args:
        reading: The tree, its times and agents.
        signs: The spans that failed.
    """

    def __init__(self, reading: Reading, signs: Mapping[int, Sign]) -> None:
        self._reading = reading
        self._signs = signs
        self._continuations = find_continuations(reading)
        self._waits = Waits(reading, signs, self._continuations)
        self._messages = Messages(reading, signs)
        self._timeouts: list[int] = []
        self.interrupted: list[int] = []  # they failed when something in them was called off
        spans = reading.tree.spans
        self._unfinished = [index for index, span in enumerate(spans) if span.state != "ended"]

    def explain(self, index: int, open_branches: Sequence[Branch]) -> Step | None:
        """Say where the failure of a span came from; None when it began in it.

        Args:
            index: The span.
            open_branches: The failures below it that nothing was done about.
        """
        sign = self._signs[index]
        if sign.sort == "lost":
            return self._unended(index)
        branch, likely = self._came_up(index, sign, open_branches)
        step = Step(branch.failed, "came up", "it came up from that") if branch is not None else None
        if sign.sort == "timeout":
            below = self._signs[branch.failed].sort if branch is not None else "error"
            if step is not None and (below == "timeout" or (likely >= SAME and below != "lost")):
                return step
            self._timeouts.append(index)
        return step or self._further_down(index, sign)

    def explain_timeouts(self, steps: dict[int, Step]) -> None:
        """Write down for the spans that ran out of time, once all are known, what each was waiting for.

        Of callers that gave up one after the other each says something about what it waited for at another
        moment: the one that lasted longest is the reason for all of them.
        """
        left = set(self._timeouts)
        for index in sorted(self._timeouts):
            if index not in left:
                continue
            slowest, passed = self._waits.waited_for(index)
            below = [place for place in passed if place in left]
            if below:
                other, _ = self._waits.waited_for(below[-1])
                slowest = max(slowest, other, key=self._waits.lasted_ns)
            for place in (index, *below):
                left.discard(place)
                if place != slowest:
                    steps[place] = Step(slowest, "waited", "it was waiting for that when time ran out")

    def _came_up(self, index: int, sign: Sign, open_branches: Sequence[Branch]) -> tuple[Branch | None, int]:
        """The branch that brought the failure up, and how much the words of both are alike."""
        if not open_branches:
            return None, 0
        reading = self._reading
        end_ns, worked_ns = reading.end_ns[index], None
        likely: list[tuple[int, Branch]] = []
        for branch in open_branches:
            off_ns = slack_ns(reading, index, branch.failed)
            called = self._answers(index, branch)
            if branch.end_ns > end_ns + off_ns and not (called and sign.sort != "timeout"):
                continue
            alike = likeness(sign, self._signs[branch.failed], (*self._names(branch.failed), *branch.names))
            if alike < SAME:
                caught = len(branch.names) > _OF_ONE or (branch.names and not self._is_tool(branch.top))
                if worked_ns is None:
                    worked_ns = last_work_ns(reading, self._signs, index)
                if caught or worked_ns > branch.end_ns - off_ns:
                    continue  # somebody caught it, or went on after it
            likely.append((alike, branch))
        return self._decisive(likely)

    def _decisive(self, likely: Sequence[tuple[int, Branch]]) -> tuple[Branch | None, int]:
        """Of branches the most alike; of those the last one, or the first to fail of all at work with it."""
        if not likely:
            return None, 0
        most = max(alike for alike, _ in likely)
        best = [branch for alike, branch in likely if alike == most]
        if len(best) == 1:
            return best[0], most
        last = max(best, key=lambda branch: branch.end_ns)
        begun_ns = self._reading.start_ns[last.top]
        return min(
            (each for each in best if each.end_ns > begun_ns or each is last), key=lambda each: each.end_ns
        ), most

    def _is_tool(self, index: int) -> bool:
        return bool(self._reading.tree.spans[index].work.tool)

    def _answers(self, index: int, branch: Branch) -> bool:
        """Whether a branch is the other side of a call, which answered with its failure."""
        if branch.answered or self._signs[index].sort == "unreachable":
            return False
        return self._reading.tree.spans[index].kind == "client" and self._reading.crosses(branch.top)

    def _names(self, index: int) -> tuple[str, ...]:
        span = self._reading.tree.spans[index]
        return (self._reading.agents[index], span.work.tool, span.service)

    def _further_down(self, index: int, sign: Sign) -> Step | None:
        """Look for what no branch brought up: words that are the same, a process that died, a silent wait."""
        if (same := self._messages.same_words(index, sign)) is not None:
            return Step(same, "came up", "it says the same")
        if (told := self._messages.told(index)) is not None:
            return Step(told, "came up", "it is told of that by a message")
        if (continued := self._continued(index)) is not None:
            return Step(continued, "came up", "that failed behind a call that nobody answered")
        unended = self._unended(index)
        if unended is not None and (sign.sort != "error" or self._elsewhere(index, unended.to)):
            return unended
        cut_off = self._cut_off(index)
        if cut_off:
            self.interrupted.append(index)
        if sign.sort == "error" and (cut_off or self._waits.still_running(index)):
            waited_for, _ = self._waits.waited_for(index)
            if waited_for != index:
                return Step(waited_for, "waited", "it was waiting for that when it gave up")
        return None

    @cached_property
    def _failed(self) -> list[int]:
        return [index for index, sign in self._signs.items() if not sign.called_off]

    def _continued(self, index: int) -> int | None:
        """The first failure behind a call that nobody answered: the span itself, or its last child."""
        if not self._continuations:
            return None
        children = self._reading.tree.children[index]
        for call in (index, children[-1] if children else index):
            for behind in self._continuations.get(call, ()):
                place = bisect_left(self._failed, behind)
                if place < len(self._failed) and self._failed[place] < self._reading.tree.stops[behind]:
                    return self._failed[place]
        return None

    def _unended(self, index: int) -> Step | None:
        """The last span below that never ended."""
        place = bisect_left(self._unfinished, self._reading.tree.stops[index]) - 1
        if place < 0 or self._unfinished[place] <= index:
            return None
        return Step(self._unfinished[place], "came up", "that never ended")

    def _elsewhere(self, index: int, other: int) -> bool:
        return self._reading.processes[index] != self._reading.processes[other]

    def _cut_off(self, index: int) -> bool:
        """Whether the last thing that happened in a span is that a child was called off."""
        children = self._reading.tree.children[index]
        if not children:
            return False
        last = max(children, key=self._reading.end_ns.__getitem__)
        sign = self._signs.get(last)
        # What was closed early (a generator) was no longer wanted: nobody waited for it.
        return sign is not None and sign.called_off and sign.type != keys.OUTCOME_CLOSED
