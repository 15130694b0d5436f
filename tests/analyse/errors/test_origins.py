"""An error that comes up, is made good, or stays where it was caught."""

import pytest
from tests.analyse.errors.found import failures, raised, roles
from tests.analyse.traces import span

TOOL = {"operation": "execute_tool", "tool": "search"}
AGENT = {"operation": "invoke_agent", "agent": "researcher"}
BOOM = raised("no such page")
CHAT = {"operation": "chat", "model": "qwen3"}


def test_an_error_begins_in_the_innermost_span_that_it_passed() -> None:
    found = failures(
        span("root", None, 0, 100, **BOOM),
        span("agent", "root", 1, 90, work=AGENT, **BOOM),
        span("tool", "agent", 2, 80, work=TOOL, **BOOM),
    )
    assert {name: failure.role for name, failure in found.items()} == {
        "root": "passed_on",
        "agent": "passed_on",
        "tool": "origin",
    }
    assert found["tool"].agent == "researcher"
    assert found["tool"].reason == "RuntimeError: no such page"
    assert found["root"].because_of == found["agent"].because_of == found["tool"].span_id
    assert found["tool"].because_of is None


def test_an_exception_that_was_raised_from_another_one_is_explained_by_it() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("the report failed", "ReportError")),
        span("tool", "root", 2, 80, work=TOOL, **BOOM),
    ) == {"root": "passed_on tool", "tool": "origin"}


def test_a_failure_is_not_explained_by_one_that_was_caught_before_more_work() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("the draft is empty", "ValueError")),
        span("tool", "root", 2, 20, work=TOOL, **BOOM),
        span("chat", "root", 21, 80, work=CHAT),
    ) == {"root": "origin", "tool": "origin"}


def test_more_work_after_a_failure_does_not_matter_where_the_words_are_the_same() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("search: no such page", "ReportError")),
        span("tool", "root", 2, 20, work=TOOL, **BOOM),
        span("chat", "root", 21, 80, work=CHAT),
    ) == {"root": "passed_on tool", "tool": "origin"}


def test_a_failure_that_was_caught_is_an_origin_of_its_own() -> None:
    assert roles(
        span("root", None, 0, 100),
        span("agent", "root", 1, 90, work=AGENT),
        span("tool", "agent", 2, 80, work=TOOL, **BOOM),
    ) == {"tool": "origin"}


def test_a_failure_that_an_agent_below_caught_is_not_what_its_caller_failed_with() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("the draft is empty", "ValueError")),
        span("agent", "root", 1, 90, work=AGENT),
        span("tool", "agent", 2, 80, work=TOOL, **BOOM),
    ) == {"root": "origin", "tool": "origin"}


def test_a_failure_before_more_work_of_a_tool_is_not_what_the_tool_is_spoken_of_for() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("search answered with an error", "Unusable")),
        span("tool", "root", 2, 80, work=TOOL),
        span("get", "tool", 3, 10, kind="client", attributes={"http.response.status_code": 500}),
        span("read", "tool", 11, 20, kind="client"),
    ) == {"root": "origin", "get": "origin"}


def test_a_fallback_that_fails_is_a_try_as_well() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("the draft is empty", "ValueError")),
        span("first", "root", 1, 20, work=AGENT, **BOOM),
        span("then", "root", 21, 40, work={"operation": "invoke_agent", "agent": "generalist"}, **BOOM),
    ) == {"root": "passed_on then", "first": "symptom then", "then": "origin"}


def test_a_failure_goes_through_a_span_that_did_not_notice_where_one_above_speaks_of_it() -> None:
    assert roles(
        span("root", None, 0, 100, **raised("search answered with an error", "Unusable")),
        span("tool", "root", 2, 80, work=TOOL),
        span("get", "tool", 3, 79, kind="client", attributes={"http.response.status_code": 500}),
    ) == {"root": "passed_on get", "get": "origin"}


def test_a_retry_that_succeeds_makes_all_tries_before_it_good() -> None:
    assert roles(
        span("root", None, 0, 100),
        span("one", "root", 1, 20, says="try 1", work=TOOL, **BOOM),
        span("inner", "one", 2, 19, **BOOM),
        span("two", "root", 21, 40, says="try 2", work=TOOL, **BOOM),
        span("three", "root", 41, 60, says="try 3", work=TOOL),
    ) == {"one": "recovered three", "inner": "recovered three", "two": "recovered three"}


def test_of_tries_that_all_failed_the_last_one_is_the_origin() -> None:
    assert roles(
        span("root", None, 0, 100, **BOOM),
        span("one", "root", 1, 20, work=TOOL, **BOOM),
        span("two", "root", 21, 40, work=TOOL, **BOOM),
        span("three", "root", 41, 60, work=TOOL, **BOOM),
    ) == {"root": "passed_on three", "one": "symptom three", "two": "symptom three", "three": "origin"}


def test_a_model_that_is_asked_again_after_a_tool_has_its_next_turn() -> None:
    turn = span("two", "root", 41, 60, says="chat", work=CHAT)
    failed = span("one", "root", 1, 20, says="chat", work=CHAT, **BOOM)
    assert roles(span("root", None, 0, 100), failed, turn) == {"one": "recovered two"}
    tool = span("tool", "root", 21, 40, work=TOOL)
    assert roles(span("root", None, 0, 100), failed, tool, turn) == {"one": "origin"}
    beside = span("tool", "root", 21, 50, work=TOOL)
    assert roles(span("root", None, 0, 100), failed, beside, turn) == {"one": "recovered two"}


def test_the_same_tool_with_other_arguments_is_no_retry() -> None:
    assert roles(
        span("root", None, 0, 100),
        span("one", "root", 1, 20, work={**TOOL, "arguments": "tea"}, **BOOM),
        span("two", "root", 21, 40, work={**TOOL, "arguments": "coffee"}),
    ) == {"one": "origin"}


def test_calls_at_the_same_time_are_no_retries_of_each_other() -> None:
    assert roles(
        span("root", None, 0, 100),
        span("one", "root", 1, 20, work=TOOL, **BOOM),
        span("two", "root", 2, 40, work=TOOL),
    ) == {"one": "origin"}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"operation": "chat", "model": "large"}, {"operation": "chat", "model": "small"}),
        (TOOL, {"operation": "execute_tool", "tool": "cached_search"}),
        (TOOL, {"operation": "execute_tool", "tool": "web_search"}),
        (AGENT, {"operation": "invoke_agent", "agent": "generalist"}),
        (AGENT, {"operation": "invoke_agent", "agent": "backup-writer"}),
    ],
)
def test_a_fallback_makes_a_failure_good(first: dict[str, str], then: dict[str, str]) -> None:
    assert roles(
        span("root", None, 0, 100),
        span("first", "root", 1, 20, work=first, **BOOM),
        span("then", "root", 21, 40, work=then),
    ) == {"first": "recovered then"}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (AGENT, {"operation": "invoke_agent", "agent": "writer"}),
        (TOOL, {"operation": "execute_tool", "tool": "summarise"}),
        (
            {"operation": "invoke_agent", "agent": "worker-1"},
            {"operation": "invoke_agent", "agent": "worker-2"},
        ),
    ],
)
def test_the_next_step_is_no_fallback(first: dict[str, str], then: dict[str, str]) -> None:
    assert roles(
        span("root", None, 0, 100),
        span("first", "root", 1, 20, work=first, **BOOM),
        span("then", "root", 21, 40, work=then),
    ) == {"first": "origin"}


def test_a_fallback_whose_caller_failed_with_the_first_error_has_made_nothing_good() -> None:
    assert roles(
        span("root", None, 0, 100, **BOOM),
        span("first", "root", 1, 20, work=AGENT, **BOOM),
        span("then", "root", 21, 40, work={"operation": "invoke_agent", "agent": "generalist"}),
    ) == {"root": "passed_on first", "first": "origin"}


def test_the_server_side_of_a_call_is_where_it_failed() -> None:
    assert roles(
        span("agent", None, 0, 100, **raised("reviewer: 500", "AgentFailed")),
        span("post", "agent", 1, 90, kind="client", status="error", attributes={"http.status_code": 500}),
        span("serve", "post", 2, 91, kind="server", service="review", attributes={"http.status_code": 500}),
        span("review", "serve", 3, 80, service="review", work=AGENT, **BOOM),
    ) == {
        "agent": "passed_on review",
        "post": "passed_on review",
        "serve": "passed_on review",
        "review": "origin",
    }


def test_an_answer_that_tells_of_a_failure_passes_it_on() -> None:
    assert roles(
        span("agent", None, 0, 100, **raised("no verdict", "AgentFailed")),
        span("post", "agent", 1, 90, kind="client", attributes={"http.status_code": 200}),
        span("serve", "post", 2, 89, kind="server", service="review", attributes={"http.status_code": 200}),
        span("review", "serve", 3, 80, service="review", work=AGENT, **BOOM),
    ) == {"agent": "passed_on review", "review": "origin"}


def test_a_reply_that_tells_of_a_failure_is_explained_by_the_sender() -> None:
    words = raised("researcher: RuntimeError: no such page", "AgentFailed")
    assert roles(
        span("flow", None, 0, 100, **words),
        span("publish", "flow", 1, 5, kind="producer"),
        span("process", "publish", 10, 60, kind="consumer", service="research"),
        span("agent", "process", 11, 50, service="research", work=AGENT, **BOOM),
        span("reply", "agent", 51, 55, kind="producer", service="research"),
        span("take", "reply", 56, 57, kind="consumer", **words),
    ) == {"flow": "passed_on agent", "agent": "origin", "take": "passed_on agent"}


@pytest.mark.parametrize("reply_of", ["agent", "process"])
def test_a_reply_in_other_words_is_explained_by_its_sender_too(reply_of: str) -> None:
    words = raised("the research came to nothing", "AgentFailed")
    assert roles(
        span("flow", None, 0, 100, **words),
        span("publish", "flow", 1, 5, kind="producer"),
        span("process", "publish", 10, 60, kind="consumer", service="research"),
        span("agent", "process", 11, 58, service="research", work=AGENT, **BOOM),
        span("reply", reply_of, 51, 55, kind="producer", service="research"),
        span("take", "reply", 56, 57, kind="consumer", **words),
    ) == {"flow": "passed_on agent", "agent": "origin", "take": "passed_on agent"}


SAID = raised("checker: PermissionError: no access", "AgentFailed")
TOLD = raised("writer: AgentFailed: checker: PermissionError: no access", "AgentFailed")
WRITER = {"operation": "invoke_agent", "agent": "writer"}
#: A writer asked a checker, of whom only the reply is left that tells of a failure, and told the root of it.
TOLD_BY_A_LOST_AGENT = (
    span("root", None, 0, 100, **TOLD),
    span("send", "root", 1, 2, kind="producer"),
    span("asked", "send", 3, 92, service="write", kind="consumer"),
    span("writer", "asked", 3, 89, service="write", work=WRITER, **SAID),
    span("ask", "writer", 4, 5, service="write", kind="producer"),
    span("reply", "lost", 60, 61, service="write", kind="consumer", links=("writer",), **SAID),
    span("answer", "asked", 90, 91, service="write", kind="producer"),
    span("told", "answer", 93, 94, kind="consumer", **TOLD),
)
NO_ACCESS = raised("no access", "PermissionError")


def test_a_reply_of_an_agent_that_never_reported_is_where_its_failure_is_seen() -> None:
    assert roles(*TOLD_BY_A_LOST_AGENT) == {
        "root": "passed_on reply", "writer": "passed_on reply", "told": "passed_on reply", "reply": "origin"
    }  # fmt: skip


def test_a_reply_of_an_agent_that_never_reported_tells_of_what_failed_behind_it() -> None:
    found = roles(
        *TOLD_BY_A_LOST_AGENT,
        span("take", "gone", 30, 50, kind="consumer", service="checker"),
        span("tool", "take", 31, 49, service="checker", work=TOOL, **NO_ACCESS),
    )
    assert found.pop("tool") == "origin"
    assert set(found.values()) == {"passed_on tool"}


def test_what_fails_in_the_same_words_later_is_not_what_a_reply_told_of() -> None:
    found = roles(
        *TOLD_BY_A_LOST_AGENT,
        span("take", "gone", 70, 89, kind="consumer", service="checker"),
        span("tool", "take", 71, 88, service="checker", work=TOOL, **NO_ACCESS),
    )
    assert found["reply"] == found["tool"] == "origin"


def test_replies_that_tell_of_every_try_leave_one_origin() -> None:
    words = raised("researcher: RuntimeError: no such page", "AgentFailed")
    spans = [span("flow", None, 0, 100, **words)]
    for number in range(2):
        begin = 40 * number
        spans += [
            span(f"send{number}", "flow", begin, begin + 5, says="send", kind="producer"),
            span(f"get{number}", f"send{number}", begin + 4, begin + 30, kind="consumer", service="research"),
            span(
                f"work{number}",
                f"get{number}",
                begin + 4.5,
                begin + 20,
                service="research",
                work=AGENT,
                **BOOM,
            ),
            span(
                f"tell{number}", f"work{number}", begin + 21, begin + 22, kind="producer", service="research"
            ),
            span(f"take{number}", f"tell{number}", begin + 23, begin + 24, kind="consumer", **words),
        ]
    assert roles(*spans) == {
        "flow": "passed_on work1",
        "work0": "symptom work1",
        "take0": "passed_on work1",
        "work1": "origin",
        "take1": "passed_on work1",
    }


def test_a_consumer_that_failed_is_explained_by_its_agent_although_it_replied_after_it() -> None:
    assert roles(
        span("process", None, 10, 60, kind="consumer", **raised("the task came to nothing", "TaskFailed")),
        span("agent", "process", 11, 50, work=AGENT, **BOOM),
        span("reply", "process", 51, 55, kind="producer"),
    ) == {"process": "passed_on agent", "agent": "origin"}


def test_a_tool_that_noticed_nothing_passes_on_what_its_agent_failed_with_right_after() -> None:
    get = span("get", "tool", 3, 79, kind="client", attributes={"http.response.status_code": 500})
    tool = span("tool", "agent", 2, 80, work=TOOL)
    agent = span("agent", None, 0, 100, work=AGENT, **raised("nothing to read"))
    assert roles(agent, tool, get) == {"agent": "passed_on get", "get": "origin"}
    assert roles(agent, tool, get, span("chat", "agent", 81, 90, work=CHAT)) == {
        "agent": "origin",
        "get": "origin",
    }


def test_of_failures_at_the_same_time_the_first_one_is_what_the_caller_saw() -> None:
    assert roles(
        span("root", None, 0, 100, **BOOM),
        span("one", "root", 1, 30, work={**TOOL, "arguments": "a"}, **BOOM),
        span("two", "root", 2, 20, work={**TOOL, "arguments": "b"}, **BOOM),
    ) == {"root": "passed_on two", "one": "origin", "two": "origin"}


def test_messages_sent_again_are_tries_of_the_same_work() -> None:
    queue = {"messaging.destination.name": "tasks"}
    spans = [span("flow", None, 0, 100)]
    for number, failed in enumerate((True, True, False)):
        begin = 30 * number
        how = BOOM if failed else {}
        spans += [
            span(f"send{number}", "flow", begin, begin + 2, kind="producer", attributes=queue),
            span(
                f"take{number}", f"send{number}", begin + 3, begin + 20, kind="consumer", service="research"
            ),
            span(
                f"work{number}", f"take{number}", begin + 4, begin + 19, service="research", work=AGENT, **how
            ),
        ]
    assert roles(*spans) == {"work0": "recovered send2", "work1": "recovered send2"}


def test_whoever_rejects_a_value_is_the_origin_and_says_whose_value_it_was() -> None:
    found = failures(
        span("root", None, 0, 60),
        span("plan", "root", 1, 20, work={"operation": "invoke_agent", "agent": "planner"}),
        span("write", "root", 21, 50, work=AGENT, **raised("the plan of planner has no steps", "ValueError")),
    )
    assert found["write"].role == "origin"
    assert found["write"].agent == "researcher"
    assert found["write"].evidence == "nothing below it explains it; it speaks of planner"


def test_nothing_failed_where_nothing_shows_a_failure() -> None:
    assert roles(span("root", None, 0, 100), span("tool", "root", 1, 2, work=TOOL)) == {}
