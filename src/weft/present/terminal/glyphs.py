"""The characters that draw a trace, for terminals that have them and for those that do not."""

from dataclasses import dataclass, replace
from typing import Final

from weft.present.terminal.text import LIMIT, clean, encodable, fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """A set of drawing characters: guides are three cells wide, what stands in a bar is one.

    Attributes:
        encoding: What the output can carry.
        fork: A child that has a sibling below it.
        corner: The last child.
        pipe: A level that goes on below.
        gap: A level that is over.
        bar: A stretch of time.
        bar_left: The left half of a cell of it.
        bar_right: The right half.
        failed: An error begins here.
        passed: An error came up from below.
        recovered: An error that was made good.
        symptom: An error whose cause lies elsewhere.
        rest: A stretch of time that nothing waited for.
        rest_left: The left half of a cell of it.
        rest_right: The right half.
        to: From one to another.
        more: Something is left out.
        between: Separates facts.
        least: Before a number that may be larger.
        most: Before a number that may be smaller.
        give_or_take: Before how far off a number may be.
    """

    encoding: str = "utf-8"
    fork: str
    corner: str
    pipe: str
    gap: str = "   "
    bar: str
    bar_left: str
    bar_right: str
    failed: str
    passed: str
    recovered: str
    symptom: str
    rest: str
    rest_left: str
    rest_right: str
    to: str
    more: str
    between: str
    least: str
    most: str
    give_or_take: str

    def say(self, text: str, limit: int = LIMIT) -> str:
        """Clean a text of someone else's, and keep to what the output can carry."""
        return self.own(clean(text, limit))

    def fit(self, text: str, cells: int) -> str:
        """Cut a text to a number of cells."""
        return fit(text, cells, self.more)

    def own(self, text: str) -> str:
        """Keep a text of ours to what the output can carry."""
        return text if self is BOX else encodable(text, self.encoding)


BOX: Final = Glyphs(
    fork="├─ ",
    corner="└─ ",
    pipe="│  ",
    bar="━",
    bar_left="╸",
    bar_right="╺",
    failed="✗",
    passed="↑",
    recovered="↺",
    symptom="≈",
    rest="─",
    rest_left="╴",
    rest_right="╶",
    to="→",
    more="…",
    between="·",
    least="≥",
    most="≤",
    give_or_take="±",
)
ASCII: Final = Glyphs(
    fork="|- ",
    corner="`- ",
    pipe="|  ",
    bar="=",
    bar_left="=",
    bar_right="=",
    failed="x",
    passed="^",
    recovered="@",
    symptom="~",
    rest="-",
    rest_left="-",
    rest_right="-",
    to="->",
    more="...",
    between="-",
    least=">",
    most="<",
    give_or_take="+-",
)


def glyphs(encoding: str) -> Glyphs:
    """Choose the set that an output's encoding can carry."""
    try:
        "├─└│━╸╺─╴╶✗↑↺≈→…·µ≥≤±".encode(encoding)
    except UnicodeEncodeError:
        return replace(ASCII, encoding=encoding)
    return BOX
