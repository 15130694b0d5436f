"""A line of a trace's tree as a row of columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from weft.model.span import Span
from weft.model.trace import Node, Trace
from weft.present.terminal.bar import bar, layered
from weft.present.terminal.failure import reason
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.label import Label, label
from weft.present.terminal.layout import GAP, Layout, layout
from weft.present.terminal.lines import Line
from weft.present.terminal.marks import Marks
from weft.present.terminal.quantity import duration, so_far

_LONGEST_SERVICE: Final = 100  # characters of a service that are looked at
_LONGEST_REASON: Final = 10_000
_SERVICE: Final = "service"


@dataclass(frozen=True, slots=True)
class Row:
    """What the columns of a line say, before their width is known.

    Attributes:
        line: The line.
        label: Its place in the tree.
        who: The agent, or else the service, as the trace names it; empty for a line that is no span.
        who_text: The same as it is shown.
        start: When the span started, after the start of the trace.
        duration: How long it took, as far as is known.
    """

    line: Line
    label: Label
    who: str = ""
    who_text: str = ""
    start: str = ""
    duration: str = ""


def row(line: Line, trace: Trace, marked: Marks, draw: Glyphs) -> Row:
    """Say what the columns of a line hold.

    Args:
        line: The line.
        trace: The trace that it is part of.
        marked: What the analysis says of its spans.
        draw: The characters.
    """
    says = label(line, marked.roles, draw, growing=trace.open > 0)
    if not isinstance(line.item, Node):
        return Row(line, says)
    span = line.item.span
    who = marked.agents.get(span.span_id, span.service)
    start_ns = span.start_ns + marked.shifts.get(span.span_id, 0)
    return Row(
        line,
        says,
        who,
        draw.say(who, _LONGEST_SERVICE) or "(no name)",
        draw.own(duration(start_ns - marked.start_ns)),
        so_far(span.duration_ns, span.state != "ended", draw),
    )


HEADS: Final = ("span", "start", "duration")


def columns(rows: Sequence[Row], width: int) -> Layout:
    """Give every column the width that it needs, as far as the terminal goes."""
    return layout(
        width,
        service=max(len(_SERVICE), *(cell_len(each.who_text) for each in rows)),
        tree=max(len(HEADS[0]), *(each.label.width for each in rows if each.who_text)),
        start=max(len(HEADS[1]), *(len(each.start) for each in rows)),
        duration=max(len(HEADS[2]), *(len(each.duration) for each in rows)),
    )


def heads(share: Layout, marked: Marks) -> Text:
    """Name the columns."""
    tree, start, length = HEADS
    text = _left(Text("agent" if marked.agents else _SERVICE), share.service).append_text(
        _left(Text(tree), share.tree)
    )
    text = _numbers(text, start, length, share)
    text.stylize("dim")
    return text


def cells(row: Row, share: Layout, *, marked: Marks, colour: str, draw: Glyphs) -> Text:
    """Put the columns of a row together."""
    if not isinstance(row.line.item, Node):  # nothing stands to the right of what it says
        room = share.width - share.service - GAP
        return Text(" " * (share.service + GAP)).append_text(row.label.text(room, draw))
    span = row.line.item.span
    text = _left(Text().append(draw.fit(row.who_text, share.service), colour), share.service)
    text.append_text(_left(row.label.text(share.tree, draw), share.tree))
    _numbers(text, row.start, row.duration, share)
    if share.bar:
        text.append(" " * GAP).append(_bar(span, marked, share.bar, draw), colour)
    text.rstrip()
    return text


def reasons(
    row: Row, share: Layout, marked: Marks, draw: Glyphs, console: Console, *, most: int
) -> Iterator[Text]:
    """Write under the row of a failed span why it failed.

    Args:
        row: The row.
        share: The columns; the message starts in that of the tree and takes all to the right of it.
        marked: What the analysis says of the spans.
        draw: The characters.
        console: Where it will be printed.
        most: Lines that it may take.
    """
    assert isinstance(row.line.item, Node)
    indent = " " * (share.service + GAP)
    guides = row.line.continued(draw)
    room = max(10, share.width - len(indent) - len(guides))
    span = row.line.item.span
    why = marked.why.get(span.span_id) or reason(span)
    said = Text(draw.say(why, min(_LONGEST_REASON, room * most)))
    wrapped = [text.plain.rstrip() for text in said.wrap(console, room)]
    if len(wrapped) > most:
        wrapped[most - 1 :] = [draw.fit(f"{wrapped[most - 1]} {wrapped[most]}", room)]
    for text in wrapped:
        yield Text(indent).append(guides, "dim").append(text, "red")


def _bar(span: Span, marked: Marks, cells: int, draw: Glyphs) -> str:
    """Draw when a span ran; with an explanation, thick what is on the critical path and thin the rest."""
    edge_ns = marked.start_ns - marked.shifts.get(span.span_id, 0)
    stretch = span.start_ns - edge_ns, span.end_ns - edge_ns
    width_ns = marked.end_ns - marked.start_ns
    if not marked.agents:
        return bar(*stretch, width_ns, cells, draw)
    path = [
        (start_ns - marked.start_ns, end_ns - marked.start_ns)
        for start_ns, end_ns in marked.path.get(span.span_id, ())
    ]
    return layered(stretch, path, width_ns, cells, draw)


def _left(text: Text, cells: int) -> Text:
    text.no_wrap = True
    text.pad_right(cells + GAP - text.cell_len)
    return text


def _numbers(text: Text, start: str, length: str, share: Layout) -> Text:
    if share.start:
        text.append(start.rjust(share.start) + " " * GAP, "dim")
    return text.append(length.rjust(share.duration))
