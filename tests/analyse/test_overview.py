"""Many explanations in a few numbers."""

from random import Random

import pytest

from weft.analyse.overview import Overview, Times
from weft.model.explanation import AgentShare, Explanation
from weft.model.failure import Failure, Role
from weft.model.hand_off import Attempt, HandOff, Part
from weft.model.repair import Repair
from weft.model.usage import Usage
from weft.model.work import Tokens


def hand_off(*, failed: bool = False, attempts: int = 1, queue_ns: int | None = None) -> HandOff:
    part = Part(name="queue", ns=queue_ns, low_ns=0, high_ns=None, evidence="")
    tried = Attempt(from_span_id="a", to_span_id="b", start_ns=0, end_ns=1, failed=failed)
    return HandOff(
        kind="message",
        transport="redis",
        relation="parent",
        from_span_id="a",
        to_span_id="b",
        from_agent="planner",
        to_agent="writer",
        from_service="one",
        to_service="two",
        start_ns=0,
        end_ns=1,
        parts=(part,),
        attempts=(tried,) * attempts,
        failed=failed,
    )


def failure(role: Role) -> Failure:
    return Failure(span_id="a", agent="writer", role=role, reason="it is down" + " " * 1000)


def explanation(start_ns: int = 5, **fields: object) -> Explanation:
    agents = {
        "planner": AgentShare(services=("one",), spans=2, path_ns={"model": 30, "own": 10}),
        "writer": AgentShare(services=("two",), spans=1, path_ns={}, usage=Usage(Tokens(7, 1), 0.5)),
    }
    return Explanation(
        trace_id="a", root_span_id="b", start_ns=start_ns, duration_ns=40, agents=agents, **fields
    )  # type: ignore[arg-type] # any field


def test_agents_are_summed_up() -> None:
    seen = Overview()
    for start_ns in (9, 5, 7):
        seen.add(explanation(start_ns))

    assert (seen.traces, seen.spans, seen.path_ns) == (3, 9, 120)
    assert (seen.start_ns, seen.until_ns) == (5, 9)
    planner, writer = seen.agents["planner"], seen.agents["writer"]
    assert (planner.traces, planner.spans, planner.path_ns) == (3, 6, 120)
    assert writer.usage == Usage(Tokens(21, 3), 1.5)


def test_hand_offs_are_summed_up_by_who_and_how() -> None:
    seen = Overview()
    seen.add(explanation(hand_offs=(hand_off(queue_ns=10), hand_off(failed=True, attempts=3))))
    seen.add(explanation(hand_offs=(hand_off(queue_ns=30),)))
    [(edge, total)] = seen.hand_offs.items()

    assert edge == ("planner", "writer", "message")
    assert (total.count, total.failed, total.retries) == (3, 1, 2)
    assert total.parts["queue"].count == 2
    assert total.parts["queue"].quantile(0.95) == 29


def test_errors_are_counted_where_they_began() -> None:
    seen = Overview()
    seen.add(explanation(failures=(failure("origin"), failure("passed_on"))))
    seen.add(explanation(failures=(failure("recovered"),)))
    [((agent, reason), times)] = seen.origins.items()

    assert (agent, reason.strip(), times) == ("writer", "it is down", 1)
    assert len(reason) == 200
    assert seen.failed == 1


def test_repairs_are_counted_by_kind() -> None:
    seen = Overview()
    seen.add(explanation(repairs=(Repair(span_id="a", kind="cycle", reason=""),) * 2))

    assert seen.repairs == {"cycle": 2}


@pytest.mark.parametrize(
    ("ns", "median", "most"),
    [([], 0, 0), ([7], 7, 7), ([10, 20], 15, 20), ([3, 1, 2], 2, 3), (range(100), 49, 94)],
)
def test_quantiles(ns: list[int], median: int, most: int) -> None:
    times = Times()
    for each in ns:
        times.add(each)
    assert (times.quantile(0.5), times.quantile(0.95)) == (median, most)


def test_quantiles_of_very_many_are_nearly_theirs() -> None:
    times, many = Times(), list(range(50_000))
    Random(1).shuffle(many)
    for each in many:
        times.add(each)

    assert times.count == 50_000
    assert abs(times.quantile(0.5) - 25_000) < 1_500
    assert abs(times.quantile(0.95) - 47_500) < 750
