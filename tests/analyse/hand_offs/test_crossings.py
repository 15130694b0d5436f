"""What counts as a hand-off, and between whom."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.analyse.hand_offs.handed import SENT, TAKEN, hand_off, hand_offs, ms
from tests.analyse.traces import at, id_of, name_of, span

from weft.model.hand_off import HandOff

AGENT = {"operation": "invoke_agent"}


def told(found: Sequence[HandOff]) -> list[tuple[str, str, str | None, str, str]]:
    """Kind, spans and agents of each."""
    return [
        (
            each.kind,
            name_of(each.from_span_id),
            None if each.to_span_id is None else name_of(each.to_span_id),
            each.from_agent,
            each.to_agent,
        )
        for each in found
    ]


def agent(name: str, parent: str | None, start: float, end: float, **more: Any) -> Any:
    return span(name, parent, start, end, kind="internal", work={**AGENT, "agent": name}, **more)


def test_client_server_and_agent_of_one_call_are_one_hand_off() -> None:
    found = hand_offs(
        span("run", None, 0, 100, kind="server"),
        span("call", "run", 10, 90, kind="client", work={**AGENT, "agent": "writer"}),
        span("POST", "call", 11, 89, kind="client"),
        span("execute", "POST", 12, 88, kind="server", service="writing"),
        agent("writer", "execute", 13, 87, service="writing"),
        span("chat", "writer", 14, 20, kind="client", service="writing", work={"operation": "chat"}),
    )
    assert told(found) == [("call", "POST", "execute", "orchestrator", "writer")]
    assert (found[0].from_service, found[0].to_service, found[0].relation) == (
        "orchestrator",
        "writing",
        "parent",
    )


def test_calls_of_models_and_databases_are_none() -> None:
    assert not hand_offs(
        agent("writer", None, 0, 100),
        span("chat", "writer", 1, 50, kind="client", work={"operation": "chat", "model": "m"}),
        span("POST", "chat", 2, 49, kind="client"),
        span("SELECT", "writer", 51, 60, kind="client"),
    )


def test_a_trace_without_kinds_has_a_call_where_the_process_changes() -> None:
    assert told(hand_offs(span("a"), span("b", "a", 1, 9, service="other"))) == [
        ("call", "a", "b", "orchestrator", "other")
    ]


def test_a_message_is_a_hand_off_and_its_reply_another() -> None:
    found = hand_offs(
        span("run", None, 0, 100, kind="internal"),
        span("send", "run", 10, 12, kind="producer"),
        span("work", "send", 20, 50, kind="consumer", service="writing"),
        agent("writer", "work", 21, 40, service="writing"),
        span("answer", "work", 41, 42, kind="producer", service="writing"),
        span("got", "answer", 45, 46, kind="consumer"),
    )
    assert told(found) == [
        ("message", "send", "work", "orchestrator", "writer"),
        ("message", "answer", "got", "writer", "orchestrator"),
    ]


def test_a_batch_is_handed_over_by_everybody_it_is_linked_to() -> None:
    found = hand_offs(
        span("run", None, 0, 100, kind="internal"),
        span("p1", "run", 10, 12, kind="producer"),
        span("p2", "run", 13, 14, kind="producer"),
        span("batch", None, 20, 50, kind="consumer", service="writing", links=["p1", "p2"]),
    )
    assert [(each.relation, name_of(each.from_span_id), each.to_span_id) for each in found] == [
        # The tree hangs it from the first one, and it is linked to it all the same.
        ("parent", "p1", id_of("batch")),
        ("link", "p2", id_of("batch")),
    ]


def test_a_link_to_what_is_above_says_nothing_more() -> None:
    found = hand_offs(
        span("run", None, 0, 100, kind="internal"),
        span("send", "run", 10, 12, kind="producer"),
        span("work", "send", 20, 50, kind="consumer", service="writing", links=["run", "send"]),
    )
    assert told(found) == [("message", "send", "work", "orchestrator", "writing")]


def test_a_link_to_the_receivers_own_surroundings_is_none() -> None:
    found = hand_offs(
        span("run", None, 0, 100, kind="internal"),
        span("send", "run", 10, 12, kind="producer"),
        span("serve", "run", 5, 100, kind="server", service="writing"),
        agent("loop", "serve", 6, 99, service="writing"),
        span("work", "send", 20, 50, kind="consumer", service="writing", links=["loop"]),
    )
    assert [each.relation for each in found] == ["parent", "parent"]


def test_a_call_of_an_agent_that_never_reported_is_told() -> None:
    found = hand_off(
        span("run", None, 0, 100),
        span("call", "run", 10, 90, kind="client", work={**AGENT, "agent": "writer"}),
        span("POST", "call", 11, 89, kind="client"),
    )
    assert told([found]) == [("call", "call", None, "orchestrator", "writer")]
    assert (found.relation, found.to_service) == ("none", "")
    assert {(each.ns, each.low_ns, each.high_ns) for each in found.parts} == {(None, 0, 80_000_000)}
    assert all("no span here" in each.evidence for each in found.parts)


def test_a_message_that_nobody_took_is_told() -> None:
    found = hand_off(span("run"), span("send", "run", 1, 2, kind="producer"))
    assert told([found]) == [("message", "send", None, "orchestrator", "")]


def test_a_message_to_oneself_is_none() -> None:
    assert not hand_offs(
        span("run"), span("send", "run", 1, 2, kind="producer"), span("work", "send", 3, 4, kind="consumer")
    )


def test_an_agent_that_another_one_runs_is_delegated_to() -> None:
    found = hand_offs(
        agent("boss", None, 0, 100), agent("writer", "boss", 10, 40), agent("boss2", "writer", 11, 12)
    )
    assert [(each.kind, each.from_agent, each.to_agent) for each in found] == [
        ("delegation", "boss", "writer"),
        ("delegation", "writer", "boss2"),
    ]


def test_an_item_of_a_queue_between_agents_of_one_process_is_a_message() -> None:
    queued = {"weft.propagation.carrier": "queue", SENT: at(10), TAKEN: at(35)}
    found = hand_off(agent("boss", None, 0, 100), agent("writer", "boss", 40, 60, attributes=queued))
    assert (found.kind, found.transport) == ("message", "queue")
    assert ms(found) == {"queue": (25, 25, 25), "start": (5, 5, 5), "work": (20, 20, 20)}
    # The same agent's own queue is no hand-off.
    assert not hand_offs(agent("boss", None, 0, 100), span("w", "boss", 40, 60, attributes=queued))


def test_a_span_of_handing_over_says_who_did() -> None:
    found = hand_offs(
        span("run", None, 0, 100, work={"operation": "invoke_workflow"}),
        agent("triage", "run", 10, 40),
        span("handoff", "triage", 38, 39, work={"operation": "handoff"}),
        agent("refunds", "run", 45, 90),
    )
    assert told(found) == [
        ("delegation", "run", "triage", "orchestrator", "triage"),
        ("delegation", "handoff", "refunds", "triage", "refunds"),
    ]
    assert [(each.ns, each.low_ns, each.high_ns) for each in found[1].parts[:1]] == [
        (6_000_000, 6_000_000, 7_000_000)
    ]


@pytest.mark.parametrize(
    ("attributes", "hosts", "kind"),
    [
        ({"weft.propagation.carrier": "environment", SENT: at(10)}, ("a", "a"), "spawn"),
        ({"weft.propagation.carrier": "task", SENT: at(10)}, (None, None), "spawn"),
        ({"weft.propagation.outcome": "continued", SENT: at(10)}, ("a", "a"), "call"),
        ({}, ("a", "a"), "spawn"),
        ({}, ("a", "b"), "call"),
    ],
)
def test_a_process_of_the_same_machine_without_a_request_was_started(
    attributes: dict[str, Any], hosts: tuple[str | None, str | None], kind: str
) -> None:
    found = hand_off(
        span("run", None, 0, 100, kind="internal", host=hosts[0]),
        span("child", "run", 30, 60, kind="internal", service="cli", host=hosts[1], attributes=attributes),
    )
    assert (found.kind, name_of(found.from_span_id)) == (kind, "run")


def test_all_that_a_started_process_does_is_one_hand_off_and_each_task_of_a_pool_its_own() -> None:
    started = {
        "weft.propagation.outcome": "continued",
        "weft.propagation.carrier": "task",
    }
    spans = [
        span("run", None, 0, 100, kind="internal"),
        span("one", "run", 30, 40, kind="internal", service="cli", attributes=started),
        span("two", "run", 50, 60, kind="client", service="cli"),
    ]
    (found,) = hand_offs(*spans)
    assert (name_of(found.to_span_id or ""), found.start_ns, found.end_ns) == ("one", at(30), at(60))
    again = span("three", "run", 70, 80, kind="internal", service="cli", attributes=started)
    assert [name_of(each.to_span_id or "") for each in hand_offs(*spans, again)] == ["one", "three"]


def test_what_the_tree_had_to_put_somewhere_is_no_hand_off() -> None:
    lost = span("lost", "gone", 10, 20, kind="server", service="other")
    assert not hand_offs(span("run", None, 0, 100), lost)
    sender = {"weft.propagation.sender.span_id": id_of("run")}
    known = span("lost", "gone", 10, 20, kind="server", service="other", attributes=sender)
    assert told(hand_offs(span("run", None, 0, 100), known)) == [
        ("call", "run", "lost", "orchestrator", "other")
    ]


def test_asking_a_human_is_an_approval_however_many_spans_it_has() -> None:
    found = hand_off(
        agent("writer", None, 0, 100),
        span("ask", "writer", 10, 90, work={"operation": "execute_tool", "tool": "ask_human"}),
        span("human_input", "ask", 11, 89),
    )
    assert told([found]) == [("approval", "writer", "ask", "writer", "human")]
    assert [(each.name, each.ns, each.high_ns) for each in found.parts] == [
        ("queue", None, 80_000_000),
        ("work", None, 80_000_000),
    ]


def test_they_come_by_their_start() -> None:
    found = hand_offs(
        span("run", None, 0, 100),
        span("late", "run", 50, 60, service="b", kind="server"),
        span("soon", "run", 10, 90, service="c", kind="server"),
        span("inner", "soon", 20, 30, service="d", kind="server"),
    )
    assert [name_of(each.to_span_id or "") for each in found] == ["soon", "inner", "late"]
