"""One trace as a tree: a line a span, with its service, its start, its duration and its place in time."""

from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from weft.analyse.tree import without_copies
from weft.model.explanation import Explanation
from weft.model.trace import Node, Trace
from weft.present.terminal.explained import explained
from weft.present.terminal.fold import outline
from weft.present.terminal.glyphs import glyphs
from weft.present.terminal.header import header
from weft.present.terminal.lines import lines
from weft.present.terminal.marks import marks
from weft.present.terminal.palette import colours
from weft.present.terminal.quantity import count
from weft.present.terminal.row import cells, columns, heads, reasons, row

_SHORT: Final = 3  # lines of a message
_WHOLE: Final = 100


def render_trace(trace: Trace, explanation: Explanation | None = None, *, full: bool = False) -> "TraceView":
    """Show a trace as a tree, and below it what the analysis says of it.

    Args:
        trace: The trace. Nothing in it is trusted.
        explanation: What the analysis says; None for the tree alone.
        full: Show every span and whole messages, however long that gets.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return TraceView(trace, explanation, full=full)


class TraceView:
    """A trace that rich can print, at any width, in colour or not, with box characters or in ASCII."""

    def __init__(self, trace: Trace, explanation: Explanation | None, *, full: bool) -> None:
        if explanation and any(repair.kind == "duplicate" for repair in explanation.repairs):
            trace = without_copies(trace)
        self._trace = trace
        self._explanation = explanation
        self._full = full
        self._marks = marks(trace, explanation)
        self._begun = self._marks.begun
        self._shown = outline(trace, self._begun, full=full)
        self._colours = colours(explanation.agents if explanation else trace.services)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        trace, width = self._trace, options.max_width
        draw = glyphs(options.encoding)
        rows = [
            row(line, trace, self._marks, draw) for line in lines(self._shown, levels=max(2, width // 12))
        ]
        share = columns(rows, width)
        yield from header(trace, self._explanation, draw)
        yield Text()
        yield heads(share, self._marks)
        for each in rows:
            yield cells(each, share, marked=self._marks, colour=self._colours.get(each.who, ""), draw=draw)
            if isinstance(each.line.item, Node) and each.line.item in self._begun:
                most = _WHOLE if self._full else _SHORT
                yield from reasons(each, share, self._marks, draw, console, most=most)
        if folded := len(trace.spans) - self._shown.count:
            yield Text()
            yield Text(f"{count(folded, 'span')} folded; --full shows every one", style="dim")
        if self._explanation is not None:
            yield from explained(trace, self._explanation, width, draw, full=self._full)
