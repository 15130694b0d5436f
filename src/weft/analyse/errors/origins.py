"""Where the steps between failed spans end."""

from collections.abc import Mapping

from weft.analyse.errors.step import Step


class Origins:
    """Follows steps, each once, however many failures it is on the way of.

    Args:
        steps: From failed spans, by index. Where they make a circle, it is cut where it would close.
    """

    def __init__(self, steps: Mapping[int, Step]) -> None:
        self._steps = steps
        self._origin: dict[int, int] = {}

    def of(self, index: int) -> int:
        """The index of the span where the failure of another one began; its own where it began there."""
        if (known := self._origin.get(index)) is not None:
            return known
        way: list[int] = []
        on_way: set[int] = set()
        while index not in self._origin:
            step = self._steps.get(index)
            way.append(index)
            on_way.add(index)
            if step is None or step.to in on_way:
                self._origin[index] = index
                break
            index = step.to
        origin = self._origin[index]
        for passed in way:
            self._origin[passed] = origin
        return origin
