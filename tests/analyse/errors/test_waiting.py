"""Somebody waited in vain: what for, and whose failure that is."""

import pytest
from tests.analyse.errors.found import failures, raised, roles
from tests.analyse.traces import span

LATE = raised("timed out", "ReadTimeout")
CANCELLED = {"attributes": {"weft.outcome": "cancelled"}}
WRITER = {"operation": "invoke_agent", "agent": "writer"}
TOOL = {"operation": "execute_tool", "tool": "search"}
BOOM = raised("no such page")


def test_a_timeout_is_a_symptom_of_the_innermost_span_that_was_still_at_work() -> None:
    found = failures(
        span("agent", None, 0, 210, **LATE),
        span("post", "agent", 1, 201, kind="client", **LATE),
        span("serve", "post", 3, 600, kind="server", service="write"),
        span("writer", "serve", 4, 599, service="write", work=WRITER),
        span("quick", "writer", 5, 15, service="write", work=TOOL),
        span("slow", "writer", 16, 598, service="write", work=TOOL),
    )
    assert {name: failure.role for name, failure in found.items()} == {
        "agent": "passed_on",
        "post": "symptom",
        "slow": "origin",
    }
    assert found["slow"].agent == "writer"
    assert found["slow"].evidence == "it did not answer in time"


def test_a_caller_that_gives_up_first_points_to_what_its_callee_was_waiting_for() -> None:
    assert roles(
        span("post", None, 0, 100, kind="client", **LATE),
        span("b", "post", 2, 205, kind="server", service="b", **LATE),
        span("post b", "b", 3, 203, kind="client", service="b", **LATE),
        span("c", "post b", 5, 400, kind="server", service="c"),
        span("tool", "c", 6, 399, service="c", work=TOOL),
    ) == {"post": "symptom tool", "b": "passed_on tool", "post b": "symptom tool", "tool": "origin"}


def test_the_span_that_was_cut_off_by_a_timeout_is_its_origin() -> None:
    assert roles(
        span("root", None, 0, 201, **raised("", "TimeoutError")),
        span("writer", "root", 1, 200.5, work=WRITER, **CANCELLED),
        span("tool", "writer", 5, 200.2, work=TOOL, **CANCELLED),
    ) == {"root": "symptom tool", "writer": "symptom tool", "tool": "origin"}


def test_a_span_that_has_just_begun_is_not_what_took_the_time() -> None:
    assert roles(
        span("root", None, 0, 200, **LATE),
        span("slow", "root", 1, 190, work=TOOL),
        span("next", "root", 191, 230, work=WRITER),
    ) == {"root": "symptom slow", "slow": "origin"}


def test_a_receiver_that_takes_up_the_work_too_late_is_the_origin() -> None:
    assert roles(
        span("flow", None, 0, 200, **LATE),
        span("send", "flow", 1, 3, kind="producer"),
        span("take", "send", 300, 310, kind="consumer", service="write"),
    ) == {"flow": "symptom take", "take": "origin"}


def test_nobody_waits_for_a_reply_that_came_after_time_had_run_out() -> None:
    assert roles(
        span("flow", None, 0, 200, **LATE),
        span("send", "flow", 1, 3, kind="producer"),
        span("take", "send", 4, 900, kind="consumer", service="write"),
        span("writer", "take", 5, 890, service="write", work=WRITER),
        span("reply", "writer", 880, 881, kind="consumer", service="write", links=("writer",)),
    ) == {"flow": "symptom writer", "writer": "origin"}


def test_a_process_that_was_started_after_time_had_run_out_was_not_waited_for() -> None:
    assert roles(
        span("post", None, 0, 200, kind="client", **LATE),
        span("writer", "post", 1, 900, service="write", work=WRITER),
        span("child", "writer", 600, 890, service="child"),
    ) == {"post": "symptom writer", "writer": "origin"}


def test_of_those_who_were_called_off_at_once_the_first_to_begin_was_waited_for() -> None:
    assert roles(
        span("root", None, 0, 200, **LATE),
        span("slow", "root", 1, 203, work=WRITER, **CANCELLED),
        span("next", "root", 90, 205, work=TOOL, **CANCELLED),
    ) == {"root": "symptom slow", "slow": "origin", "next": "symptom slow"}


def test_an_agent_that_never_reported_is_blamed_by_the_name_of_its_channel() -> None:
    found = failures(
        span("flow", None, 0, 200, **raised("no answer from writer within 2 s", "TimeoutError")),
        span(
            "send", "flow", 1, 3, kind="producer", attributes={"messaging.destination.name": "writer-tasks"}
        ),
    )
    assert found["send"].role == "origin"
    assert found["send"].agent == "writer"
    assert found["flow"].role == "symptom"


def test_the_spans_behind_an_agent_that_never_reported_are_waited_for() -> None:
    assert roles(
        span("flow", None, 0, 900),
        span("agent", "flow", 0, 200, work={"agent": "first"}, **LATE),
        span("send", "agent", 1, 3, kind="producer"),
        span("take", "gone", 10, 800, kind="consumer", service="write"),
        span("slow", "take", 11, 799, service="write", work=TOOL),
    ) == {"agent": "symptom slow", "slow": "origin"}


def test_what_an_agent_that_never_reported_caused_too_late_was_not_waited_for() -> None:
    assert roles(
        span("flow", None, 0, 900),
        span("agent", "flow", 0, 200, work={"agent": "first"}, **LATE),
        span("send", "agent", 1, 3, kind="producer"),
        span("take", "gone", 600, 800, kind="consumer", service="write"),
    ) == {"agent": "symptom send", "send": "origin"}


def test_a_linked_receiver_is_waited_for() -> None:
    assert roles(
        span("flow", None, 0, 900),
        span("agent", "flow", 0, 200, work={"agent": "first"}, **LATE),
        span("send", "agent", 1, 3, kind="producer"),
        span("batch", "flow", 10, 800, kind="consumer", service="write", links=("send",)),
    ) == {"agent": "symptom batch", "batch": "origin"}


def test_a_message_in_the_process_of_the_caller_is_not_behind_an_agent_that_never_reported() -> None:
    assert roles(
        span("flow", None, 0, 900),
        span("agent", "flow", 0, 200, work={"agent": "first"}, **LATE),
        span("send", "agent", 1, 3, kind="producer"),
        span("take", "gone", 10, 800, kind="consumer"),
    ) == {"agent": "symptom send", "send": "origin"}


def test_a_timeout_in_other_words_came_up_from_the_one_below() -> None:
    assert roles(
        span("root", None, 0, 101, **raised("it took too long", "TimeoutError")),
        span("post", "root", 1, 100, kind="client", **LATE),
    ) == {"root": "passed_on post", "post": "origin"}


def test_a_child_that_took_long_to_be_called_off_was_waited_for() -> None:
    assert roles(
        span("root", None, 0, 200, **LATE),
        span("writer", "root", 1, 170, work=WRITER, **CANCELLED),
    ) == {"root": "symptom writer", "writer": "origin"}


def test_a_timeout_with_nothing_below_it_began_where_it_is() -> None:
    assert roles(span("post", None, 0, 100, kind="client", **LATE)) == {"post": "origin"}


def test_siblings_that_were_cancelled_are_symptoms_of_the_one_that_failed() -> None:
    assert roles(
        span("root", None, 0, 60, **BOOM),
        span("fails", "root", 1, 50, work=TOOL, **BOOM),
        span("other", "root", 1, 51, work=WRITER, **CANCELLED),
        span("below", "other", 2, 50.9, work=TOOL, **CANCELLED),
        span("late", "root", 55, 56, **CANCELLED),
    ) == {
        "root": "passed_on fails",
        "fails": "origin",
        "other": "symptom fails",
        "below": "symptom fails",
        "late": "symptom fails",
    }


def test_an_error_that_a_cancellation_was_turned_into_is_a_symptom_as_well() -> None:
    assert roles(
        span("root", None, 0, 60, **raised("no report", "ReportError")),
        span("fails", "root", 1, 50, work=TOOL, **BOOM),
        span("other", "root", 2, 55, work=WRITER, **raised("could not do it", "AgentFailed")),
        span("chat", "other", 2, 54.9, **CANCELLED),
    ) == {"root": "passed_on fails", "fails": "origin", "other": "symptom fails", "chat": "symptom fails"}


def test_a_cancellation_without_a_failure_is_the_users() -> None:
    assert (
        roles(
            span("root", None, 0, 60, **CANCELLED),
            span("tool", "root", 1, 59, work=TOOL, **CANCELLED),
        )
        == {}
    )


def test_a_failure_before_a_cancelled_span_began_is_not_its_reason() -> None:
    assert roles(
        span("root", None, 0, 60),
        span("fails", "root", 1, 10, work=TOOL, **BOOM),
        span("other", "root", 20, 30, work=WRITER, **CANCELLED),
    ) == {"fails": "origin"}


def test_a_cancellation_behind_a_call_that_was_cut_off_has_the_callers_reason() -> None:
    assert roles(
        span("root", None, 0, 60, **BOOM),
        span("fails", "root", 1, 50, work=TOOL, **BOOM),
        span("post", "root", 1, 50.1, kind="client"),
        span("serve", "post", 2, 50.4, kind="server", service="write", **raised("", "ClientDisconnect")),
    ) == {"root": "passed_on fails", "fails": "origin", "serve": "symptom fails"}


def test_one_of_several_that_was_no_longer_needed_has_not_failed() -> None:
    assert (
        roles(
            span("root", None, 0, 200),
            span("winner", "root", 1, 50, work=TOOL),
            span("loser", "root", 1, 51, work=WRITER, **CANCELLED),
        )
        == {}
    )


@pytest.mark.parametrize("error", [raised("connection reset by peer", "ConnectError"), LATE])
def test_a_worker_that_died_is_the_origin(error: dict[str, object]) -> None:
    assert roles(
        span("root", None, 0, 200, **error),
        span("post", "root", 1, 199, kind="client", **error),
        span("serve", "post", 2, 90, kind="server", service="write", state="lost"),
        span("writer", "serve", 3, 90, service="write", work=WRITER, state="lost"),
    ) == {
        "root": "passed_on writer",
        "post": f"{'symptom' if error is LATE else 'passed_on'} writer",
        "serve": "passed_on writer",
        "writer": "origin",
    }


def test_a_generator_that_was_closed_early_was_not_waited_for() -> None:
    assert roles(
        span("root", None, 0, 60, **BOOM),
        span("stream", "root", 1, 59.9, work=TOOL, attributes={"weft.outcome": "closed"}),
    ) == {"root": "origin", "stream": "symptom root"}


def test_a_caller_that_gives_up_without_a_word_of_time_is_a_symptom() -> None:
    assert roles(
        span("root", None, 0, 60, **raised("the writer gave nothing", "AgentFailed")),
        span("writer", "root", 1, 59.9, work=WRITER, **CANCELLED),
    ) == {"root": "symptom writer", "writer": "origin"}
    assert roles(
        span("root", None, 0, 60, **raised("the writer gave nothing", "AgentFailed")),
        span("send", "root", 1, 3, kind="producer"),
        span("take", "send", 4, 300, kind="consumer", service="write"),
    ) == {"root": "symptom take", "take": "origin"}


def test_of_callers_that_gave_up_one_after_the_other_the_longest_wait_says_what_was_slow() -> None:
    assert roles(
        span("flow", None, 0, 300, **LATE),
        span("send", "flow", 1, 3, kind="producer"),
        span("b", "send", 4, 900, kind="consumer", service="b", **LATE),
        span("tool", "b", 5, 600, service="b", work=TOOL),
        span("get", "b", 601, 905, service="b", work=WRITER),
    ) == {"flow": "symptom tool", "b": "symptom tool", "tool": "origin"}


def test_what_a_later_caller_waited_for_counts_where_that_lasted_longer() -> None:
    assert roles(
        span("flow", None, 0, 300, **LATE),
        span("send", "flow", 1, 3, kind="producer"),
        span("b", "send", 4, 900, kind="consumer", service="b", **LATE),
        span("chat", "b", 5, 310, service="b", work=WRITER),
        span("tool", "b", 311, 905, service="b", work=TOOL),
    ) == {"flow": "symptom tool", "b": "symptom tool", "tool": "origin"}


def test_an_error_is_not_explained_by_what_is_still_running_beside_it() -> None:
    assert roles(
        span("root", None, 0, 60, **BOOM),
        span("watch", "root", 1, 50, state="open"),
    ) == {"root": "origin"}


def test_a_timeout_that_a_retry_made_good_has_no_origin() -> None:
    assert roles(
        span("root", None, 0, 300),
        span("one", "root", 1, 100, kind="client", **LATE),
        span("serve", "one", 2, 250, kind="server", service="write"),
        span("two", "root", 101, 150, says="one", kind="client"),
    ) == {"one": "recovered two"}
