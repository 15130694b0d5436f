"""Checks who takes part, and in which order."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from weft.analyse.checks.check import Check, Violation
from weft.model.explanation import Explanation
from weft.model.span import Span
from weft.model.trace import Trace


def agents_in_order(*agents: str) -> Check:
    """These agents take part, and each begins before the next one does.

    An agent that is named twice begins twice: `planner, researcher, planner`. Others may take part too.

    Args:
        agents: Names of agents, or of services where spans name none.
    """

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:
        turns = _turns(trace, explanation)
        seen: Counter[str] = Counter()
        before: tuple[int, str] | None = None
        found = []
        for agent in agents:
            theirs = turns.get(agent, ())
            if seen[agent] >= len(theirs):
                times = f"to begin {_times(agents.count(agent))}" if theirs else "to take part"
                was = f"{_times(len(theirs))}" if theirs else f"only {_named(explanation)}"
                found.append(Violation(about=f"agent {agent}", expected=times, found=was))
                break
            span = theirs[seen[agent]]
            began = span.start_ns + explanation.shift_ns.get(span.span_id, 0)
            if before is not None and began < before[0]:
                found.append(
                    Violation(
                        about=f"agent {agent}",
                        expected=f"to begin after {before[1]}",
                        found=f"that it began {(before[0] - began) / 1e6:g} ms before",
                        span_id=span.span_id,
                    )
                )
            before = began, agent
            seen[agent] += 1
        return found

    return Check("agents", f"agents {', '.join(agents)} in this order", find)


def _turns(trace: Trace, explanation: Explanation) -> dict[str, Sequence[Span]]:
    """For each agent the spans with which it took over from another one, earliest first."""
    agent_of = explanation.agent_of
    turns: dict[str, list[Span]] = defaultdict(list)
    for node in trace.walk():
        agent = agent_of.get(node.span.span_id, "")
        above = None if node.parent is None else agent_of.get(node.parent.span.span_id)
        if agent != above:
            turns[agent].append(node.span)
    shift_ns = explanation.shift_ns
    for spans in turns.values():
        spans.sort(key=lambda span: span.start_ns + shift_ns.get(span.span_id, 0))
    return dict(turns)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _named(explanation: Explanation) -> str:
    names = list(explanation.agents)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
