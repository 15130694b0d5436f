"""What is done again and again."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.traces import MS, name_of, span, trace

from weft.analyse.agents import name_agents
from weft.analyse.loops.loops import find_loops
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.loop import Loop
from weft.model.span import Span


def loops(*spans: Span) -> tuple[Loop, ...]:
    made = trace(*spans)
    return find_loops(name_agents(Reading.of(made, repair(made)))).loops


def told(found: tuple[Loop, ...]) -> list[tuple[str, str, list[str]]]:
    return [(loop.kind, loop.what, [name_of(span_id) for span_id in loop.span_ids]) for loop in found]


def agent(
    name: str, says: str, parent: str | None = None, start: float = 0, end: float = 100, **more: Any
) -> Span:
    """A turn of the agent `says`."""
    return span(
        name, parent, start, end, work={"operation": "invoke_agent", "agent": says}, says=says, **more
    )


def tool(name: str, start: float, arguments: str = '{"q": 1}', parent: str = "root", **more: Any) -> Span:
    work = {"operation": "execute_tool", "tool": "search", "arguments": arguments}
    return span(name, parent, start, start + 1, work=work, says="execute_tool search", **more)


ROOT = agent("root", "planner")


def test_the_same_tool_with_the_same_arguments_is_a_loop() -> None:
    found = loops(ROOT, tool("a", 1), tool("x", 3, '{"q": 2}'), tool("b", 5), tool("c", 9))

    assert told(found) == [("same_call", "search", ["a", "b", "c"])]
    assert found[0].agents == ("planner",)
    assert found[0].duration_ns == 2 * MS


def test_twice_is_no_loop() -> None:
    assert loops(ROOT, tool("a", 1), tool("b", 5)) == ()


def test_the_order_of_arguments_does_not_matter() -> None:
    found = loops(
        ROOT, tool("a", 1, '{"q": 1, "n": 2}'), tool("b", 3, '{"n":2,"q":1}'), tool("c", 5, '{"q":1,"n":2}')
    )

    assert len(found) == 1


def test_the_names_of_spans_do_not_matter() -> None:
    spans = [replace(tool(f"t{n}", n), name=f"call {n}") for n in range(3)]

    assert len(loops(ROOT, *spans)) == 1


def test_arguments_that_nobody_recorded_are_not_the_same() -> None:
    assert loops(ROOT, *(tool(f"t{n}", n, "") for n in range(9))) == ()


def test_each_agent_has_its_own_calls() -> None:
    sub = agent("sub", "writer", "root")

    assert loops(ROOT, sub, tool("a", 1), tool("b", 3), tool("c", 5, parent="sub")) == ()


def test_a_call_that_two_instrumentations_saw_is_one_call() -> None:
    def seen(name: str, start: float, by: str, parent: str = "root") -> Span:
        return tool(name, start, parent=parent, attributes={"otel.scope.name": by})

    beside = [seen(f"{by}{n}", 4 * n, by) for n in range(2) for by in "xy"]
    inside = [
        one for n in range(2) for one in (seen(f"x{n}", 4 * n, "x"), seen(f"y{n}", 4 * n, "y", f"x{n}"))
    ]

    assert loops(ROOT, *beside) == ()
    assert loops(ROOT, *inside) == ()


@pytest.mark.parametrize("digested", ["outer", "inner"])
def test_a_call_that_one_of_two_instrumentations_digested_is_one_call(digested: str) -> None:
    def seen(name: str, start: float, by: str, parent: str = "root") -> Span:
        attributes = {"otel.scope.name": by}
        if by != digested:
            return tool(name, start, parent=parent, attributes=attributes)
        attributes["weft.tool.arguments_digest"] = "a90bb649b697e7e7"
        return tool(name, start, "a90bb649b697e7e7", parent, attributes=attributes)

    spans = [
        one
        for n in range(3)
        for one in (seen(f"o{n}", 4 * n, "outer"), seen(f"i{n}", 4 * n, "inner", f"o{n}"))
    ]

    assert told(loops(ROOT, *spans)) == [("same_call", "search", ["o0", "o1", "o2"])]


def test_a_tool_that_calls_itself_is_a_loop() -> None:
    found = loops(ROOT, tool("a", 1), tool("b", 1, parent="a"), tool("c", 1, parent="b"))

    assert told(found) == [("same_call", "search", ["a", "b", "c"])]


def test_a_server_of_tools_does_not_loop_besides() -> None:
    spans = [
        one
        for n in range(3)
        for one in (tool(f"c{n}", 4 * n), tool(f"s{n}", 4 * n, parent=f"c{n}", service="mcp"))
    ]

    assert [loop.agents for loop in loops(ROOT, *spans)] == [("planner",)]


def test_what_failed_and_was_tried_again_is_a_retry_and_no_other_loop() -> None:
    found = loops(ROOT, tool("a", 1, status="error"), tool("b", 5, status="error"), tool("c", 9))

    assert told(found) == [("retry", "search", ["a", "b", "c"])]
    assert found[0].duration_ns == 2 * MS


def test_what_succeeded_is_not_tried_again() -> None:
    assert loops(ROOT, span("a", "root", 1, 2, says="get"), span("b", "root", 3, 4, says="get")) == ()


@pytest.mark.parametrize(
    "other",
    [
        {"says": "put"},
        {"kind": "client"},
        {"attributes": {"url.full": "http://b"}},
        {"start": 1.5},
        {"work": {"model": "m"}},
    ],
)
def test_something_else_is_not_another_attempt(other: dict[str, Any]) -> None:
    more = {"says": "get", "start": 3, "attributes": {"url.full": "http://a"}, **other}
    first = span("a", "root", 1, 2, says="get", status="error", attributes={"url.full": "http://a"})

    assert loops(ROOT, first, span("b", "root", end=6, **more)) == ()


def test_a_success_ends_the_attempts() -> None:
    bad, good = {"says": "get", "status": "error"}, {"says": "get"}
    spans = [
        span(name, "root", n, n + 1, **kind)
        for n, (name, kind) in enumerate(zip("abcde", [bad, good, bad, bad, good], strict=True))
    ]

    assert told(loops(ROOT, *spans)) == [("retry", "get", ["a", "b"]), ("retry", "get", ["c", "d", "e"])]


def test_an_agent_that_is_called_back_while_it_waits_goes_back_and_forth() -> None:
    found = loops(ROOT, agent("b", "writer", "root", 1, 9), agent("c", "planner", "b", 2, 8))

    assert told(found) == [("ping_pong", "planner → writer", ["b", "c"])]
    assert found[0].agents == ("planner", "writer")
    assert found[0].duration_ns == 6 * MS


def test_the_answer_to_a_message_is_not_a_hand_over() -> None:
    spans = [
        agent("root", "planner", None, 0, 50, service="p"),
        agent("b", "writer", "root", 1, 9, service="w"),
        agent("c", "planner", "b", 10, 12, service="p", kind="consumer"),
    ]

    assert loops(*spans) == ()


def test_an_agent_that_waits_for_nothing_is_not_called_back() -> None:
    spans = [
        agent("root", "planner", None, 0, 5),
        agent("b", "writer", "root", 1, 30),
        agent("c", "planner", "b", 9, 20),
    ]

    assert loops(*spans) == ()


def test_messages_that_go_on_and_on_are_a_loop() -> None:
    names = ["root", "b", "c", "d", "e"]
    spans = [
        agent(
            name,
            ["planner", "writer"][n % 2],
            names[n - 1] if n else None,
            10 * n,
            10 * n + 5,
            kind="consumer",
        )
        for n, name in enumerate(names)
    ]

    assert told(loops(*spans)) == [("ping_pong", "planner → writer", ["b", "c", "d", "e"])]


def test_two_agents_in_turns_are_a_loop() -> None:
    turns = [agent(f"t{n}", ["writer", "critic"][n % 2], "root", 10 * n, 10 * n + 5) for n in range(4)]

    found = loops(ROOT, *turns)

    assert told(found) == [("ping_pong", "writer → critic", ["t0", "t1", "t2", "t3"])]
    assert found[0].duration_ns == 10 * MS


def test_turns_may_begin_behind_another_agent() -> None:
    (found,) = loops(
        ROOT, *(agent(f"t{n}", name, "root", 10 * n, 10 * n + 5) for n, name in enumerate("ABCBCB"))
    )

    assert (found.agents, found.count) == (("B", "C"), 5)


@pytest.mark.parametrize("order", ["ABAC", "ABA", "ABCABC", "AAAA", "AABBAB", "ABCB"])
def test_agents_that_do_not_alternate_are_no_loop(order: str) -> None:
    assert (
        loops(ROOT, *(agent(f"t{n}", name, "root", 10 * n, 10 * n + 5) for n, name in enumerate(order))) == ()
    )


def test_agents_at_work_at_the_same_time_do_not_take_turns() -> None:
    assert loops(ROOT, *(agent(f"t{n}", "AB"[n % 2], "root", n, 50 + n) for n in range(6))) == ()


def test_services_may_call_each_other_back() -> None:
    assert loops(span("a", service="x"), span("b", "a", service="y"), span("c", "b", service="x")) == ()


def test_loops_come_by_their_start() -> None:
    spans = [
        tool("a", 20),
        tool("b", 30),
        tool("c", 40),
        *(span(n, "root", s, s + 1, says="get", status="error") for n, s in (("d", 1), ("e", 50))),
    ]

    assert [loop.kind for loop in loops(ROOT, *spans)] == ["retry", "same_call"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.booleans(), st.integers(0, 9)), max_size=20
    ),
    st.text(max_size=9),
)
def test_a_loop_has_as_many_spans_as_it_says_and_never_lasts_longer_than_the_trace(
    shape: list[tuple[int, str, bool, int]], arguments: str
) -> None:
    spans = [ROOT]
    for n, (parent, name, failed, start) in enumerate(shape):
        more: dict[str, Any] = {"status": "error"} if failed else {}
        above = spans[parent % len(spans)].name if n else "root"
        work = {"operation": "execute_tool", "tool": name, "arguments": arguments, "agent": name}
        spans.append(
            span(f"s{n}", above if above != "planner" else "root", start, start + 3, work=work, **more)
        )

    for loop in loops(*spans):
        assert loop.count == len(loop.span_ids) == len(set(loop.span_ids)) > 1
        assert 0 <= loop.duration_ns <= 100 * MS
