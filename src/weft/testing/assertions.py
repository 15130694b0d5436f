"""Assertions on traces. A message says what was expected and what is, and shows the tree."""

import time
from collections.abc import Iterable, Sequence
from typing import Final

from weft.analyse.checks.check import Check
from weft.analyse.checks.connection import no_orphans, one_root
from weft.analyse.checks.errors import no_error_origin, no_loops
from weft.analyse.checks.limits import cost_below, no_hand_off_above, spans_at_least, tokens_below
from weft.analyse.checks.order import agents_in_order
from weft.analyse.checks.verdict import Verdict
from weft.analyse.clocks.learner import learn
from weft.analyse.explain import explain
from weft.analyse.usage.published import PUBLISHED
from weft.analyse.usage.rate import NO_PRICES, Prices
from weft.model.trace import Trace
from weft.present.plain import plain_tree
from weft.testing.traces import Traces

Checked = Traces | Trace | Iterable[Trace]
"""What assertions take: traces that were caught, one trace, or several."""

_POLL_S: Final = 0.1
_LISTED: Final = 10  # violations in a message


def expect(
    traces: Checked, *checks: Check, only_one: bool = False, prices: Prices = NO_PRICES
) -> list[Trace]:
    """Check traces; there has to be one at least.

    Args:
        traces: What to look at.
        checks: What each trace should be.
        only_one: Whether there should be one trace and no more.
        prices: What models cost, where spans do not say it.

    Returns:
        The traces.

    Raises:
        AssertionError: A trace is not as it should be, or there is none; with the tree.
    """
    __tracebackhide__ = True
    looked = traces if isinstance(traces, Traces) else _given(traces)
    until = time.monotonic() + looked.patience_s
    while True:
        over = time.monotonic() >= until
        found = looked.all()
        verdict = Verdict(checks, only_one=only_one)
        clocks = learn(found)
        for trace in found:
            verdict.add(trace, explain(trace, clocks, prices=prices))
        if verdict.ok:
            return found
        if over:
            raise AssertionError(_message(verdict, looked))
        time.sleep(_POLL_S)


def assert_one_trace(traces: Checked) -> Trace:
    """All spans are one trace, with one root and every parent there; returns it."""
    __tracebackhide__ = True
    return expect(traces, one_root(), no_orphans(), only_one=True)[0]


def assert_no_orphans(traces: Checked) -> None:
    """Every span's parent is in its trace."""
    __tracebackhide__ = True
    expect(traces, no_orphans())


def assert_agents(traces: Checked, *agents: str) -> None:
    """These agents take part and begin in this order; others may take part too."""
    __tracebackhide__ = True
    expect(traces, agents_in_order(*agents))


def assert_no_error_origin(traces: Checked) -> None:
    """No error begins in any span. What a retry or a fallback made good is no matter."""
    __tracebackhide__ = True
    expect(traces, no_error_origin())


def assert_no_hand_off_above(traces: Checked, seconds: float) -> None:
    """No hand-off waits longer than this before the work begins."""
    __tracebackhide__ = True
    expect(traces, no_hand_off_above(round(seconds * 1e9)))


def assert_no_loops(traces: Checked) -> None:
    """No tool is called with the same arguments again and again, and no agents hand a task back and forth."""
    __tracebackhide__ = True
    expect(traces, no_loops())


def assert_tokens_below(traces: Checked, tokens: int) -> None:
    """Each trace takes no more tokens than this, read and written."""
    __tracebackhide__ = True
    expect(traces, tokens_below(tokens))


def assert_cost_below(traces: Checked, dollars: float, prices: Prices = PUBLISHED) -> None:
    """Each trace costs no more than this, in US dollars.

    Published prices need `pip install genai-prices`; without them only costs that spans say are known.
    """
    __tracebackhide__ = True
    expect(traces, cost_below(dollars), prices=prices)


def assert_spans_at_least(traces: Checked, count: int) -> None:
    """Each trace has this many spans, or more."""
    __tracebackhide__ = True
    expect(traces, spans_at_least(count))


def _given(traces: Trace | Iterable[Trace]) -> Traces:
    given: Sequence[Trace] = [traces] if isinstance(traces, Trace) else list(traces)
    return Traces(lambda: given, where="what was given")


def _message(verdict: Verdict, looked: Traces) -> str:
    if not verdict.traces:
        return f"no spans in {looked.where}" + (f": {looked.hint}" if looked.hint else "")
    lines = []
    for check in verdict.checks:
        found = list(verdict.of(check))
        lines += [f"{check.words}: {violation}" for _, violation in found[:_LISTED]]
        if len(found) > _LISTED:
            lines.append(f"{check.words}: and {len(found) - _LISTED:,} more")
    trees = [plain_tree(trace, explanation, marked) for trace, explanation, marked in verdict.broken]
    return "\n\n".join(["\n".join(lines), *trees])
