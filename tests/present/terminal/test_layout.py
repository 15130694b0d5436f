"""How the width of a terminal is shared out."""

from hypothesis import given
from hypothesis import strategies as st

from weft.present.terminal.layout import GAP, layout


@given(st.integers(40, 300), st.integers(7, 60), st.integers(4, 500), st.integers(5, 12), st.integers(8, 12))
def test_columns_never_take_more_than_the_terminal(
    width: int, service: int, tree: int, start: int, duration: int
) -> None:
    share = layout(width, service=service, tree=tree, start=start, duration=duration)
    columns = [share.service, share.tree, share.start, share.duration, share.bar]

    assert sum(column + GAP for column in columns if column) - GAP <= width
    assert share.tree >= min(tree, 14)
    assert share.duration == duration


def test_a_bar_takes_what_names_leave_over() -> None:
    assert layout(80, service=10, tree=20, start=8, duration=8).bar == 80 - 12 - 22 - 10 - 10
    assert layout(300, service=10, tree=20, start=8, duration=8).bar == 80
    assert layout(80, service=10, tree=40, start=8, duration=8).bar == 0


def test_from_100_cells_on_there_is_always_a_bar() -> None:
    share = layout(100, service=10, tree=400, start=8, duration=8)

    assert share.bar == 16
    assert share.tree == 100 - 12 - 10 - 10 - 18


def test_a_narrow_terminal_does_without_starts() -> None:
    assert layout(59, service=10, tree=20, start=8, duration=8).start == 0
    assert layout(60, service=10, tree=20, start=8, duration=8).start == 8
