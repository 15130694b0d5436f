"""Tries of one hand-off."""

from typing import Any

import pytest
from tests.analyse.hand_offs.handed import hand_off, hand_offs
from tests.analyse.traces import at, name_of, span

from weft.model.hand_off import HandOff
from weft.model.span import Span

HERE = {"server.address": "writing", "server.port": 80}


def tries(found: HandOff) -> list[tuple[str, str | None, bool]]:
    return [
        (name_of(each.from_span_id), each.to_span_id and name_of(each.to_span_id), each.failed)
        for each in found.attempts
    ]


def root() -> Span:
    return span("run", None, 0, 100, kind="internal")


def call(
    name: str,
    start: float,
    *,
    error: bool = False,
    reached: bool = True,
    parent: str = "run",
    attributes: dict[str, Any] | None = None,
    service: str = "writing",
) -> list[Span]:
    status: Any = "error" if error else "unset"
    says = attributes or HERE
    spans = [
        span(name, parent, start, start + 10, kind="client", says="POST", status=status, attributes=says)
    ]
    if reached:
        spans.append(span(f"{name}s", name, start + 1, start + 9, kind="server", service=service))
    return spans


def test_a_retry_is_a_try_of_the_same_hand_off() -> None:
    found = hand_off(root(), *call("a", 0, error=True), *call("b", 20, error=True), *call("c", 40))
    assert tries(found) == [("a", "as", True), ("b", "bs", True), ("c", "cs", False)]
    assert (name_of(found.from_span_id), found.start_ns, found.end_ns) == ("c", at(0), at(50))
    assert not found.failed


def test_a_try_that_reached_nobody_is_one_too() -> None:
    found = hand_off(root(), *call("a", 0, error=True, reached=False), *call("b", 20))
    assert tries(found) == [("a", None, True), ("b", "bs", False)]
    last = hand_off(root(), *call("a", 0, error=True), *call("b", 20, error=True, reached=False))
    assert tries(last) == [("a", "as", True), ("b", None, True)]
    assert (last.relation, last.to_agent, last.to_service, last.failed) == (
        "none",
        "writing",
        "writing",
        True,
    )


def test_a_call_of_a_stranger_that_failed_is_none() -> None:
    elsewhere = call("a", 0, error=True, reached=False, attributes={"server.address": "api.example.com"})
    assert [tries(each) for each in hand_offs(root(), *elsewhere, *call("b", 20))] == [[("b", "bs", False)]]


def test_calling_again_after_success_is_another_hand_off() -> None:
    assert len(hand_offs(root(), *call("a", 0), *call("b", 20))) == 2


def test_calls_at_once_are_not_tries_of_one() -> None:
    assert len(hand_offs(root(), *call("a", 0, error=True), *call("b", 5))) == 2


def test_another_callee_is_another_hand_off() -> None:
    other = call("b", 20, attributes={"server.address": "review"}, service="review")
    assert len(hand_offs(root(), *call("a", 0, error=True), *other)) == 2
    nameless = call("b", 20, attributes={"x": 1}, service="review")
    assert len(hand_offs(root(), *call("a", 0, error=True, attributes={"x": 1}), *nameless)) == 2


def test_another_parent_is_another_hand_off() -> None:
    second = span("again", "run", 15, 90, kind="internal")
    assert len(hand_offs(root(), second, *call("a", 0, error=True), *call("b", 20, parent="again"))) == 2


@pytest.mark.parametrize("key", ["http.response.status_code", "http.status_code"])
def test_a_redirect_is_a_try(key: str) -> None:
    moved = {"url.full": "http://writing/execute", key: 307}
    there = {"url.full": "http://writing/v2/execute?again=1"}
    found = hand_off(root(), *call("a", 0, reached=False, attributes=moved), *call("b", 20, attributes=there))
    assert tries(found) == [("a", None, False), ("b", "bs", False)]


def test_a_resend_says_so_itself() -> None:
    again = {**HERE, "http.request.resend_count": 1}
    assert len(hand_off(root(), *call("a", 0), *call("b", 20, attributes=again)).attempts) == 2


def test_tries_below_one_call_of_an_agent_are_one_hand_off() -> None:
    calling = span("call", "run", 0, 60, kind="client", work={"operation": "invoke_agent", "agent": "writer"})
    found = hand_off(
        root(),
        calling,
        *call("a", 0, error=True, reached=False, parent="call"),
        *call("b", 20, error=True, parent="call"),
        *call("c", 40, parent="call"),
    )
    assert tries(found) == [("a", None, True), ("b", "bs", True), ("c", "cs", False)]


def test_a_message_that_is_delivered_again_is_one_hand_off() -> None:
    found = hand_off(
        root(),
        span("send", "run", 0, 1, kind="producer"),
        span("w1", "send", 10, 20, kind="consumer", service="writing", status="error"),
        span("w2", "send", 30, 40, kind="consumer", service="writing"),
    )
    assert tries(found) == [("send", "w1", True), ("send", "w2", False)]


def test_a_message_to_everybody_is_a_hand_off_to_each() -> None:
    found = hand_offs(
        root(),
        span("send", "run", 0, 1, kind="producer"),
        span("w1", "send", 10, 20, kind="consumer", service="writing"),
        span("w2", "send", 30, 40, kind="consumer", service="review"),
    )
    assert len(found) == 2


def test_an_agent_that_is_run_again_after_it_failed_is_one_hand_off() -> None:
    boss = span("run", None, 0, 100, work={"operation": "invoke_agent", "agent": "boss"})
    writer: dict[str, Any] = {
        "work": {"operation": "invoke_agent", "agent": "writer"},
        "says": "invoke_agent writer",
    }
    found = hand_off(
        boss, span("w1", "run", 10, 20, status="error", **writer), span("w2", "run", 30, 40, **writer)
    )
    assert tries(found) == [("run", "w1", True), ("run", "w2", False)]
    assert (found.start_ns, found.end_ns) == (at(10), at(40))
