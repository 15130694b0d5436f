"""The outline of a trace as lines with their guides, top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass

from weft.model.trace import Node
from weft.present.terminal.fold import Outline, Repeats
from weft.present.terminal.glyphs import Glyphs

Item = Node | Repeats | int
"""A span, siblings left out, or a number of further spans left out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree.

    Attributes:
        item: What it shows.
        level: Shown spans above it.
        open_above: For the nearest levels above, outermost first: whether the level goes on below this line.
        last: Whether it is the last one of its level.
        parted: Whether lines of the level below follow.
        skipped: Levels between it and the shown span above that are left out.
    """

    item: Item
    level: int
    open_above: tuple[bool, ...]
    last: bool
    parted: bool
    skipped: int

    def indent(self, draw: Glyphs) -> str:
        """Draw the guides before the line itself."""
        return (
            self._left_out()
            + self._above(draw)
            + (draw.corner if self.last else draw.fork if self.level else "")
        )

    def continued(self, draw: Glyphs) -> str:
        """Draw the guides before further text of the same line."""
        own = "" if not self.level else draw.gap if self.last else draw.pipe
        left_out = " " * len(self._left_out())
        return left_out + self._above(draw) + own + (draw.pipe if self.parted else draw.gap)

    def _left_out(self) -> str:
        """Count the levels that the guides do not show."""
        number = self.level - 1 - len(self.open_above)
        return f"+{number} " if number > 0 else ""

    def _above(self, draw: Glyphs) -> str:
        return "".join(draw.pipe if is_open else draw.gap for is_open in self.open_above)


def lines(shown: Outline, levels: int) -> Iterator[Line]:
    """Go through the outline.

    Args:
        shown: What is shown.
        levels: Levels of guides that are drawn; those further out become a number.
    """
    waiting: list[Line] = []

    def push(parent: Node | None, above: Line | None) -> None:
        items = _items(shown, parent)
        level = above.level + 1 if above else 0
        open_above = (*above.open_above, not above.last)[-levels:] if above and above.level else ()
        for place in range(len(items) - 1, -1, -1):
            item = items[place]
            node = item if isinstance(item, Node) else None
            waiting.append(
                Line(
                    item=item,
                    level=level,
                    open_above=open_above,
                    last=level > 0 and place == len(items) - 1,
                    parted=node is not None and bool(shown.below.get(node) or shown.cut.get(node)),
                    skipped=node.depth - (parent.depth + 1 if parent else 0) if node else 0,
                )
            )

    push(None, None)
    while waiting:
        line = waiting.pop()
        yield line
        if line.parted:
            assert isinstance(line.item, Node)
            push(line.item, line)


def _items(shown: Outline, parent: Node | None) -> list[Item]:
    items: list[Item] = []
    for node in shown.below.get(parent, ()):
        items.append(node)
        if node in shown.repeats:
            items.append(shown.repeats[node])
    if shown.cut.get(parent):
        items.append(shown.cut[parent])
    return items
