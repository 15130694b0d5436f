"""What a trace should be, and in which words it is not."""

from dataclasses import replace

import pytest
from tests.analyse.traces import MS, id_of, span, trace

from weft.analyse.checks.check import Check
from weft.analyse.checks.connection import no_orphans, one_root
from weft.analyse.checks.errors import no_error_origin, no_loops
from weft.analyse.checks.limits import (
    cost_below,
    no_hand_off_above,
    no_longer_than,
    spans_at_least,
    tokens_below,
)
from weft.analyse.checks.order import agents_in_order
from weft.analyse.explain import explain
from weft.model.explanation import Explanation
from weft.model.failure import Failure, Role
from weft.model.hand_off import HandOff, Part
from weft.model.span import Span
from weft.model.trace import Trace
from weft.model.usage import Usage
from weft.model.work import Tokens


def agent(name: str, parent: str | None = None, start: float = 0, says: str = "") -> Span:
    work = {"operation": "invoke_agent", "agent": says or name}
    return span(name, parent, start, start + 5, work=work)


WHOLE = trace(agent("planner"), agent("writer", "planner", 2), agent("critic", "planner", 4))
EXPLAINED = explain(WHOLE)


def found(check: Check, of: Trace = WHOLE, explanation: Explanation | None = None) -> list[str]:
    return [str(violation) for violation in check.find(of, explanation or explain(of))]


def test_a_trace_in_one_piece_passes() -> None:
    assert found(one_root()) == found(no_orphans()) == []


def test_a_second_root_is_not_one_trace() -> None:
    split = trace(agent("planner"), agent("writer", None, 2))

    assert found(no_orphans(), split) == []
    (said,) = found(one_root(), split)
    assert said == (
        f"span 'writer' of orchestrator ({id_of('writer')}): expected a parent, as all but "
        f"span 'planner' of orchestrator ({id_of('planner')}) have, found another root"
    )


def test_a_span_whose_parent_is_missing_is_an_orphan() -> None:
    split = trace(agent("planner"), agent("writer", "lost", 2))

    assert found(one_root(), split) == []
    (said,) = found(no_orphans(), split)
    assert said.endswith(f"expected its parent {id_of('lost')} in the trace, found no such span")


def test_a_span_below_itself_is_an_orphan() -> None:
    (said,) = found(no_orphans(), trace(agent("planner"), agent("a", "b", 1), agent("b", "a", 2)))

    assert said.endswith("found the span among its own descendants")


@pytest.mark.parametrize("names", [["planner", "writer", "critic"], ["planner", "critic"], ["writer"]])
def test_agents_in_their_order_pass(names: list[str]) -> None:
    assert found(agents_in_order(*names)) == []


def test_an_agent_that_began_too_early_is_named() -> None:
    assert found(agents_in_order("critic", "writer")) == [
        "agent writer: expected to begin after critic, found that it began 2 ms before"
    ]


def test_an_agent_that_took_no_part_is_named() -> None:
    assert found(agents_in_order("planner", "poet")) == [
        "agent poet: expected to take part, found only planner, writer, critic"
    ]


def test_an_agent_may_begin_twice() -> None:
    again = trace(agent("planner"), agent("w1", "planner", 2, "writer"), agent("w2", "planner", 6, "writer"))

    assert found(agents_in_order("planner", "writer", "writer"), again) == []
    assert found(agents_in_order("writer", "writer", "writer"), again) == [
        "agent writer: expected to begin 3 times, found 2 times"
    ]


def test_what_an_agent_does_is_no_new_beginning() -> None:
    whole = trace(agent("planner"), span("tool", "planner", 1, 2))

    assert found(agents_in_order("planner", "planner"), whole) == [
        "agent planner: expected to begin 2 times, found once"
    ]


def test_agents_are_compared_by_adjusted_clocks() -> None:
    moved = replace(EXPLAINED, shift_ns={id_of("critic"): -3 * MS})

    assert found(agents_in_order("critic", "writer"), WHOLE, moved) == []


@pytest.mark.parametrize(
    ("role", "count"), [("origin", 1), ("recovered", 0), ("passed_on", 0), ("symptom", 0)]
)
def test_only_where_an_error_began_matters(role: Role, count: int) -> None:
    failure = Failure(span_id=id_of("writer"), agent="writer", role=role, reason="out of ink")
    said = found(no_error_origin(), WHOLE, replace(EXPLAINED, failures=(failure,)))

    assert len(said) == count
    assert all(
        one.endswith("expected no error to begin here, found out of ink (agent writer)") for one in said
    )


def test_loops_are_told() -> None:
    tries = [span(f"try{n}", "root", n, n + 1, says="get", status="error") for n in range(3)]

    assert found(no_loops()) == []
    assert found(no_loops(), trace(span("root"), *tries)) == [
        "get of orchestrator: expected no repetition, found retry, 3 times, 2 ms"
    ]


def handed(*parts: Part) -> Explanation:
    one = HandOff(
        kind="message",
        transport="redis",
        relation="parent",
        from_span_id=id_of("planner"),
        to_span_id=id_of("writer"),
        from_agent="planner",
        to_agent="writer",
        from_service="p",
        to_service="w",
        start_ns=0,
        end_ns=0,
        parts=parts,
        attempts=(),
        failed=False,
    )
    return replace(EXPLAINED, hand_offs=(one,))


def part(name: str, ns: int | None, low_ns: int = 0) -> Part:
    return Part(name=name, ns=ns, low_ns=low_ns, high_ns=None, evidence="")  # type: ignore[arg-type]


def test_a_wait_is_all_that_passes_before_the_work() -> None:
    explanation = handed(part("queue", 300 * MS), part("network", None, 250 * MS), part("work", 9000 * MS))

    assert found(no_hand_off_above(550 * MS), WHOLE, explanation) == []
    (said,) = found(no_hand_off_above(500 * MS), WHOLE, explanation)
    assert said == (
        "hand-off planner → writer (redis): expected a wait of 500 ms at most, "
        "found 550 ms (queue 300 ms, network at least 250 ms)"
    )


def test_limits_of_the_whole() -> None:
    usage = replace(EXPLAINED, usage=Usage(Tokens(900, 200), 0.5, 0))

    assert found(no_longer_than(9 * MS)) == found(spans_at_least(3)) == []
    assert found(tokens_below(1100), WHOLE, usage) == found(cost_below(0.5), WHOLE, usage) == []
    told = [
        *found(no_longer_than(4 * MS)),
        *found(spans_at_least(4)),
        *found(tokens_below(1099), WHOLE, usage),
        *found(cost_below(0.4), WHOLE, usage),
    ]
    assert [one.split(": ")[1] for one in told] == [
        "expected 4 ms at most, found 5 ms",
        "expected 4 spans at least, found 3",
        "expected 1,099 tokens at most, found 1,100",
        "expected $0.4 at most, found $0.5",
    ]


def test_what_has_no_price_may_cost_anything() -> None:
    usage = replace(EXPLAINED, usage=Usage(Tokens(900, 200), 0.1, 2))

    (said,) = found(cost_below(1), WHOLE, usage)
    assert said.endswith("found $0.1 and 2 model calls whose price is not known")


def test_every_check_has_a_name_of_its_own() -> None:
    checks = [
        one_root(), no_orphans(), agents_in_order("a"), no_error_origin(), no_loops(), no_hand_off_above(1),
        no_longer_than(1), tokens_below(1), cost_below(1), spans_at_least(1),
    ]  # fmt: skip

    assert len({check.name for check in checks}) == len({check.words for check in checks}) == len(checks)
