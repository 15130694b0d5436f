"""Columns of text side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from weft.present.terminal.glyphs import Glyphs

GAP: Final = "  "
_NARROWEST: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        head: Its name.
        texts: What stands in it, a text a row.
        left: Whether it is flush left, as words are; numbers are flush right.
        style: The style of the texts.
    """

    head: str
    texts: list[str]
    left: bool = False
    style: str = ""

    @property
    def width(self) -> int:
        """Cells of the longest text."""
        return max(map(cell_len, (self.head, *self.texts)))


def rows(columns: Sequence[Column], room: Mapping[str, int], draw: Glyphs) -> Iterator[Text]:
    """Draw a line a row, below a line of the heads.

    Args:
        columns: Columns of equal length.
        room: Cells of each column, by its head; those that are not named have what they need.
        draw: The characters to draw with.
    """
    cells = [room.get(column.head, column.width) for column in columns]
    for row in range(-1, len(columns[0].texts)):
        line = Text(no_wrap=True)
        for column, width in zip(columns, cells, strict=True):
            text = draw.fit(column.texts[row] if row >= 0 else column.head, width)
            blank = " " * (width - cell_len(text))
            line.append(GAP if line else "")
            line.append(text + blank if column.left else blank + text, column.style if row >= 0 else "dim")
        line.rstrip()
        yield line


def fitted(
    columns: Sequence[Column], width: int, draw: Glyphs, flexible: str | None = None
) -> Iterator[Text]:
    """Draw a table in a width, after an empty line: nothing when there are no rows.

    Columns that say nothing are left out. The first one, or `flexible`, gives way where there is no room, and
    where that is not enough the last ones are left out.

    Args:
        columns: Columns of equal length.
        width: Cells of the terminal.
        draw: The characters to draw with.
        flexible: The head of the column that gives way.
    """
    told = [column for column in columns if any(column.texts)]
    if not told:
        return
    giving = next((column for column in told if column.head == flexible), told[0])

    def left() -> int:
        return width - sum(column.width + len(GAP) for column in told if column is not giving)

    while left() < min(_NARROWEST, giving.width) and told[-1] is not giving and len(told) > 2:
        told.pop()
    yield Text()
    yield from rows(told, {giving.head: min(giving.width, max(_NARROWEST, left()))}, draw)
