"""What carried a hand-off."""

from typing import Any

import pytest
from tests.analyse.hand_offs.handed import hand_off
from tests.analyse.traces import span


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"http.request.method": "POST"}, "http"),
        ({"http.url": "http://x/"}, "http"),
        ({"rpc.system": "grpc"}, "grpc"),
        ({"component": "gRPC"}, "grpc"),
        ({"messaging.system": "redis"}, "redis"),
        ({"celery.action": "run", "messaging.system": "redis"}, "celery"),
        ({"mcp.method.name": "tools/call", "http.request.method": "POST"}, "mcp"),
        ({"component": "x" * 100}, "x" * 40),
        ({}, ""),
    ],
)
def test_either_side_names_it(attributes: dict[str, Any], name: str) -> None:
    for sender, receiver in ((attributes, {}), ({}, attributes)):
        found = hand_off(
            span("c", None, 0, 9, kind="client", attributes=sender),
            span("s", "c", 1, 8, kind="server", service="other", attributes=receiver),
        )
        assert found.transport == name


@pytest.mark.parametrize(
    ("carrier", "name"), [("environment", "process"), ("process", "process"), ("task", "pool")]
)
def test_what_was_started_says_how(carrier: str, name: str) -> None:
    found = hand_off(
        span("run"), span("c", "run", 1, 8, service="cli", attributes={"weft.propagation.carrier": carrier})
    )
    assert found.transport == name


def test_another_thread_is_one() -> None:
    agent = {"operation": "invoke_agent", "agent": "a"}
    found = hand_off(
        span("run", work={**agent, "agent": "boss"}, attributes={"thread.id": 1}),
        span("a", "run", 1, 8, work=agent, attributes={"thread.id": 2}),
    )
    assert (found.kind, found.transport) == ("delegation", "thread")
