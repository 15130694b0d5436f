"""What arrived is told by the first span behind the hop, and by no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import context as api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan

from weft.context.current import attached
from weft.context.propagator import Propagator
from weft.instrument.arrivals import ArrivalRecorder

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {
    "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    "tracestate": "mesh=1,weft=1;00f067aa0ba902b7;7;writer",
}

propagator = Propagator(agent=lambda _: "agent")


class Process:
    """A process's tracer, and the spans that have ended."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(ArrivalRecorder())
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("process")

    def told(self) -> dict[str, dict[str, Any]]:
        """The record of each span, by its name."""
        return {span.name: record(span) for span in self._exporter.get_finished_spans()}


def record(span: ReadableSpan) -> dict[str, Any]:
    prefix = "weft.propagation."
    return {
        name.removeprefix(prefix): value
        for name, value in (span.attributes or {}).items()
        if name.startswith(prefix)
    }


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, {"outcome": "absent", "received": ""}),
        ({"accept": "*/*"}, {"outcome": "absent", "received": ""}),
        ({"tracestate": "a=1", "baggage": "a=1"}, {"outcome": "absent", "received": "tracestate,baggage"}),
        (
            {"traceparent": "garbage", "baggage": "bad"},
            {
                "outcome": "malformed",
                "received": "traceparent,baggage",
                "problems": (
                    "traceparent: not version-traceid-parentid-flags in lower-case hex",
                    "baggage: 1 left out",
                ),
            },
        ),
        (
            PARENT,
            {
                "outcome": "continued",
                "received": "traceparent,tracestate",
                "format": "tracecontext",
                "sent_ns": 7,
                "sender.agent": "writer",
                "sender.span_id": "00f067aa0ba902b7",
            },
        ),
        (
            {"b3": f"{TRACE}-b7ad6b7169203331-1", "traceparent": f"00-{'1' * 32}-b7ad6b7169203331-01"},
            {
                "outcome": "continued",
                "received": "b3,traceparent",
                "format": "tracecontext",
                "conflicts": ("b3",),
            },
        ),
    ],
)
def test_the_first_span_tells_what_arrived(
    process: Process, headers: dict[str, str], told: dict[str, Any]
) -> None:
    process.tracer.start_span("request", context=propagator.extract(headers, Context())).end()
    assert process.told()["request"] == told


def test_spans_below_do_not_tell_it(process: Process) -> None:
    with attached(propagator.extract(PARENT)), process.tracer.start_as_current_span("request"):
        with process.tracer.start_as_current_span("inner"):
            process.tracer.start_span("innermost").end()
        process.tracer.start_span("sibling").end()
        process.tracer.start_span("root", context=trace.set_span_in_context(INVALID_SPAN)).end()
    told = process.told()
    assert told.pop("request")["outcome"] == "continued"
    assert set(map(bool, told.values())) == {False}


def explicit(process: Process, context: Context, name: str) -> None:
    process.tracer.start_span(name, context=context).end()


def current(process: Process, context: Context, name: str) -> None:
    token = api.attach(context)
    try:
        process.tracer.start_span(name).end()
    finally:
        api.detach(token)


def detached_before_it_ends(process: Process, context: Context, name: str) -> None:
    token = api.attach(context)
    span = process.tracer.start_span(name)
    api.detach(token)
    with trace.use_span(span, end_on_exit=True):
        pass


def in_a_thread(process: Process, context: Context, name: str) -> None:
    thread = threading.Thread(target=explicit, args=(process, context, name))
    thread.start()
    thread.join()


WAYS = [explicit, current, detached_before_it_ends, in_a_thread]


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("headers", [{}, PARENT])
def test_of_several_spans_that_begin_in_one_context_only_the_first_tells(
    process: Process, first: Callable[..., None], second: Callable[..., None], headers: dict[str, str]
) -> None:
    context = propagator.extract(headers, Context())
    first(process, context, "first")
    second(process, context, "second")
    assert [bool(told) for told in process.told().values()] == [True, False]


def test_each_message_is_told_by_its_own_span(process: Process) -> None:
    with process.tracer.start_as_current_span("batch"):
        for number in range(3):
            explicit(process, propagator.extract(PARENT), f"message {number}")
        explicit(process, propagator.extract({}), "without a context")
    told = process.told()
    assert [told[f"message {number}"].get("outcome") for number in range(3)] == ["continued"] * 3
    assert told["without a context"]["outcome"] == "absent"
    assert told["batch"] == {}


def test_a_span_that_is_not_recorded_does_not_use_it_up(process: Process) -> None:
    context = propagator.extract(PARENT)
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(ArrivalRecorder())
    provider.get_tracer("unsampled").start_span("request", context=context).end()
    explicit(process, context, "request")
    assert process.told()["request"]["outcome"] == "continued"


def test_what_arrived_elsewhere_is_not_told_under_another_parent(process: Process) -> None:
    context = propagator.extract(PARENT)
    parent = trace.get_current_span(
        propagator.extract({"traceparent": PARENT["traceparent"]})
    ).get_span_context()
    explicit(process, trace.set_span_in_context(NonRecordingSpan(parent), context), "elsewhere")
    assert process.told()["elsewhere"] == {}


def test_the_members_of_the_sender_are_not_stored_with_the_spans(process: Process) -> None:
    span = process.tracer.start_span("request", context=propagator.extract(PARENT))
    assert span.get_span_context().trace_state == {"mesh": "1"}


def test_a_span_begins_whatever_is_in_its_context(process: Process) -> None:
    process.tracer.start_span("request", context=Context({"weft.arrival": 7, "x": object()})).end()
    assert process.told() == {"request": {}}
