"""Whom an origin is blamed on."""

from tests.analyse.errors.found import failures, raised
from tests.analyse.traces import span

REFUSED = raised("connection refused", "ConnectError")
WRITER = {"operation": "invoke_agent", "agent": "writer"}


def test_the_agent_at_work_is_to_blame() -> None:
    found = failures(
        span("root", None, 0, 9),
        span("writer", "root", 1, 5, work=WRITER),
        span(
            "post",
            "writer",
            2,
            4,
            kind="client",
            attributes={"server.address": "127.0.0.1"},
            status="error",
            status_message="ConnectError: connection refused",
        ),
    )
    assert found["post"].agent == "writer"


def test_an_agent_that_was_called_by_name_and_never_reported_is_to_blame() -> None:
    found = failures(
        span("root", None, 0, 9),
        span("call", "root", 1, 5, kind="client", work=WRITER, **REFUSED),
        span("post", "call", 2, 4, kind="client", **REFUSED),
    )
    assert found["post"].role == "origin"
    assert found["post"].agent == "writer"


def test_an_agent_that_only_its_reply_tells_of_is_to_blame() -> None:
    words = raised("RuntimeError: no such page", "AgentFailed")
    found = failures(
        span("flow", None, 0, 30, **words),
        span(
            "take",
            "flow",
            10,
            11,
            kind="consumer",
            **{**words, "attributes": {"weft.propagation.sender.agent": "writer"}},
        ),
    )
    assert found["take"].role == "origin"
    assert found["take"].agent == "writer"


def test_the_agent_that_answered_at_the_same_address_before_is_to_blame() -> None:
    where = {"server.address": "127.0.0.1", "server.port": 8001}
    failed = {"status": "error", "attributes": {**where, "error.type": "ConnectError"}}
    found = failures(
        span("root", None, 0, 30),
        span("one", "root", 1, 5, says="POST", kind="client", attributes=where),
        span("serve", "one", 2, 4, kind="server", service="writing-agent"),
        span("two", "root", 6, 9, says="POST again", kind="client", **failed),
    )
    assert found["two"].agent == "writing-agent"


def test_the_host_of_ones_own_network_is_to_blame_and_a_public_one_is_not() -> None:
    for host, blamed in (
        ("review-agent", "review-agent"),
        ("review.agents.svc.cluster.local", "review"),
        ("api.example.com", "orchestrator"),
        ("localhost", "orchestrator"),
        ("::1", "orchestrator"),
    ):
        about = {"server.address": host, "http.response.status_code": 500}
        found = failures(
            span("root", None, 0, 9), span("post", "root", 1, 2, kind="client", attributes=about)
        )
        assert found["post"].agent == blamed, host


def test_a_request_that_was_refused_is_the_callers_fault() -> None:
    about = {"server.address": "review-agent", "http.response.status_code": 422}
    found = failures(span("root", None, 0, 9), span("post", "root", 1, 2, kind="client", attributes=about))
    assert found["post"].agent == "orchestrator"


def test_a_database_is_no_agent() -> None:
    about = {"server.address": "postgres", "db.system.name": "postgresql", "error.type": "OperationalError"}
    found = failures(span("root", None, 0, 9), span("query", "root", 1, 2, kind="client", attributes=about))
    assert found["query"].agent == "orchestrator"
