"""What became of the failed children of one span: tried again, replaced, or left as they were."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from weft.analyse.errors.attempts import Task, task_of
from weft.analyse.errors.branch import Branch, slack_ns
from weft.analyse.errors.likeness import SAME, likeness
from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading


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
    is a fallback. Children at work at the same time are neither.

    Args:
        reading: The tree, its times and agents.
        signs: The spans that failed.
        index: The span.
        branches: Those that failed, earliest start first.
    """
    children = reading.tree.children[index]
    if len(children) == 1:
        return Settled(open=list(branches))
    failed = {branch.top: branch for branch in branches}
    tasks = {child: _task(reading, child) for child in children}
    later = _Later(reading, children, tasks)
    settled = Settled()
    for branch in sorted(branches, key=lambda branch: reading.start_ns[branch.top], reverse=True):
        again = later.same(branch)
        if again is None:
            stand_in = next((c for c in later.others(branch) if c not in failed and c not in signs), None)
            if stand_in is not None and _ended(reading, stand_in) and not _repeated(signs, index, branch):
                settled.made_good[branch.failed] = stand_in
            else:
                settled.open.append(branch)
        elif again in failed:
            other = failed[again].failed
            if other in settled.made_good:
                settled.made_good[branch.failed] = settled.made_good[other]
            else:
                settled.tried_again[branch.failed] = settled.tried_again.get(other, other)
        elif again in signs or not _ended(reading, again):
            settled.open.append(branch)
        else:
            settled.made_good[branch.failed] = again
    settled.open.reverse()
    return settled


def _repeated(signs: Mapping[int, Sign], index: int, branch: Branch) -> bool:
    """Whether the span itself failed with the words of the branch: then nothing had stood in for it."""
    above, below = signs.get(index), signs[branch.failed]
    return above is not None and likeness(above, below) >= SAME


class _Later:
    """Finds the children that began after a branch had failed."""

    def __init__(self, reading: Reading, children: Sequence[int], tasks: Mapping[int, Task]) -> None:
        self._reading = reading
        self._tasks = tasks
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._sort: dict[str, list[int]] = defaultdict(list)
        # They come in the order of their own clocks; the adjusted ones may differ.
        for child in sorted(children, key=reading.start_ns.__getitem__):
            task = tasks[child]
            self._same[(task.sort, *task.key)].append(child)
            self._sort[task.sort].append(child)

    def same(self, branch: Branch) -> int | None:
        """The next try of the same task."""
        task = self._tasks[branch.top]
        return next(iter(self._after(self._same[(task.sort, *task.key)], branch)), None)

    def others(self, branch: Branch) -> list[int]:
        """The next few of the same sort that may stand in for it."""
        task = self._tasks[branch.top]
        return [
            child
            for child in self._after(self._sort[task.sort], branch)
            if self._tasks[child].stands_in_for(task)
        ]

    def _after(self, children: list[int], branch: Branch, count: int = 3) -> list[int]:
        starts = self._reading.start_ns
        earliest = branch.end_ns - slack_ns(self._reading, branch.top, branch.failed)
        begin = bisect_left(children, earliest, key=starts.__getitem__)
        found = (child for child in children[begin : begin + count + 1] if child != branch.top)
        return list(found)[:count]


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
