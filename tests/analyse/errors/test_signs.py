"""What counts as a failure."""

from dataclasses import replace
from typing import Any

import pytest
from tests.analyse.errors.found import raised, roles
from tests.analyse.traces import at, span

from weft.analyse.errors.signs import reason_of, sign_of
from weft.model.span import Span

TOOL = {"operation": "execute_tool", "tool": "search"}


@pytest.mark.parametrize(
    ("kind", "attributes", "sort"),
    [
        ("server", {"http.response.status_code": 500}, "error"),
        ("server", {"http.response.status_code": 404}, None),
        ("client", {"http.response.status_code": 404}, "error"),
        ("client", {"http.status_code": "503"}, "error"),
        ("client", {"http.status_code": 504}, "timeout"),
        ("client", {"http.status_code": 302}, None),
        ("client", {"http.status_code": "a lot"}, None),
        ("client", {"rpc.grpc.status_code": 0}, None),
        ("client", {"rpc.grpc.status_code": 4}, "timeout"),
        ("client", {"rpc.grpc.status_code": 1}, "cancellation"),
        ("client", {"rpc.response.status_code": "UNAVAILABLE"}, "unreachable"),
        ("client", {"rpc.response.status_code": "-32603"}, "error"),
        ("client", {"rpc.grpc.status_code": 5}, "error"),
        ("server", {"rpc.grpc.status_code": 5}, None),
        ("server", {"rpc.grpc.status_code": 13}, "error"),
        ("client", {"rpc.jsonrpc.error_code": -32000}, "error"),
        ("internal", {"error.type": "tool_error"}, "error"),
        ("internal", {"error": True}, "error"),
        ("internal", {"error": "false"}, None),
        ("internal", {"mcp.result.isError": True}, "error"),
        ("internal", {"langfuse.observation.level": "ERROR"}, "error"),
        ("internal", {"a2a.task.state": "TASK_STATE_FAILED"}, "error"),
        ("internal", {"gen_ai.response.finish_reasons": '["error"]'}, "error"),
        ("internal", {"gen_ai.response.finish_reasons": '["stop"]'}, None),
        ("internal", {"weft.outcome": "cancelled"}, "cancellation"),
        ("internal", {"weft.outcome": "closed"}, "cancellation"),
        ("internal", {"gen_ai.tool.call.result": '{"isError": true, "content": []}'}, "error"),
        ("internal", {"gen_ai.tool.call.result": '{"isError": false}'}, None),
        ("internal", {"gen_ai.request.model": "qwen3"}, None),
    ],
)
def test_codes_and_words_are_signs(kind: Any, attributes: dict[str, Any], sort: str | None) -> None:
    sign = sign_of(span("one", kind=kind, attributes=attributes, work=TOOL))
    assert (sign.sort if sign else None) == sort


@pytest.mark.parametrize(
    ("type_name", "message", "sort"),
    [
        ("ValueError", "no such page", "error"),
        ("TimeoutError", "", "timeout"),
        ("httpx.ReadTimeout", "", "timeout"),
        ("subprocess.TimeoutExpired", "Command 'x' timed out after 2 seconds", "timeout"),
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", "timeout"),
        ("queue.Empty", "", "timeout"),
        ("AgentFailed", "writing-agent: no reply within 120 s", "timeout"),
        ("asyncio.exceptions.CancelledError", "", "cancellation"),
        ("AbortError", "The operation was aborted", "cancellation"),
        ("httpx.ConnectError", "[Errno 111] Connection refused", "unreachable"),
        ("concurrent.futures.process.BrokenProcessPool", "A process was terminated abruptly", "unreachable"),
        ("AgentFailed", "checker ended with exit code -9", "unreachable"),
        ("ConnectionError", "the request timed out", "timeout"),
        ("java.net.SocketTimeoutException", "Read timed out", "timeout"),
    ],
)
def test_the_sort_of_a_failure_is_told_by_its_type_and_its_words(
    type_name: str, message: str, sort: str
) -> None:
    sign = sign_of(span("one", **raised(message, type_name)))
    assert sign is not None
    assert (sign.sort, sign.type, sign.message) == (sort, type_name, message)


def test_a_broken_connection_means_to_a_server_that_its_caller_has_gone() -> None:
    broken = raised("the peer has gone", "ConnectionResetError")
    server, client = (sign_of(span("one", kind=kind, **broken)) for kind in ("server", "client"))
    assert server is not None
    assert client is not None
    assert (server.sort, client.sort) == ("hang-up", "unreachable")


def test_a_server_that_answered_has_lost_another_connection_than_its_callers() -> None:
    broken = raised("the peer has gone", "ConnectionResetError")
    broken["attributes"] = {"http.response.status_code": 500, "error.type": "ConnectionResetError"}
    assert roles(span("serve", kind="server", **broken)) == {"serve": "origin"}
    sign = sign_of(span("serve", kind="server", **broken))
    assert sign is not None
    assert sign.sort == "unreachable"


def test_a_lost_connection_that_nobody_is_the_reason_of_is_a_failure() -> None:
    broken = raised("the peer has gone", "ConnectionResetError")
    assert roles(span("root"), span("serve", "root", kind="server", **broken)) == {"serve": "origin"}


def test_what_went_wrong_is_read_from_the_last_exception_where_the_status_does_not_say() -> None:
    one = span(
        "one",
        status="error",
        events=[
            ("exception", {"exception.type": "KeyError", "exception.message": "caught before"}),
            ("exception", {"exception.type": "ValueError", "exception.message": "no such page"}),
            ("retry", {}),
        ],
    )
    sign = sign_of(one)
    assert sign is not None
    assert (sign.type, sign.message) == ("ValueError", "no such page")
    assert reason_of(one, sign) == "ValueError: no such page"


def test_a_span_that_says_that_all_is_well_is_believed_against_codes_and_exceptions() -> None:
    for attributes, events in (
        ({"http.response.status_code": 500}, ()),
        ({}, [("exception", {"exception.type": "KeyError", "exception.escaped": True})]),
    ):
        assert sign_of(span("one", kind="client", status="ok", attributes=attributes, events=events)) is None


def test_a_span_that_was_lost_has_failed() -> None:
    sign = sign_of(span("one", state="lost"))
    assert sign is not None
    assert sign.sort == "lost"


CAUGHT = [
    ("exception", {"exception.type": "KeyError", "exception.message": "tea", "exception.escaped": "False"})
]


def tool(end: float = 4, *, recorded: float = 1.5, **more: Any) -> Span:
    """A tool that recorded an exception and told of no failure; both times in milliseconds."""
    made = span("tool", "root", 1, end, work=TOOL, events=CAUGHT, **more)
    return replace(made, events=tuple(replace(event, time_ns=at(recorded)) for event in made.events))


def test_an_exception_that_was_caught_is_no_failure() -> None:
    assert roles(span("root", None, 0, 9), tool()) == {}


def test_an_exception_that_a_span_ended_with_is_a_failure_whatever_is_said_of_its_escape() -> None:
    assert roles(span("root", None, 0, 9), tool(4, recorded=3.97)) == {"tool": "origin"}
    assert roles(span("root", None, 0, 9, events=CAUGHT)) == {"root": "origin"}


def test_an_exception_before_more_work_or_a_result_is_no_failure() -> None:
    root = span("root", None, 0, 9)
    assert roles(root, tool(4, recorded=3.5), span("cache", "tool", 3.6, 3.9)) == {}
    for tells in ({"gen_ai.tool.call.result": "tea"}, {"http.response.status_code": 404}):
        assert roles(root, tool(4, recorded=3.97, attributes=tells)) == {}
    assert roles(root, tool(4, recorded=3.97, state="open")) == {}


def test_an_exception_without_a_status_counts_where_it_escaped_or_the_span_above_speaks_of_it() -> None:
    assert roles(span("root", None, 0, 9, **raised("search gave an error", "Unusable")), tool()) == {
        "root": "passed_on tool",
        "tool": "origin",
    }
    assert roles(span("root", None, 0, 9, **raised("tea", "KeyError")), tool())["tool"] == "origin"
    assert roles(span("root", None, 0, 9, **raised("nothing to show")), tool())["tool"] == "origin"
    assert roles(
        span("root", None, 0, 9, **raised("nothing to show")), tool(), span("chat", "root", 5, 6)
    ) == {"root": "origin"}
    escaped = [("exception", {"exception.type": "KeyError", "exception.escaped": True})]
    early = replace(span("tool", "root", 1, 4, events=escaped), end_ns=at(8))
    assert roles(span("root", None, 0, 9), early) == {"tool": "origin"}


def test_an_exception_without_a_status_counts_where_the_same_was_done_again() -> None:
    assert roles(
        span("root", None, 0, 9),
        tool(says="search"),
        span("two", "root", 5, 6, says="search", work=TOOL),
    ) == {"tool": "recovered two"}
