"""How the width of a terminal is shared out among the columns."""

from dataclasses import dataclass
from typing import Final

GAP: Final = 2
_NARROWEST_BAR: Final = 16
_WIDEST_BAR: Final = 80
_NARROWEST_TREE: Final = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells of each column; a column of none is left out.

    Attributes:
        width: Of the terminal.
        service: The services.
        tree: Guides and names.
        start: The starts.
        duration: The durations.
        bar: The time bars.
    """

    width: int
    service: int
    tree: int
    start: int
    duration: int
    bar: int


def layout(width: int, *, service: int, tree: int, start: int, duration: int) -> Layout:
    """Share out a width.

    Names come first: a bar gets what they leave over, though never less than it needs from 100 cells on.
    Below 60 cells there are no starts.

    Args:
        width: Cells of the terminal.
        service: Cells of the longest service.
        tree: Cells of the longest line of the tree.
        start: Cells of the longest start.
        duration: Cells of the longest duration.
    """
    if width < 60:
        start = 0
    service = min(service, max(8, width // 4))
    fixed = sum(column + GAP for column in (service, start, duration) if column)
    room = max(_NARROWEST_TREE, width - fixed)
    bar = room - tree - GAP
    if bar < _NARROWEST_BAR:
        bar = _NARROWEST_BAR if width >= 100 else 0
    bar = min(bar, _WIDEST_BAR)
    return Layout(
        width=width,
        service=service,
        tree=min(tree, room - (bar + GAP if bar else 0)),
        start=start,
        duration=duration,
        bar=bar,
    )
