"""Every span has an agent: its own, its ancestors', or its service."""

from tests.analyse.traces import name_of, span, trace

from weft.analyse.explain import read
from weft.model.span import Span


def agents(*spans: Span) -> dict[str, str]:
    """The agent of each span, by name."""
    reading = read(trace(*spans))
    names = [name_of(each.span_id) for each in reading.tree.spans]
    return dict(zip(names, reading.agents, strict=True))


def agent(name: str) -> dict[str, str]:
    """What the span of an agent says of its work."""
    return {"operation": "invoke_agent", "agent": name}


def test_an_agent_has_all_that_is_below_it_however_deep() -> None:
    chain = [span(f"s{n}", f"s{n - 1}" if n else "plan", n) for n in range(9)]

    found = agents(span("root"), span("plan", "root", work=agent("planner")), *chain)

    assert {found[f"s{n}"] for n in range(9)} == {"planner"}


def test_the_next_agent_takes_over() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("sub", "root", work=agent("helper")),
        span("tool", "sub", work={"operation": "execute_tool"}),
        span("own", "root", work={"operation": "chat"}),
    )

    assert found == {"root": "boss", "sub": "helper", "tool": "helper", "own": "boss"}


def test_another_process_is_another_agent_even_when_it_names_none() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("call", "root", kind="client"),
        span("serve", "call", service="search", kind="server"),
        span("inner", "serve", service="search"),
    )

    assert found == {"root": "boss", "call": "boss", "serve": "search", "inner": "search"}


def test_a_process_that_runs_one_agent_is_that_agent_from_its_first_span() -> None:
    found = agents(
        span("root"),
        span("serve", "root", service="svc", kind="server"),
        span("asgi", "serve", service="svc"),
        span("run", "asgi", service="svc", work=agent("researcher")),
    )

    assert found == {"root": "orchestrator", "serve": "researcher", "asgi": "researcher", "run": "researcher"}


def test_a_process_that_runs_several_agents_is_none_of_them() -> None:
    found = agents(
        span("root", work={"operation": "invoke_workflow", "workflow": "report"}),
        span("one", "root", work=agent("one")),
        span("two", "root", work=agent("two")),
    )

    assert found == {"root": "orchestrator", "one": "one", "two": "two"}


def test_a_workflow_is_more_than_its_one_agent() -> None:
    found = agents(
        span("root", work={"operation": "invoke_workflow"}), span("one", "root", work=agent("one"))
    )

    assert found["root"] == "orchestrator"


def test_a_call_of_a_remote_agent_is_the_callers() -> None:
    reading = read(
        trace(
            span("root", work=agent("boss")),
            span("ask", "root", kind="client", work=agent("writer")),
            span("post", "ask", kind="client"),
            span("serve", "post", service="writing", kind="server"),
            span("run", "serve", service="writing", work=agent("writer")),
        )
    )
    found = {each.name: reading.agents[i] for i, each in enumerate(reading.tree.spans)}
    called = {each.name: reading.callees[i] for i, each in enumerate(reading.tree.spans)}

    assert found == {"root": "boss", "ask": "boss", "post": "boss", "serve": "writer", "run": "writer"}
    assert called["ask"] == "writer"
    assert called["root"] == ""


def test_an_agent_in_this_process_is_no_call_though_some_instrumentations_say_client() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("run", "root", kind="client", work=agent("helper")),
        span("chat", "run", work={"operation": "chat"}),
    )

    assert found == {"root": "boss", "run": "helper", "chat": "helper"}


def test_an_answer_taken_up_further_down_is_the_agents_that_asked() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("send", "root", kind="producer"),
        span("work", "send", service="w", kind="consumer"),
        span("reply", "work", service="w", kind="producer"),
        span("got", "reply", kind="consumer"),
    )

    assert found["got"] == "boss"
    assert found["work"] == "w"


def test_making_an_agent_is_the_work_of_whoever_makes_it() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("make", "root", work={"operation": "create_agent", "agent": "helper"}),
    )

    assert found["make"] == "boss"


def test_a_callee_that_names_no_agent_has_the_name_that_its_caller_gives_it() -> None:
    found = agents(
        span("root", work=agent("boss")),
        span("ask", "root", kind="client", work=agent("remote")),
        span("post", "ask", kind="client"),
        span("serve", "post", service="svc", kind="server"),
        span("chat", "serve", service="svc", work={"operation": "chat"}),
    )

    assert found == {"root": "boss", "ask": "boss", "post": "boss", "serve": "remote", "chat": "remote"}
