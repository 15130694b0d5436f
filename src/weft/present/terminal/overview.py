"""Many explained traces on a page: agents, hand-offs, where errors began, clocks."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from weft.analyse.overview import AgentTotal, HandOffTotal, Overview, Times
from weft.model.hand_off import PartName
from weft.present.terminal.glyphs import Glyphs, glyphs
from weft.present.terminal.quantity import cost, count, duration, moment
from weft.present.terminal.table import Column, fitted

_ROWS: Final = 20  # of each table
_LONGEST_NAME: Final = 200
_PARTS: Final[tuple[PartName, ...]] = ("queue", "network", "start", "work", "reply")


class Window(Protocol):
    """How two clocks differed for a time: `weft.analyse.clocks.window.Window`."""

    @property
    def from_host(self) -> str:
        """The host whose clock is taken as right."""

    @property
    def to_host(self) -> str:
        """The host whose clock is compared."""

    @property
    def offset_ns(self) -> int:
        """The clock of the latter minus that of the former."""

    @property
    def bound_ns(self) -> int:
        """How far the truth may be from that."""


def render_overview(overview: Overview, windows: Sequence[Window]) -> "OverviewView":
    """Show many traces on a page.

    Args:
        overview: What they say. Nothing in it is trusted.
        windows: What was found out about their clocks.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return OverviewView(overview, windows)


class OverviewView:
    """An overview that rich can print at any width."""

    def __init__(self, overview: Overview, windows: Sequence[Window]) -> None:
        self._overview = overview
        self._windows = windows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        draw, width = glyphs(options.encoding), options.max_width
        yield from self._header(draw)
        for lines in (self._agents, self._hand_offs, self._errors, self._clocks):
            yield from lines(draw, width)

    def _header(self, draw: Glyphs) -> Iterator[Text]:
        seen = self._overview
        facts = Text().append(count(seen.traces, "trace"), "bold")
        median, most = (duration(seen.durations.quantile(share)) for share in (0.5, 0.95))
        between = f" {draw.between} "
        facts.append(f"{between}{count(seen.spans, 'span')}{between}")
        facts.append(draw.own(f"median {median}, 95 % within {most}") + between)
        facts.append(f"errors began in {seen.failed:,}", style="bold red" if seen.failed else "")
        yield facts
        yield Text(f"{moment(seen.start_ns)} to {moment(seen.until_ns)}", style="dim")
        if seen.repairs:
            repaired = ", ".join(f"{number:,} {kind}" for kind, number in sorted(seen.repairs.items()))
            yield Text(f"repaired: {repaired.replace('_', ' ')}", style="yellow")

    def _agents(self, draw: Glyphs, width: int) -> Iterator[Text]:
        agents = sorted(self._overview.agents.items(), key=_most_path)
        shown = [agent for _, agent in agents[:_ROWS]]
        whole = self._overview.path_ns or 1
        columns = [
            _names("agent", [name for name, _ in agents[:_ROWS]], draw),
            Column("traces", [f"{agent.traces:,}" for agent in shown]),
            Column("spans", [f"{agent.spans:,}" for agent in shown]),
            Column("critical path", [f"{100 * agent.path_ns / whole:.0f} %" for agent in shown]),
            Column(
                "errors begun",
                [f"{agent.origins:,}" if agent.origins else "" for agent in shown],
                style="bold red",
            ),
            Column("tokens", [_number(agent.usage.tokens.total) for agent in shown]),
            Column("cost", [cost(agent.usage) for agent in shown]),
        ]
        yield from fitted(columns, width, draw)
        yield from _more(len(agents), "agent")

    def _hand_offs(self, draw: Glyphs, width: int) -> Iterator[Text]:
        edges = sorted(self._overview.hand_offs.items(), key=_most_often)
        shown = [total for _, total in edges[:_ROWS]]
        if not shown:
            return
        arrow = "→" if draw.encoding == "utf-8" else "->"
        columns = [
            _names("hand-off", [f"{one} {arrow} {other}" for (one, other, _), _ in edges[:_ROWS]], draw),
            Column("kind", [kind for (_, _, kind), _ in edges[:_ROWS]], left=True),
            Column("count", [f"{total.count:,}" for total in shown]),
            Column("failed", [_number(total.failed) for total in shown], style="bold red"),
            Column("retries", [_number(total.retries) for total in shown]),
            *(Column(part, [_times(total.parts.get(part), draw) for total in shown]) for part in _PARTS),
        ]
        yield from fitted(columns, width, draw)
        yield from _more(len(edges), "hand-off")
        yield Text("of each part: median, and what 95 % stay within, where the evidence tells", style="dim")

    def _errors(self, draw: Glyphs, width: int) -> Iterator[Text]:
        origins = self._overview.origins.most_common(_ROWS)
        if not origins:
            return
        columns = [
            _names("error began in", [agent for (agent, _), _ in origins], draw),
            Column("times", [f"{number:,}" for _, number in origins]),
            Column("reason", [draw.say(reason, _LONGEST_NAME) for (_, reason), _ in origins], left=True),
        ]
        yield from fitted(columns, width, draw, flexible="reason")
        yield from _more(len(self._overview.origins), "reason")

    def _clocks(self, draw: Glyphs, width: int) -> Iterator[Text]:
        groups = _agreeing(self._windows)
        apart: dict[tuple[str, str], list[Window]] = {}
        for window in self._windows:
            pair = groups[window.from_host][0], groups[window.to_host][0]
            if pair[0] < pair[1]:
                apart.setdefault(pair, []).append(window)
        if not apart:
            return
        shown = list(apart.items())[:_ROWS]
        columns = [
            _names("clock of", [_and_others(groups[other]) for (_, other), _ in shown], draw),
            _names("against", [_and_others(groups[one]) for (one, _), _ in shown], draw),
            Column("least", [_signed(min(window.offset_ns for window in own), draw) for _, own in shown]),
            Column("most", [_signed(max(window.offset_ns for window in own), draw) for _, own in shown]),
            Column(
                "within", [draw.own(duration(min(window.bound_ns for window in own))) for _, own in shown]
            ),
        ]
        yield from fitted(columns, width, draw)
        yield from _more(len(apart), "pair")


def _agreeing(windows: Sequence[Window]) -> dict[str, list[str]]:
    """For each host those whose clocks agree with its own, itself among them, in alphabetical order."""
    groups: dict[str, list[str]] = {}
    differ = {(window.from_host, window.to_host) for window in windows if window.offset_ns}
    for host in sorted({host for window in windows for host in (window.from_host, window.to_host)}):
        groups[host] = [host]
    for window in windows:
        pair = window.from_host, window.to_host
        one, other = (groups[host] for host in pair)
        if one is not other and pair not in differ:
            one[:] = sorted(one + other)
            groups |= dict.fromkeys(other, one)
    return groups


def _and_others(hosts: Sequence[str]) -> str:
    return hosts[0] if len(hosts) == 1 else f"{hosts[0]} and {len(hosts) - 1} more"


def _names(head: str, names: Sequence[str], draw: Glyphs) -> Column:
    return Column(head, [draw.say(name, _LONGEST_NAME) for name in names], left=True)


def _more(number: int, noun: str) -> Iterator[Text]:
    if number > _ROWS:
        yield Text(f"and {count(number - _ROWS, noun)} more", style="dim")


def _most_path(item: tuple[str, AgentTotal]) -> tuple[int, int, str]:
    return -item[1].path_ns, -item[1].spans, item[0]


def _most_often(item: tuple[tuple[str, str, str], HandOffTotal]) -> tuple[int, tuple[str, str, str]]:
    return -item[1].count, item[0]


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _times(times: Times | None, draw: Glyphs) -> str:
    if not times:
        return ""
    return draw.own(", ".join(duration(times.quantile(share)) for share in (0.5, 0.95)))


def _signed(ns: int, draw: Glyphs) -> str:
    return draw.own(("+" if ns > 0 else "") + duration(ns))
