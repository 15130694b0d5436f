"""Text of strangers, made fit for a terminal.

Whatever stands in a trace was written by whoever sent it. Nothing of it may move the cursor, colour the
screen, set the title, reverse the reading order, break a line or fill the memory.
"""

import re
import unicodedata
from typing import Final

from rich.cells import cell_len, set_cell_size

LIMIT: Final = 2_000
"""Characters looked at, unless told otherwise: more than any terminal is wide."""

# ECMA-48: control sequences (CSI); strings that end (OSC, DCS, SOS, PM, APC); two-character escapes. Each
# repeat stops at the next ESC, so no character is looked at twice. The 8-bit forms are not parsed: a
# quotation mark that was decoded wrongly contains one, and would take the rest of an honest message with
# it. They go with the controls.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-~]?"
)
_SPACES = re.compile(r"\s+")
# Cc controls, Cf formats (reading order, zero width), Cs halves of pairs, Co private, Cn unassigned.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_STACK: Final = 2  # combining marks that a letter may carry; more of them would climb over other lines


def clean(text: str, limit: int = LIMIT) -> str:
    """Leave of a text what can be read, on one line.

    Args:
        text: Anything, of any length.
        limit: Characters looked at; the rest is dropped, and an ellipsis says so.
    """
    cut = len(text) > limit
    text = _SPACES.sub(" ", _ESCAPES.sub("", text[:limit]))
    if not text.isascii() or not text.isprintable():
        text = _SPACES.sub(" ", _readable(text))
    text = text.strip()
    return text + "…" if cut else text


def fit(text: str, cells: int, ellipsis: str = "…") -> str:
    """Cut a clean text to a number of terminal cells; an ellipsis takes the place of what is missing."""
    if cell_len(text) <= cells:
        return text
    if cells <= len(ellipsis):
        return ellipsis[: max(0, cells)]
    return set_cell_size(text, cells - len(ellipsis)).rstrip() + ellipsis


def encodable(text: str, encoding: str) -> str:
    """Replace what an output's encoding does not have."""
    return text.replace("…", "...").replace("µ", "u").encode(encoding, "replace").decode(encoding)


def _readable(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in _INVISIBLE or character == "\ufe0f":
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= _STACK:
            kept.append(character)
    return "".join(kept)
