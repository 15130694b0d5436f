"""Many traces as a list: a line a trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from weft.model.summary import TraceSummary
from weft.present.terminal.glyphs import Glyphs, glyphs
from weft.present.terminal.quantity import ago, moment, so_far

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
_GAP: Final = "  "


def render_list(summaries: Sequence[TraceSummary], *, now_ns: int) -> "ListView":
    """Show traces as a list.

    Args:
        summaries: The traces, in the order in which they are shown.
        now_ns: The time, nanoseconds since the Unix epoch: a narrow list says how long ago a trace started.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return ListView(summaries, now_ns)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.

    Attributes:
        head: Its name.
        texts: What stands in it, a text a trace.
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


class ListView:
    """A list of traces that rich can print at any width."""

    def __init__(self, summaries: Sequence[TraceSummary], now_ns: int) -> None:
        self._summaries = summaries
        self._now_ns = now_ns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        width, draw = options.max_width, glyphs(options.encoding)
        columns = self._columns(width, draw)
        others = sum(column.width + len(_GAP) for column in columns if column.head != "root")
        room = {column.head: column.width for column in columns}
        room["root"] = max(_NARROWEST_ROOT, min(room["root"], width - others))
        for row in range(-1, len(self._summaries)):
            line = Text(no_wrap=True)
            for column in columns:
                text = draw.fit(column.texts[row] if row >= 0 else column.head, room[column.head])
                blank = " " * (room[column.head] - cell_len(text))
                line.append(_GAP if line else "")
                line.append(
                    text + blank if column.left else blank + text, column.style if row >= 0 else "dim"
                )
            line.rstrip()
            yield line

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
            Column("services", [f"{len(each.services):,}" for each in traces]),
            Column(
                "errors", [f"{each.errors:,}" if each.errors else "" for each in traces], style="bold red"
            ),
            Column("open", [_open(each) for each in traces], left=True, style="yellow"),
        ]
        if not any(each.open or each.lost for each in traces):
            columns.pop()
        return [column for column in columns if width >= _FROM.get(column.head, 0)]


def _open(summary: TraceSummary) -> str:
    return f"{summary.lost:,} lost" if summary.lost else "running" if summary.open else ""
