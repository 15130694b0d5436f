"""What many traces say together: a line an agent, or a line an edge between agents."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import PARTS, EdgeStatistics, PartStatistics
from weft.present.terminal.glyphs import Glyphs, glyphs
from weft.present.terminal.quantity import cost, count, duration, moment
from weft.present.terminal.table import Column, fitted

_LONGEST_NAME = 200

Draw = Callable[[Glyphs], list[Column]]


def render_agents(coverage: Coverage, agents: Sequence[AgentStatistics]) -> "StatisticsView":
    """Show what agents did.

    Args:
        coverage: What it rests on.
        agents: Agents, or their steps in time. Their names are not trusted.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return StatisticsView(coverage, lambda draw: _agents(agents, draw), "agent", "agents")


def render_edges(coverage: Coverage, edges: Sequence[EdgeStatistics]) -> "StatisticsView":
    """Show what became of hand-offs.

    Args:
        coverage: What it rests on.
        edges: Edges, or their steps in time. Their names are not trusted.

    Returns:
        Something that `rich.console.Console.print` prints.
    """
    return StatisticsView(
        coverage,
        lambda draw: _edges(edges, draw),
        "from",
        "hand-offs",
        "of each part: median and what 95 % stay within, over the hand-offs in which it is known",
    )


class StatisticsView:
    """A table that rich can print at any width, below a line that says what it rests on."""

    def __init__(
        self, coverage: Coverage, columns: Draw, flexible: str, things: str, legend: str = ""
    ) -> None:
        self._coverage, self._columns, self._flexible = coverage, columns, flexible
        self._things, self._legend = things, legend

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines one by one."""
        draw = glyphs(options.encoding)
        yield Text(rests_on(self._coverage), style="" if _whole(self._coverage) else "yellow")
        lines = list(fitted(self._columns(draw), options.max_width, draw, self._flexible))
        yield from lines
        if not lines:
            yield Text(f"no {self._things} found in that time; --since takes more of it")
        elif self._legend:
            yield Text(self._legend, style="dim")


def rests_on(coverage: Coverage) -> str:
    """Say of how many traces an answer speaks: `facts of 4,812 of 5,000 traces`."""
    said = f"facts of {coverage.explained:,} of {count(coverage.settled, 'trace')}"
    left = coverage.settled - coverage.explained - coverage.unexplained
    more = [f"{left:,} to come"] if left > 0 else []
    more += [f"{coverage.unexplained:,} too large to be explained"] if coverage.unexplained else []
    return f"{said} ({', '.join(more)})" if more else said


def _whole(coverage: Coverage) -> bool:
    return coverage.explained >= coverage.settled


def _agents(agents: Sequence[AgentStatistics], draw: Glyphs) -> list[Column]:
    return [
        *_steps([each.from_ns for each in agents]),
        _names("agent", (each.agent for each in agents), draw),
        Column("traces", [f"{each.traces:,}" for each in agents]),
        Column("spans", [f"{each.spans:,}" for each in agents]),
        Column("critical path", [f"{100 * each.share:.0f} %" for each in agents]),
        Column("median", [draw.own(duration(each.path_p50_ns)) for each in agents]),
        Column("95 %", [draw.own(duration(each.path_p95_ns)) for each in agents]),
        Column("errors begun", [_number(each.origins) for each in agents], style="bold red"),
        Column("tokens", [_number(each.input_tokens + each.output_tokens) for each in agents]),
        Column("cost", [cost(each) for each in agents]),
        Column("most time in", [_most(each) for each in agents], left=True),
    ]


def _edges(edges: Sequence[EdgeStatistics], draw: Glyphs) -> list[Column]:
    return [
        *_steps([each.from_ns for each in edges]),
        _names("from", (each.from_agent for each in edges), draw),
        _names("to", (each.to_agent for each in edges), draw),
        _names("over", (each.transport for each in edges), draw),
        Column("count", [f"{each.hand_offs:,}" for each in edges]),
        Column("failed", [_share(each.failed, each.hand_offs) for each in edges], style="bold red"),
        Column("retried", [_share(each.retried, each.hand_offs) for each in edges]),
        *(Column(part, [_times(each.parts[part], each.hand_offs, draw) for each in edges]) for part in PARTS),
    ]


def _steps(from_ns: Sequence[int | None]) -> Iterator[Column]:
    moments = ["" if ns is None else moment(ns) for ns in from_ns]
    # A step is told once, above all that belongs to it.
    told = [text if place == 0 or moments[place - 1] != text else "" for place, text in enumerate(moments)]
    if any(told):
        yield Column("time", told, left=True, style="dim")


def _names(head: str, names: Iterator[str], draw: Glyphs) -> Column:
    return Column(head, [draw.say(name, _LONGEST_NAME) for name in names], left=True)


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _share(number: int, whole: int) -> str:
    return f"{100 * number / whole:.1f} %" if number else ""


def _most(agent: AgentStatistics) -> str:
    """What most of an agent's time on critical paths went to."""
    kind, ns = max(agent.path_ns.items(), key=lambda item: item[1])
    whole = sum(agent.path_ns.values())
    return f"{kind} {100 * ns / whole:.0f} %" if whole else ""


def _times(part: PartStatistics, whole: int, draw: Glyphs) -> str:
    if not part.known:
        return ""
    times = f"{duration(part.p50_ns)}, {duration(part.p95_ns)}"
    return draw.own(times if part.known == whole else f"{times} of {part.known:,}")
