"""The critical path covers the root without a gap and goes where the time was waited for."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.critical_path.simulator import Run, program
from tests.analyse.traces import MS, at, name_of, span, trace

from weft.analyse.critical_path.saving import Savings
from weft.analyse.explain import explain, read
from weft.model.explanation import Explanation
from weft.model.span import Span
from weft.model.trace import Trace

KINDS = ("internal", "client", "server", "producer", "consumer")


def path(*spans: Span) -> list[tuple[str, float, str]]:
    """The names of the spans on the path, their milliseconds there, and what these went to."""
    found = explain(trace(*spans))
    assert_whole(found)
    return [(name_of(each.span_id), each.duration_ns / 1e6, each.kind) for each in found.critical_path]


def assert_whole(found: Explanation) -> None:
    segments = found.critical_path
    assert sum(each.duration_ns for each in segments) == found.duration_ns
    assert all(each.duration_ns > 0 for each in segments)
    assert all(one.end_ns == two.start_ns for one, two in itertools.pairwise(segments))
    if segments:
        assert segments[0].start_ns == found.start_ns
        assert segments[-1].end_ns == found.start_ns + found.duration_ns


def test_one_after_the_other() -> None:
    assert path(span("root", None, 0, 100), span("a", "root", 10, 40), span("b", "root", 50, 90)) == [
        ("root", 10, "own"),
        ("a", 30, "own"),
        ("root", 10, "own"),
        ("b", 40, "own"),
        ("root", 10, "own"),
    ]


def test_of_several_at_once_the_last_to_end() -> None:
    fan = [span(f"c{n}", "root", 10 + n, 30 + 10 * n) for n in range(5)]

    assert [each[0] for each in path(span("root", None, 0, 100), *fan)] == ["root", "c4", "root"]


def test_a_call_is_network_there_and_back_and_the_servers_work_between() -> None:
    assert path(
        span("call", None, 0, 100, kind="client"),
        span("serve", "call", 20, 70, service="b", kind="server"),
    ) == [("call", 20, "network"), ("serve", 50, "own"), ("call", 30, "network")]


def test_model_and_tool_are_told_apart_and_keep_what_is_inside_them() -> None:
    assert path(
        span("root", None, 0, 100),
        span("chat", "root", 10, 50, kind="client", work={"operation": "chat", "model": "m"}),
        span("post", "chat", 12, 48, kind="client"),
        span("tool", "root", 50, 90, work={"operation": "execute_tool", "tool": "search"}),
    ) == [
        ("root", 10, "own"),
        ("chat", 2, "model"),
        ("post", 36, "model"),
        ("chat", 2, "model"),
        ("tool", 40, "tool"),
        ("root", 10, "own"),
    ]


def test_a_message_waits_in_a_queue_and_its_answer_is_waited_for() -> None:
    assert path(
        span("root", None, 0, 200),
        span("send", "root", 10, 12, kind="producer"),
        span("work", "send", 50, 100, service="writer", kind="consumer"),
        span("reply", "work", 90, 92, service="writer", kind="producer"),
        span("got", "reply", 95, 97, kind="consumer", links=["root"]),  # received in the root
    ) == [
        ("root", 10, "own"),
        ("send", 2, "network"),
        ("work", 38, "queue"),
        ("work", 40, "own"),
        ("reply", 2, "network"),
        ("got", 3, "queue"),
        ("got", 2, "own"),
        ("root", 103, "own"),
    ]


def test_a_message_that_nobody_answers_is_not_waited_for() -> None:
    assert path(
        span("root", None, 0, 200),
        span("send", "root", 10, 12, kind="producer"),
        span("work", "send", 20, 100, service="writer", kind="consumer"),
    ) == [("root", 10, "own"), ("send", 2, "network"), ("root", 188, "own")]


def test_an_answer_that_nobody_saw_is_noticed_by_what_follows_at_once() -> None:
    names = [
        each[0]
        for each in path(
            span("root", None, 0, 101),
            span("send", "root", 10, 12, kind="producer"),
            span("work", "send", 20, 100, service="writer", kind="consumer"),
        )
    ]

    assert names == ["root", "send", "work", "work", "root"]


def test_a_server_that_goes_on_after_its_caller_gave_up_is_what_the_caller_waited_for() -> None:
    assert path(
        span("root", None, 0, 60),
        span("call", "root", 0, 50, kind="client"),
        span("slow", "call", 1, 500, service="b", kind="server"),
    ) == [("call", 1, "network"), ("slow", 49, "own"), ("root", 10, "own")]


def test_work_that_outlives_the_root_is_a_tail() -> None:
    found = explain(trace(span("root", None, 0, 50), span("tail", "root", 10, 80)))

    assert found.tail_ns == 30_000_000
    assert [name_of(each.span_id) for each in found.critical_path] == ["root"]


def test_a_task_that_outlives_its_parent_is_waited_for_further_up() -> None:
    assert path(
        span("root", None, 0, 100),
        span("start", "root", 10, 20),
        span("task", "start", 15, 90),
    ) == [("root", 10, "own"), ("start", 5, "own"), ("task", 75, "own"), ("root", 10, "own")]


def test_a_link_leads_to_what_was_waited_for() -> None:
    assert path(
        span("root", None, 0, 100),
        span("left", "root", 10, 80, service="b"),
        span("send", "left", 60, 62, kind="producer", service="b"),
        span("join", "root", 70, 100, kind="consumer", service="c", links=["send"]),
    ) == [
        ("root", 10, "own"),
        ("left", 50, "own"),
        ("send", 2, "network"),
        ("join", 8, "queue"),
        ("join", 30, "own"),
    ]


def test_a_process_that_boots_after_its_launcher_ended_is_followed_back_to_it() -> None:
    assert path(
        span("root", None, 0, 100),
        span("launch", "root", 10, 12),
        span("child", "launch", 20, 90, service="child"),
        span("next", "root", 91, 99, work={"operation": "chat"}),
    ) == [
        ("root", 10, "own"),
        ("launch", 2, "own"),
        ("child", 8, "queue"),
        ("child", 70, "own"),
        ("root", 1, "own"),
        ("next", 8, "model"),
        ("root", 1, "own"),
    ]


def test_a_process_in_the_background_is_not_waited_for() -> None:
    names = path(
        span("root", None, 0, 100),
        span("daemon", "root", 20, 300, service="w"),
        span("chat", "root", 25, 95, work={"operation": "chat"}),
    )

    assert [each[0] for each in names] == ["root", "chat", "root"]


def test_of_a_server_that_was_given_up_the_path_shows_what_it_was_doing() -> None:
    assert path(
        span("root", None, 0, 100),
        span("call", "root", 10, 50, kind="client", status="error"),
        span("serve", "call", 12, 95, service="w", kind="server"),
        span("first", "serve", 12, 20, service="w"),
        span("chat", "serve", 23, 94, service="w", work={"operation": "chat"}),
    ) == [
        ("root", 10, "own"),
        ("call", 2, "network"),
        ("first", 8, "own"),
        ("serve", 3, "own"),
        ("chat", 27, "model"),
        ("root", 50, "own"),
    ]


def test_a_receiver_that_was_there_before_the_message_waited_for_its_sender() -> None:
    names = path(
        span("root", None, 0, 100),
        span("send", "root", 10, 12, kind="producer"),
        span("work", "send", 30, 80, service="w", kind="consumer"),
        span("reply", "work", 71, 72, service="w", kind="producer"),
        span("get", "root", 13, 92, kind="consumer", links=["reply"]),
    )

    assert [each[0] for each in names] == ["root", "send", "work", "work", "reply", "get", "root"]


def test_a_gateway_in_front_of_a_model_is_the_models_time() -> None:
    assert path(
        span("chat", None, 0, 100, work={"operation": "chat", "model": "m"}),
        span("post", "chat", 10, 90, kind="client"),
        span("gateway", "post", 12, 88, service="gateway", kind="server"),
    ) == [
        ("chat", 10, "model"),
        ("post", 2, "network"),
        ("gateway", 76, "model"),
        ("post", 2, "network"),
        ("chat", 10, "model"),
    ]


def test_a_root_without_a_duration_has_no_path() -> None:
    found = explain(trace(span("root", None, 0, 0), span("tail", "root", 0, 5)))

    assert found.critical_path == ()
    assert (found.duration_ns, found.tail_ns) == (0, 5_000_000)


@st.composite
def shapes(draw: st.DrawFn) -> Trace:
    """Any tree, and times that need not make sense."""
    count = draw(st.integers(1, 25))
    spans = []
    for number in range(count):
        parent = draw(st.sampled_from([None, *(f"s{n}" for n in range(count))]))
        start = draw(st.integers(0, 60))
        spans.append(
            span(
                f"s{number}",
                parent,
                start,
                start + draw(st.integers(-5, 60)),
                kind=draw(st.sampled_from(KINDS)),
                service=draw(st.sampled_from("abc")),
                links=draw(st.lists(st.sampled_from([f"s{n}" for n in range(count)]), max_size=2)),
            )
        )
    return trace(*spans)


@given(shapes())
def test_the_path_is_whole_whatever_the_trace_looks_like(given_trace: Trace) -> None:
    found = explain(given_trace)

    assert_whole(found)
    assert all(left is None or left >= 0 for left in found.slack_ns.values())
    on_path = {each.span_id for each in found.critical_path}
    assert all(found.slack_ns[span_id] == 0 for span_id in on_path)


@given(st.integers(0, 10_000))
def test_the_path_of_a_workflow_is_whole(seed: int) -> None:
    rng = random.Random(seed)

    assert_whole(explain(Run(program(rng, 3, tells=True)).trace))


def test_a_path_has_its_agents_and_they_share_all_of_it() -> None:
    found = explain(Run(program(random.Random(3), 3, tells=True)).trace)

    shares = [sum(share.path_ns.values()) for share in found.agents.values()]
    assert sum(shares) == found.duration_ns


def test_thousands_in_a_chain_and_thousands_side_by_side() -> None:
    count = 3_000
    chain = [span("s0", None, 0, count * 2)] + [
        span(f"s{n}", f"s{n - 1}", n / 10, count * 2 - n / 10, kind=KINDS[n % 5], service=f"p{n % 7}")
        for n in range(1, count)
    ]
    wide = [span("s0", None, 0, count * 2)] + [
        span(f"s{n}", "s0", n, n + 5, kind=KINDS[n % 5], service=f"p{n % 7}") for n in range(1, count)
    ]

    assert_whole(explain(trace(*chain)))
    assert_whole(explain(trace(*wide)))


def test_of_a_trace_that_still_runs_the_path_leads_to_what_runs() -> None:
    found = explain(
        trace(
            span("root", None, 0, 100, state="open"),
            span("chat", "root", 10, 120, state="open", work={"operation": "chat"}),
        )
    )

    assert found.duration_ns == 120_000_000
    assert [(name_of(each.span_id), each.kind) for each in found.critical_path] == [
        ("root", "own"),
        ("chat", "model"),
    ]


def test_a_process_that_takes_long_to_start_is_waited_for_and_not_its_parents_work() -> None:
    sent = {"weft.propagation.sent_ns": at(20), "weft.propagation.carrier": "environment"}
    spans = (
        span("root", None, 0, 100, host="h"),
        span("child", "root", 70, 90, service="child", host="h", attributes=sent),
    )

    assert path(*spans) == [
        ("root", 20, "own"),
        ("child", 50, "queue"),
        ("child", 20, "own"),
        ("root", 10, "own"),
    ]
    assert Savings(read(trace(*spans))).own_ns(0) == 30 * MS
