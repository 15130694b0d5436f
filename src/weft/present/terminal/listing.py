"""Many traces as a list: a line a trace."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult

from weft.model.summary import TraceSummary
from weft.present.terminal.glyphs import Glyphs, glyphs
from weft.present.terminal.quantity import ago, moment, so_far
from weft.present.terminal.table import GAP, Column, rows

_WIDE: Final = 100  # cells from which times are absolute
_WIDEST: Final = 150  # cells from which ids are whole
_FROM: Final = {
    "spans": 70,
    "open": 80,
    "service": _WIDE,
    "services": _WIDEST,
}  # cells from which a column is shown
_SHORT_ID: Final = 12
_NARROWEST_ROOT: Final = 12


def render_list(summaries: Sequence[TraceSummary], *, now_ns: int) -> "ListView":
    """Show traces as a list.

    Args:
        summaries: The traces, in the order in which they are shown.
        now_ns: The time, nanoseconds since the Unix epoch: a narrow list says how long ago a trace started.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return ListView(summaries, now_ns)


class ListView:
    """A list of traces that rich can print at any width."""

    def __init__(self, summaries: Sequence[TraceSummary], now_ns: int) -> None:
        self._summaries = summaries
        self._now_ns = now_ns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        width, draw = options.max_width, glyphs(options.encoding)
        columns = self._columns(width, draw)
        others = sum(column.width + len(GAP) for column in columns if column.head != "root")
        root = next(column for column in columns if column.head == "root")
        yield from rows(columns, {"root": max(_NARROWEST_ROOT, min(root.width, width - others))}, draw)

    def _columns(self, width: int, draw: Glyphs) -> list[Column]:
        traces = self._summaries
        started = Column("started", [moment(each.start_ns) for each in traces], left=True)
        if width < _WIDE:
            started = Column("started", [ago(each.start_ns, self._now_ns) for each in traces], left=True)
        digits = 32 if width >= _WIDEST else _SHORT_ID
        columns = [
            started,
            Column("trace", [each.written_id[:digits] for each in traces], left=True, style="bold"),
            Column("root", [draw.say(each.root_name, 300) for each in traces], left=True),
            Column("service", [draw.fit(draw.say(each.root_service, 100), 24) for each in traces], left=True),
            Column("duration", [so_far(each.duration_ns, each.open > 0, draw) for each in traces]),
            Column("spans", [f"{each.spans:,}" for each in traces]),
            # Of all spans, those too that passed an error on: where it began takes an explanation.
            Column(
                "failed", [f"{each.errors:,}" if each.errors else "" for each in traces], style="bold red"
            ),
            Column("services", [f"{len(each.services):,}" for each in traces]),
            Column("open", [_open(each) for each in traces], left=True, style="yellow"),
        ]
        if not any(each.open or each.lost for each in traces):
            columns.pop()
        return [column for column in columns if width >= _FROM.get(column.head, 0)]


def _open(summary: TraceSummary) -> str:
    return f"{summary.lost:,} lost" if summary.lost else "running" if summary.open else ""
