"""What became of the failed children of one span: tried again, replaced, or left as they were."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Final

from weft.analyse.errors.attempts import Task, task_of
from weft.analyse.errors.branch import Branch, slack_ns
from weft.analyse.errors.likeness import SAME, likeness
from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading

_NEVER: Final = 1 << 63  # nanoseconds
_NEAR: Final = 3  # children that are looked at for a fallback: it comes at once


@dataclass(slots=True)
class Settled:
    """The branches of one span, sorted.

    Attributes:
        open: Those that nothing was done about, earliest start first.
        made_good: For the failed span of a branch the span that did its work instead.
        tried_again: For the failed span of a branch that of the last try, which failed as well.
    """

    open: list[Branch] = field(default_factory=list)
    made_good: dict[int, int] = field(default_factory=dict)
    tried_again: dict[int, int] = field(default_factory=dict)


def settle(reading: Reading, signs: Mapping[int, Sign], index: int, branches: Sequence[Branch]) -> Settled:
    """Look for what made failed children good.

    A later child with the same task is another try. A later one that stands in for it (`Task.stands_in_for`)
    is a fallback, which may fail like a try. Children at work at the same time are neither. A model that is
    asked after a tool or an agent had done its part has its next turn, which is no other try.

    Args:
        reading: The tree, its times and agents.
        signs: The spans that failed.
        index: The span.
        branches: Those that failed, earliest start first.
    """
    later = _Later(reading, reading.tree.children[index], branches)
    failed = {branch.top: branch for branch in branches}
    settled = Settled()
    for branch in sorted(branches, key=lambda branch: reading.start_ns[branch.top], reverse=True):
        again = later.same(branch)
        if again is None:
            again = next(later.instead(branch), None)
        if again is None or (again in signs and again not in failed) or not _ended(reading, again):
            settled.open.append(branch)
        elif again not in failed:
            settled.made_good[branch.failed] = again
        elif (other := failed[again].failed) in settled.made_good:
            settled.made_good[branch.failed] = settled.made_good[other]
        else:
            settled.tried_again[branch.failed] = settled.tried_again.get(other, other)
    settled.open.reverse()
    if settled.made_good and index in signs:
        _doubt(settled, signs, index, branches)
    return settled


def _doubt(settled: Settled, signs: Mapping[int, Sign], index: int, branches: Sequence[Branch]) -> None:
    """Take back that the last failure was made good whose words the span itself failed with."""

    def repeated(branch: Branch) -> bool:
        return likeness(signs[index], signs[branch.failed]) > SAME

    if not any(map(repeated, settled.open)):
        for branch in reversed(branches):
            if branch.failed in settled.made_good and repeated(branch):
                del settled.made_good[branch.failed]
                settled.open.append(branch)
                break


class _Later:
    """Finds the children that began after a branch had failed.

    Args:
        reading: The tree, its times and agents.
        children: All children of a span.
        branches: Those that failed.
    """

    def __init__(self, reading: Reading, children: Sequence[int], branches: Sequence[Branch]) -> None:
        starts = reading.start_ns
        self._reading = reading
        latest_ns = max(map(starts.__getitem__, children))
        known = ((each.top, each.end_ns - slack_ns(reading, each.top, each.failed)) for each in branches)
        self._known_ns = {top: known_ns for top, known_ns in known if known_ns <= latest_ns}
        self._tasks: dict[int, Task] = {}
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._sort: dict[str, list[int]] = defaultdict(list)
        acts: list[int] = []
        if self._known_ns:
            # They come in the order of their own clocks; the adjusted ones may differ.
            for child in sorted(children, key=starts.__getitem__):
                task = self._tasks[child] = _task(reading, child)
                self._same[(task.sort, *task.key)].append(child)
                self._sort[task.sort].append(child)
                if task.sort != "model" and reading.tree.spans[child].work.operation:
                    acts.append(child)
        ends = (reading.end_ns[child] for child in reversed(acts))
        self._acts_begin_ns = [starts[child] for child in acts]
        self._first_end_ns = [*reversed(list(accumulate(ends, min))), _NEVER]  # of an act and all after it

    def same(self, branch: Branch) -> int | None:
        """The next try of the same task."""
        if branch.top not in self._known_ns:
            return None
        task = self._tasks[branch.top]
        same = self._same[(task.sort, *task.key)]
        return next(self._after(same, branch), None) if len(same) > 1 else None

    def instead(self, branch: Branch) -> Iterator[int]:
        """Those that may stand in for it, among the next few of the same sort."""
        if branch.top not in self._known_ns:
            return iter(())
        task = self._tasks[branch.top]
        if task.sort == "span":
            return iter(())
        nearest = islice(self._after(self._sort[task.sort], branch), _NEAR)
        return (child for child in nearest if self._tasks[child].stands_in_for(task))

    def _after(self, children: list[int], branch: Branch) -> Iterator[int]:
        starts, known_ns = self._reading.start_ns, self._known_ns[branch.top]
        until_ns = _NEVER
        if self._tasks[branch.top].sort == "model":
            until_ns = self._first_end_ns[bisect_left(self._acts_begin_ns, known_ns)]
        for place in range(bisect_left(children, known_ns, key=starts.__getitem__), len(children)):
            if starts[children[place]] >= until_ns:
                return
            if children[place] != branch.top:
                yield children[place]


def _task(reading: Reading, index: int) -> Task:
    """A call's task is that of whom it reaches; a message's, of whom that reaches."""
    below = next((child for child in reading.tree.children[index] if reading.crosses(child)), None)
    span = reading.tree.spans[index]
    reached = reading.agents[index] if span.work.operation else ""
    if below is not None:
        reached = reading.agents[below]
    return task_of(span, reading.callees[index] or reached)


def _ended(reading: Reading, index: int) -> bool:
    return reading.tree.spans[index].state == "ended"
