"""Catching spans in the process, and asserting on them."""

import time
from collections.abc import Iterator

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util._once import Once

import weft
from weft.analyse.checks.limits import spans_at_least
from weft.testing import (
    FakeClock,
    SeededIds,
    TraceBuilder,
    Traces,
    assert_agents,
    assert_cost_below,
    assert_no_error_origin,
    assert_no_hand_off_above,
    assert_no_loops,
    assert_no_orphans,
    assert_one_trace,
    assert_spans_at_least,
    assert_tokens_below,
    caught_spans,
    expect,
)


@pytest.fixture(autouse=True)
def _no_provider() -> Iterator[None]:
    before = otel._TRACER_PROVIDER, otel._TRACER_PROVIDER_SET_ONCE
    otel._TRACER_PROVIDER, otel._TRACER_PROVIDER_SET_ONCE = None, Once()
    yield
    otel._TRACER_PROVIDER, otel._TRACER_PROVIDER_SET_ONCE = before


def work() -> None:
    with weft.workflow("report"), weft.agent("planner"):
        with weft.tool("search"):
            pass
        with weft.agent("writer"):
            pass


def test_spans_of_this_process_are_a_trace() -> None:
    with caught_spans() as traces:
        work()

    trace = traces.one()
    assert [node.span.name for node in trace.walk()] == [
        "invoke_workflow report",
        "invoke_agent planner",
        "execute_tool search",
        "invoke_agent writer",
    ]
    assert {span.service for span in trace.spans} == {"tests"}
    assert trace.root.span.work.workflow == "report"
    assert_agents(traces, "planner", "writer")


def test_each_time_begins_anew_and_leaves_out_what_began_before() -> None:
    with caught_spans() as first:
        before = otel.get_tracer("x").start_span("before")
        assert len(first.all()) == 1
    work()
    with caught_spans() as traces:
        before.end()
        work()

    assert len(traces.one().spans) == 4


def test_a_provider_that_is_there_is_used() -> None:
    otel.set_tracer_provider(
        TracerProvider(resource=Resource({"service.name": "mine"}), shutdown_on_exit=False)
    )
    for _ in range(2):
        with caught_spans() as traces:
            work()
        assert {span.service for span in traces.one().spans} == {"mine"}
        assert len(traces.one().spans) == 4


def test_a_provider_that_takes_no_processors_is_named() -> None:
    otel.set_tracer_provider(otel.NoOpTracerProvider())

    with pytest.raises(TypeError, match="NoOpTracerProvider, which takes no span processors"), caught_spans():
        pass


def test_a_span_that_has_not_ended_is_part_of_the_trace() -> None:
    with caught_spans() as traces, weft.agent("planner"), weft.tool("search"):
        assert [span.state for span in traces.one().spans] == ["open", "open"]


def test_attributes_events_and_links_are_read_as_a_backend_does() -> None:
    with caught_spans() as traces:
        tracer = otel.get_tracer("mine")
        with tracer.start_as_current_span("a", kind=otel.SpanKind.CLIENT) as span:
            span.set_attribute("list", ["x", "ü"])
            span.set_attribute("number", 3)
            span.add_event("happened", {"why": "so"})
            link = otel.Link(span.get_span_context())
            span.set_status(otel.StatusCode.ERROR, "out of ink")
        with tracer.start_as_current_span("b", links=[link]):
            pass

    one, other = (trace.spans[0] for trace in traces)
    assert one.attributes == {"list": '["x","ü"]', "number": 3, "otel.scope.name": "mine"}
    assert (one.kind, one.status, one.status_message) == ("client", "error", "out of ink")
    assert [(event.name, event.attributes) for event in one.events] == [("happened", {"why": "so"})]
    assert [(link.trace_id, link.span_id) for link in other.links] == [(one.trace_id, one.span_id)]


def test_seeded_ids_and_a_fake_clock_make_every_run_the_same() -> None:
    clock = FakeClock()
    with caught_spans(SeededIds(1)) as traces, clock.stamps_spans(), weft.agent("planner"):
        clock.advance(1.5)

    (span,) = traces.one().spans
    assert span.duration_ns == 1_500_000_000
    ids = SeededIds(1)
    assert span.trace_id == f"{ids.generate_trace_id():032x}"
    assert span.span_id == f"{ids.generate_span_id():016x}"


def built() -> TraceBuilder:
    build = TraceBuilder()
    planner = build.agent("planner", service="p", ms=100)
    for n in range(3):
        build.tool("search", parent=planner, at_ms=10 * n, ms=1, arguments='{"q": 1}')
    build.chat("gpt-4o", provider="openai", input_tokens=1_000_000, output_tokens=5, parent=planner, at_ms=40)
    build.agent("writer", parent=planner, service="w", at_ms=50, ms=20, kind="server")
    return build


def test_a_built_trace_says_what_it_was_told() -> None:
    trace = built().trace()

    assert assert_one_trace(trace) is trace
    assert [span.service for span in trace.spans] == ["p"] * 5 + ["w"]
    assert trace.spans[1].work.arguments == '{"q": 1}'
    assert built().trace().spans == trace.spans


def test_assertions_pass_on_what_is_so() -> None:
    trace = built().trace()

    assert_no_orphans(trace)
    assert_no_error_origin(trace)
    assert_agents([trace], "planner", "writer")
    assert_no_hand_off_above(trace, 0.1)
    assert_tokens_below(trace, 1_000_005)
    assert_cost_below(trace, 2.51)
    assert_spans_at_least(trace, 6)


def failing(build: TraceBuilder) -> list[str]:
    """The messages of assertions that fail on a trace."""
    trace = build.trace()
    messages = []
    for check in (
        lambda: assert_one_trace([trace, built().trace()]),
        lambda: assert_agents(trace, "writer", "planner"),
        lambda: assert_tokens_below(trace, 10),
        lambda: assert_cost_below(trace, 1),
        lambda: assert_no_loops(trace),
        lambda: assert_spans_at_least(trace, 100),
    ):
        with pytest.raises(AssertionError) as failure:
            check()
        messages.append(str(failure.value))
    return messages


def test_a_failing_assertion_says_what_is_and_shows_the_tree() -> None:
    one, agents, tokens, cost, loops, spans = failing(built())

    assert one.startswith("one trace: the traces: expected one, found 2: ")
    assert agents.startswith(
        "agents writer, planner in this order: agent planner: expected to begin after writer"
    )
    assert "found 1,000,005\n\ntrace " in tokens
    assert "$1 at most, found $2.5" in cost
    assert "search of planner: expected no repetition, found same call, 3 times" in loops
    assert "found 6\n\n" in spans
    assert agents.splitlines()[-7:] == [
        f"trace {built().trace_id}: 6 spans, 2 agents, 100.00 ms",
        "> planner  invoke_agent planner  100.00 ms",
        "  planner  ├─ execute_tool search  1.00 ms",
        "  planner  ├─ execute_tool search  1.00 ms",
        "  planner  ├─ execute_tool search  1.00 ms",
        "  planner  ├─ chat gpt-4o  10.00 ms",
        "  writer   └─ invoke_agent writer  20.00 ms",
    ]


def test_an_orphan_and_an_error_are_pointed_at() -> None:
    build = TraceBuilder()
    build.agent("planner")
    build.agent("writer", parent="00000000000000aa", at_ms=2, status="error", status_message="out of\nink")

    with pytest.raises(AssertionError, match="expected its parent 00000000000000aa in the trace") as failure:
        assert_no_orphans(build.trace())
    assert str(failure.value).endswith(
        "> writer   invoke_agent writer  10.00 ms  [missing parent]  [error: out of ink]"
    )


def test_no_spans_are_a_failure_that_says_where_to_look() -> None:
    with (
        caught_spans() as traces,
        pytest.raises(AssertionError, match="no spans in the test process: nothing in it"),
    ):
        assert_one_trace(traces)


def test_patience_waits_for_what_is_still_to_come() -> None:
    trace, reads = built().trace(), []

    def read() -> list[object]:
        reads.append(time.monotonic())
        return [trace] if len(reads) > 2 else []

    assert expect(Traces(read, where="there", patience_s=60), spans_at_least(1)) == [trace]  # type: ignore[arg-type]
    assert len(reads) == 3
