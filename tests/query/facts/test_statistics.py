"""Facts as rows, and what SQL makes of them: by agent, by edge, in steps of time."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.query.house import EVER

from weft.model.edge_statistics import PartStatistics
from weft.model.explanation import AgentShare, Explanation
from weft.model.failure import Failure
from weft.model.hand_off import Attempt, HandOff, Part, PartName
from weft.model.segment import Segment, SegmentKind
from weft.model.span import Span
from weft.model.stretch import Stretch
from weft.model.usage import Usage
from weft.model.work import Tokens
from weft.query.facts.rows import Fact, rows
from weft.query.queries import Queries
from weft.store.store import Store

ROOT = f"{1:016x}"
NONE_KNOWN = PartStatistics(known=0, p50_ns=0, p95_ns=0, p99_ns=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def ask(store: Store) -> Queries:
    return Queries(store, lambda _: True)


def keep(store: Store, *facts: Fact) -> None:
    store.insert("trace_facts", rows(facts), "")


def fact(number: int, start_ns: int = 0, **told: Any) -> Fact:
    trace_id = f"{number:032x}"
    duration_ns = sum(segment.duration_ns for segment in told.get("critical_path", ()))
    explanation = Explanation(
        trace_id=trace_id, root_span_id=ROOT, start_ns=start_ns, duration_ns=duration_ns, **told
    )
    root = Span(
        trace_id=trace_id, span_id=ROOT, service="planner", name="plan", start_ns=start_ns, end_ns=start_ns
    )
    return Fact(
        trace_id=trace_id,
        received_s=1_795_615_402,
        start_ns=start_ns,
        spans=3,
        explanation=explanation,
        spans_by_id={ROOT: root},
    )


def within(start_ns: int, end_ns: int, **more: int) -> Stretch:
    return Stretch(start_ns=start_ns, end_ns=end_ns, **more)


def share(ns: int, kind: SegmentKind = "own", **more: Any) -> AgentShare:
    return AgentShare(services=(), spans=2, path_ns={kind: ns}, **more)


def hand_off(
    to_agent: str = "writer", start_ns: int = 0, failed: bool = False, tries: int = 1, **ns: int
) -> HandOff:
    attempt = Attempt(from_span_id=ROOT, to_span_id=None, start_ns=0, end_ns=1, failed=failed)
    names: dict[str, PartName] = {name: name for name in ("queue", "network", "start", "work", "reply")}  # type: ignore[misc]
    return HandOff(
        kind="call",
        transport="http",
        relation="parent",
        from_span_id=ROOT,
        to_span_id=None,
        from_agent="planner",
        to_agent=to_agent,
        from_service="a",
        to_service="b",
        start_ns=start_ns,
        end_ns=start_ns + 1,
        parts=tuple(
            Part(name=names[name], ns=value, low_ns=0, high_ns=None, evidence="")
            for name, value in ns.items()
        ),
        attempts=(attempt,) * tries,
        failed=failed,
    )


def test_agents_are_summed_up_over_traces(store: Store, ask: Queries) -> None:
    usage = Usage(Tokens(input=10, output=1), 0.5, 1)
    keep(
        store,
        fact(1, agents={"planner": share(100), "writer": share(400, "model", usage=usage, origins=1)}),
        fact(2, agents={"planner": share(200, "queue")}),
        fact(3, start_ns=10**18, agents={"planner": share(900)}),
    )
    writer, planner = ask.agents(within(0, 10))
    assert (writer.agent, writer.traces, writer.spans, writer.origins) == ("writer", 1, 2, 1)
    assert (writer.input_tokens, writer.output_tokens, writer.cost, writer.unpriced) == (10, 1, 0.5, 1)
    assert (planner.agent, planner.traces, planner.path_p50_ns, planner.path_p95_ns) == (
        "planner",
        2,
        200,
        200,
    )
    assert (planner.path_ns["own"], planner.path_ns["queue"], planner.cost) == (100, 200, None)
    assert planner.from_ns is None
    assert [agent.agent for agent in ask.agents(within(0, EVER, limit=1))] == ["planner"]


def test_the_share_is_of_the_critical_paths_of_the_traces_of_the_agent(store: Store, ask: Queries) -> None:
    def path(agent: str, start_ns: int, end_ns: int) -> Segment:
        return Segment(span_id=ROOT, start_ns=start_ns, end_ns=end_ns, kind="own", agent=agent)

    both = {"planner": share(25), "writer": share(75)}
    keep(
        store,
        fact(1, critical_path=(path("planner", 0, 25), path("writer", 25, 100)), agents=both),
        fact(2, critical_path=(path("planner", 0, 100),), agents={"planner": share(100)}),
    )
    assert {agent.agent: agent.share for agent in ask.agents(within(0, 10))} == {
        "planner": 0.625,
        "writer": 0.75,
    }


def test_agents_are_told_in_steps_of_time(store: Store, ask: Queries) -> None:
    keep(
        store,
        *[fact(number, start_ns=at, agents={"a": share(1)}) for number, at in enumerate((5, 9, 10, 31))],
    )
    steps = ask.agents(within(0, 100, every_ns=10))
    assert [(step.from_ns, step.traces) for step in steps] == [(0, 2), (10, 1), (30, 1)]


def test_edges_say_how_long_each_part_took_where_it_is_known(store: Store, ask: Queries) -> None:
    known = [hand_off(queue=ns, network=7) for ns in range(1, 101)]
    keep(store, fact(1, hand_offs=(*known, hand_off(), hand_off(failed=True, tries=3))))
    [edge] = ask.edges(within(0, 10))
    assert (edge.from_agent, edge.to_agent, edge.transport) == ("planner", "writer", "http")
    assert (edge.hand_offs, edge.failed, edge.retried) == (102, 1, 1)
    assert edge.parts["queue"] == PartStatistics(known=100, p50_ns=51, p95_ns=96, p99_ns=100)
    assert edge.parts["network"] == PartStatistics(known=100, p50_ns=7, p95_ns=7, p99_ns=7)
    assert edge.parts["start"] == edge.parts["work"] == edge.parts["reply"] == NONE_KNOWN


def test_edges_are_told_by_agent_in_steps_and_the_most_frequent_first(store: Store, ask: Queries) -> None:
    often = [hand_off("writer", start_ns=at) for at in (1, 2, 11)]
    keep(store, fact(1, hand_offs=(*often, hand_off("critic"), hand_off("late", start_ns=99))))
    assert [edge.to_agent for edge in ask.edges(within(0, 50))] == ["writer", "critic"]
    assert [edge.to_agent for edge in ask.edges(within(0, 50, limit=1))] == ["writer"]
    assert [edge.to_agent for edge in ask.edges(within(0, 50), to_agent="critic")] == ["critic"]
    assert ask.edges(within(0, 50), from_agent="nobody") == []
    steps = ask.edges(within(0, 50, every_ns=10), to_agent="writer")
    assert [(step.from_ns, step.hand_offs) for step in steps] == [(0, 2), (10, 1)]


def test_newer_facts_of_a_trace_replace_all_that_older_ones_said(store: Store, ask: Queries) -> None:
    keep(store, fact(1, agents={"old": share(1)}, hand_offs=(hand_off("old"), hand_off("old"))))
    keep(store, fact(1, agents={"new": share(1)}, hand_offs=(hand_off("new"),)))
    assert [agent.agent for agent in ask.agents(within(0, 10))] == ["new"]
    assert [edge.to_agent for edge in ask.edges(within(0, 10))] == ["new"]


def test_origins_are_kept_with_where_and_why(store: Store) -> None:
    def failure(span_id: str, **more: Any) -> Failure:
        return Failure(span_id=span_id, agent="writer", reason="no " * 1000, **more)

    keep(store, fact(1, failures=(failure(ROOT, role="origin"), failure(f"{2:016x}", role="passed_on"))))
    [origin] = store.read("SELECT * FROM error_facts").to_pylist()
    assert (origin["span_id"].hex(), origin["agent"]) == (ROOT, "writer")
    assert (origin["service"], origin["span_name"]) == ("planner", "plan")
    assert origin["reason"] == ("no " * 1000)[:200]


numbers = st.integers(-(2**70), 2**70) | st.integers(0, 10)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
parts = st.builds(
    Part,
    name=st.sampled_from(["queue", "network", "start", "work", "reply"]),
    ns=st.none() | numbers,
    low_ns=numbers,
    high_ns=st.none() | numbers,
    evidence=st.just(""),
)
usages = st.builds(
    Usage,
    tokens=st.builds(Tokens, input=numbers, output=numbers),
    cost=st.none() | st.floats(),
    unpriced=numbers,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_analysis_says_becomes_rows(data: st.DataObject) -> None:
    """The times in a trace are the sender's word: no sum of them is too large to be kept."""
    facts = [
        fact(
            number,
            start_ns=abs(data.draw(numbers)),
            agents={
                data.draw(names): AgentShare(
                    services=(),
                    spans=1,
                    path_ns={"own": data.draw(numbers)},
                    origins=1,
                    usage=data.draw(usages),
                )
            },
            hand_offs=tuple(
                hand_off(data.draw(names), queue=data.draw(numbers))
                for _ in range(data.draw(st.integers(0, 3)))
            ),
        )
        for number in range(data.draw(st.integers(1, 4)))
    ]
    table = rows(facts)
    assert len(table) == len(facts)
    for column in table.column_names:
        if column.startswith("hand_offs."):
            assert [len(each) for each in table.column(column).to_pylist()] == [
                len(each.explanation.hand_offs) if each.explanation else 0 for each in facts
            ]


def test_the_statement_of_the_reference_runs(store: Store) -> None:
    text = (Path(__file__).parents[3] / "docs" / "reference" / "statistics.md").read_text()
    [statement] = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    keep(store, fact(1, hand_offs=(hand_off(queue=3_000_000),)))
    assert [row["ms"] for row in store.read(statement).to_pylist()] == [3.0]
