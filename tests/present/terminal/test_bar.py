"""A stretch of time as a bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.present.terminal.bar import bar
from weft.present.terminal.glyphs import ASCII, BOX


@pytest.mark.parametrize(
    ("start", "end", "drawn"),
    [
        (0, 100, "━━━━━━━━━━"),
        (0, 50, "━━━━━"),
        (50, 100, "     ━━━━━"),
        (25, 75, "  ╺━━━━╸"),
        (0, 0, "╸"),
        (99, 100, "         ╺"),
        (100, 100, "         ╺"),
        (20, 21, "  ╸"),
    ],
)
def test_a_bar_shows_where_and_how_long(start: int, end: int, drawn: str) -> None:
    assert bar(start, end, 100, 10, BOX) == drawn


def test_a_trace_without_extent_fills_the_bar() -> None:
    assert bar(0, 0, 0, 4, BOX) == "━━━━"


def test_ascii_has_a_bar_too() -> None:
    assert bar(25, 75, 100, 10, ASCII) == "  ======"


@given(st.integers(0, 10**20), st.integers(0, 10**20), st.integers(0, 10**20), st.integers(1, 200))
def test_a_bar_never_leaves_its_cells(start: int, end: int, whole: int, cells: int) -> None:
    drawn = bar(start, end, whole, cells, BOX)

    assert 1 <= len(drawn) <= cells
    assert drawn.strip()
