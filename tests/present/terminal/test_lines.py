"""The outline as lines with guides."""

from collections.abc import Callable

from weft.model.span import Span
from weft.model.trace import Node, Trace
from weft.present.terminal.fold import Outline, Repeats, outline
from weft.present.terminal.glyphs import ASCII, BOX
from weft.present.terminal.lines import lines

Make = Callable[..., Span]


def drawn(shown: Outline, levels: int = 10) -> list[str]:
    """Each line's guides, and what it shows in a word."""

    def word(item: object) -> str:
        return (
            item.span.name if isinstance(item, Node) else "repeats" if isinstance(item, Repeats) else "more"
        )

    return [line.indent(BOX) + word(line.item) for line in lines(shown, levels)]


def test_guides_lead_from_each_line_to_its_parent(span: Make) -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 2, 5: 4, 6: 1, 7: 6, 8: None}
    trace = Trace("1", [span(n, parent, n, name=str(n)) for n, parent in parents.items()])

    assert drawn(outline(trace, set(), full=True)) == [
        "1",
        "├─ 2",
        "│  ├─ 3",
        "│  └─ 4",
        "│     └─ 5",
        "└─ 6",
        "   └─ 7",
        "8",
    ]


def test_what_is_left_out_has_a_line_of_its_own(span: Make) -> None:
    trace = Trace("1", [span(1), span(2, 1, 1), span(3, 1, 2)])
    top = trace.roots[0]
    first, second = top.children
    shown = Outline()
    shown.below[None], shown.below[top] = [top], [first, second]
    shown.repeats[first] = Repeats(siblings=7, spans=7)
    shown.cut.update({top: 4, second: 2, None: 1})

    assert drawn(shown) == [
        "span 1",
        "├─ span 2",
        "├─ repeats",
        "├─ span 3",
        "│  └─ more",
        "└─ more",
        "more",
    ]


def test_outer_levels_become_a_number(span: Make) -> None:
    trace = Trace("1", [span(n, n - 1 or None, n, name=str(n)) for n in range(1, 7)])

    assert drawn(outline(trace, set(), full=True), levels=2) == [
        "1",
        "└─ 2",
        "   └─ 3",
        "      └─ 4",
        "+1       └─ 5",
        "+2       └─ 6",
    ]


def test_levels_that_are_left_out_between_are_counted(span: Make) -> None:
    trace = Trace("1", [span(n, n - 1 or None, n) for n in range(1, 6)])
    top = trace.roots[0]
    deep = list(trace.walk())[-1]
    shown = Outline()
    shown.below[None], shown.below[top] = [top], [deep]

    assert [line.skipped for line in lines(shown, 10)] == [0, 3]


def test_further_text_of_a_line_continues_its_guides(span: Make) -> None:
    trace = Trace("1", [span(1), span(2, 1, 1), span(3, 2, 2), span(4, 1, 3)])
    continued = [line.continued(ASCII) for line in lines(outline(trace, set(), full=True), 10)]

    assert continued == ["|  ", "|  |  ", "|     " + "   ", "      "]
