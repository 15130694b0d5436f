"""For every span the nearest one above that does not end before it."""

from collections.abc import Sequence


class Cover:
    """Answers in O(log n) a span, whatever the tree looks like.

    The covers of a span, one above the other, end later and later. Each knows the next one and one further up
    (E. W. Myers, An applicative random-access stack, 1983), so that a deep chain is climbed in few steps.

    Args:
        parents: For each of n spans the index of its parent, which is smaller than its own; -1 of the root.
        end_ns: n times.

    Attributes:
        of: For each span the index of its cover; -1 for none.
    """

    def __init__(self, parents: Sequence[int], end_ns: Sequence[int]) -> None:
        self.of: list[int] = []
        self._end_ns = end_ns
        self._depth: list[int] = []
        self._jump: list[int] = []
        for index, parent in enumerate(parents):
            cover = self._climb(parent, end_ns[index])
            self.of.append(cover)
            self._add(cover)

    def _climb(self, index: int, end_ns: int) -> int:
        while index >= 0 and self._end_ns[index] < end_ns:
            jump = self._jump[index]
            index = jump if jump >= 0 and self._end_ns[jump] < end_ns else self.of[index]
        return index

    def _add(self, cover: int) -> None:
        if cover < 0:
            self._depth.append(0)
            self._jump.append(-1)
            return
        jump = self._jump[cover]
        far = self._jump[jump] if jump >= 0 else -1
        equal = jump >= 0 and far >= 0 and self._leap(cover, jump) == self._leap(jump, far)
        self._depth.append(self._depth[cover] + 1)
        self._jump.append(far if equal else cover)

    def _leap(self, low: int, high: int) -> int:
        return self._depth[low] - self._depth[high]
