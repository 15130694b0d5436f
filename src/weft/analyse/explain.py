"""A trace explained: the passes in their order, and what they found put together."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from weft.analyse.agents import name_agents
from weft.analyse.clocks.adjust import adjust
from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.critical_path.critical_path import find_critical_path
from weft.analyse.critical_path.saving import Savings
from weft.analyse.errors.failures import find_failures
from weft.analyse.hand_offs.hand_offs import find_hand_offs
from weft.analyse.loops.loops import find_loops
from weft.analyse.reading import Pass, Reading
from weft.analyse.tree import repair
from weft.analyse.usage.published import PUBLISHED
from weft.analyse.usage.rate import Prices
from weft.analyse.usage.usage import count_usage
from weft.model.explanation import AgentShare, Explanation
from weft.model.host_clock import HostClock
from weft.model.trace import Trace
from weft.model.usage import Usage, total

if TYPE_CHECKING:
    from weft.model.segment import SegmentKind


def passes(clocks: Clocks = NO_CLOCKS, prices: Prices = PUBLISHED) -> Sequence[Pass]:
    """Name the passes in their order."""
    return (
        partial(adjust, clocks=clocks),
        name_agents,
        find_hand_offs,
        find_failures,
        find_critical_path,
        count_usage(prices),
        find_loops,
    )


def read(trace: Trace, clocks: Clocks = NO_CLOCKS, *, prices: Prices = PUBLISHED) -> Reading:
    """Run every pass over a trace."""
    reading = Reading.of(trace, repair(trace))
    for step in passes(clocks, prices):
        reading = step(reading)
    return reading


def explain(
    trace: Trace, clocks: Clocks = NO_CLOCKS, *, prices: Prices = PUBLISHED, savings: int = 0
) -> Explanation:
    """Explain a trace.

    Args:
        trace: The trace, in whatever state it arrived; nothing in it is trusted.
        clocks: What was learned of the clocks of hosts, from this trace and others.
        prices: What models cost, where spans do not say it.
        savings: For how many of the spans that take most of the critical path to find out what less work
            would save; each takes a pass over the trace.
    """
    reading = read(trace, clocks, prices=prices)
    told = tell(reading)
    return replace(told, saves_ns=_savings(reading, savings)) if savings else told


def tell(reading: Reading) -> Explanation:
    """Put what was found together."""
    tree = reading.tree
    ids = [span.span_id for span in tree.spans]
    return Explanation(
        trace_id=reading.trace.trace_id,
        root_span_id=ids[0],
        start_ns=reading.start_ns[0],
        duration_ns=reading.end_ns[0] - reading.start_ns[0],
        tail_ns=max(0, max(reading.end_ns) - reading.end_ns[0]),
        agents=_shares(reading),
        agent_of=dict(zip(ids, reading.agents, strict=True)),
        critical_path=reading.critical_path,
        slack_ns=dict(zip(ids, reading.slack_ns, strict=True)),
        hand_offs=reading.hand_offs,
        failures=reading.failures,
        usage=reading.usage,
        inclusive={ids[index]: usage for index, usage in reading.inclusive.items()},
        loops=reading.loops,
        repairs=tree.repairs,
        shift_ns={ids[index]: shift for index, shift in enumerate(reading.shift_ns) if shift},
        host_clocks=_host_clocks(reading),
    )


def _host_clocks(reading: Reading) -> tuple[HostClock, ...]:
    """The hosts whose spans were shifted: all of a host alike."""
    found: dict[str, HostClock] = {}
    if any(reading.shift_ns):
        for span, shift_ns, bound_ns in zip(
            reading.tree.spans, reading.shift_ns, reading.bound_ns, strict=True
        ):
            if shift_ns and span.host is not None:
                found.setdefault(span.host, HostClock(span.host, -shift_ns, bound_ns))
    return tuple(found.values())


def _savings(reading: Reading, most: int) -> dict[str, int]:
    """What less work would save, for the spans that take most of the critical path."""
    on_path: Counter[str] = Counter()
    for segment in reading.critical_path:
        on_path[segment.span_id] += segment.duration_ns
    wanted = {span_id for span_id, _ in on_path.most_common(most)}
    known = Savings(reading)
    return {
        span.span_id: known.saving_ns(index)
        for index, span in enumerate(reading.tree.spans)
        if span.span_id in wanted
    }


def _shares(reading: Reading) -> dict[str, AgentShare]:
    agents = reading.agents
    begun = sorted(range(len(agents)), key=reading.start_ns.__getitem__)
    services: dict[str, list[str]] = {}
    for name, service in dict.fromkeys((agents[each], reading.tree.spans[each].service) for each in begun):
        services.setdefault(name, []).append(service)
    spans = Counter(agents)
    path: dict[str, dict[SegmentKind, int]] = defaultdict(dict)
    for _, start_ns, end_ns, kind, name in reading.critical_path:
        kinds = path[name]
        kinds[kind] = kinds.get(kind, 0) + end_ns - start_ns
    origins: dict[str, int] = {}
    for failure in reading.failures:
        if failure.role == "origin":
            origins[failure.agent] = origins.get(failure.agent, 0) + 1
    usage: dict[str, list[Usage]] = {name: [] for name in services}
    for index, used in reading.own.items():
        usage[agents[index]].append(used)
    # An agent that never reported has no span, and may yet be to blame or waited for.
    for name in (*path, *origins):
        services.setdefault(name, [])
    return {
        name: AgentShare(
            services=tuple(names),
            spans=spans[name],
            path_ns=path.get(name, {}),
            origins=origins.get(name, 0),
            usage=total(usage.get(name, ())),
        )
        for name, names in services.items()
    }
