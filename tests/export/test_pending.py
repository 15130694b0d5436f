"""Spans that stay open are announced to Weft, as they are by then, and to nobody else."""

from __future__ import annotations

import gc
import os
import threading
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from tests.export.conftest import QUICK
from tests.servers import until

from weft.export.open_spans import OpenSpans
from weft.export.pending import MOST_SPANS, PendingSpans
from weft.model.pending import OPEN_NS

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from tests.otlp_receiver import Receiver, SentSpan

WEFT = {"weft-version": "1.2"}
AFTER_S = 0.05


@pytest.fixture
def spans() -> OpenSpans:
    return OpenSpans()


@pytest.fixture
def tracer(spans: OpenSpans) -> Any:
    """Opens spans that nobody sends."""

    class Remember(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            spans.started(span)

        def on_end(self, span: ReadableSpan) -> None:
            spans.ended(span)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Remember())
    return provider.get_tracer("test")


class Clock:
    """A clock that is set by hand, in place of the two that the announcer reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000_000.0
        monkeypatch.setattr("weft.export.pending.monotonic_ns", lambda: int(self.now_s * 1e9))
        monkeypatch.setattr("weft.export.pending.time_ns", lambda: int((self.now_s + 1e9) * 1e9))

    def start_ns(self) -> int:
        """What the wall shows, for a span that starts now."""
        return int((self.now_s + 1e9) * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def due(pending: PendingSpans, spans: OpenSpans, backend: str | None = "1") -> list[ReadableSpan]:
    return list(pending.due(spans, backend) or ())


def announcements(receiver: Receiver, name: str) -> list[SentSpan]:
    return [span for span in receiver.spans() if span.name == name and OPEN_NS in span.attributes]


def test_a_span_is_announced_after_a_while_and_again_until_it_ends(
    spans: OpenSpans, tracer: Any, clock: Clock
) -> None:
    pending = PendingSpans()
    span = tracer.start_span("work", start_time=clock.start_ns())
    heard = []
    for second in range(22):
        heard += [(second, each.attributes[OPEN_NS] // 10**9) for each in due(pending, spans)]
        clock.now_s += 1
    assert heard == [(5, 5), (10, 10), (15, 15), (20, 20)]
    span.end()
    clock.now_s += 60
    assert due(pending, spans) == []


def test_a_span_that_ends_in_time_is_never_announced(spans: OpenSpans, tracer: Any, clock: Clock) -> None:
    pending = PendingSpans()
    for _ in range(20):
        span = tracer.start_span("short", start_time=clock.start_ns())
        assert due(pending, spans) == []
        clock.now_s += 4
        assert due(pending, spans) == []
        span.end()


def test_an_announcement_is_the_span_so_far(spans: OpenSpans, tracer: Any, clock: Clock) -> None:
    pending = PendingSpans()
    span = tracer.start_span("first name", start_time=clock.start_ns(), attributes={"a": 1})
    clock.now_s += 6
    [first] = due(pending, spans)
    span.update_name("second name")
    span.set_attribute("b", [1, 2])
    span.add_event("step", {"n": 1})
    clock.now_s += 6
    [second] = due(pending, spans)
    assert (first.name, dict(first.attributes)) == ("first name", {"a": 1, OPEN_NS: 6_000_000_000})
    assert dict(second.attributes) == {"a": 1, "b": (1, 2), OPEN_NS: 12_000_000_000}
    assert (second.name, [event.name for event in second.events]) == ("second name", ["step"])
    assert (first.events, first.end_time, second.end_time) == ((), None, None)
    assert first.context == second.context == span.get_span_context()
    assert (first.resource, first.start_time) == (span.resource, span.start_time)
    assert OPEN_NS not in span.attributes


def test_how_long_a_span_is_open_does_not_follow_a_clock_that_is_set(
    spans: OpenSpans, tracer: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = PendingSpans()
    span = tracer.start_span("work", start_time=clock.start_ns())
    assert due(pending, spans) == []
    monkeypatch.setattr("weft.export.pending.time_ns", lambda: 0)
    clock.now_s += 7
    assert [each.attributes[OPEN_NS] for each in due(pending, spans)] == [7_000_000_000]
    span.end()


def test_of_thousands_those_come_first_that_have_waited_longest(
    spans: OpenSpans, tracer: Any, clock: Clock
) -> None:
    pending = PendingSpans()
    opened = [tracer.start_span(str(n), start_time=clock.start_ns() + n) for n in range(3 * MOST_SPANS)]
    clock.now_s += 6
    heard = []
    for _ in range(3):
        at_once = [int(each.name) for each in due(pending, spans)]
        assert len(at_once) == MOST_SPANS
        heard += at_once
        clock.now_s += 1
    assert heard == list(range(len(opened)))


def test_large_spans_share_no_request_that_is_too_large(spans: OpenSpans, tracer: Any, clock: Clock) -> None:
    pending = PendingSpans()
    opened = [
        tracer.start_span(str(n), start_time=clock.start_ns(), attributes={"text": "x" * 1_000_000})
        for n in range(5)
    ]
    clock.now_s += 6
    sizes = []
    for _ in range(5):
        sizes.append(len(due(pending, spans)))
        clock.now_s += 1
    assert sum(sizes[:5]) >= len(opened)
    assert max(sizes) <= 2


class RecordOnly(Sampler):
    """Spans that processors see and that are not to be exported."""

    def should_sample(self, *arguments: Any, **options: Any) -> SamplingResult:
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self) -> str:
        return "RecordOnly"


def test_a_span_that_is_not_sampled_is_not_announced(spans: OpenSpans, clock: Clock) -> None:
    span = TracerProvider(sampler=RecordOnly(), shutdown_on_exit=False).get_tracer("t").start_span("work")
    spans.started(span)
    clock.now_s += 60
    assert due(PendingSpans(), spans) == []


def test_no_span_is_kept_alive(spans: OpenSpans, tracer: Any, clock: Clock) -> None:
    pending = PendingSpans()
    ended, abandoned = (tracer.start_span("work", start_time=clock.start_ns()) for _ in range(2))
    clock.now_s += 6
    assert len(due(pending, spans)) == 2
    ended.end()
    gone = [ref(ended), ref(abandoned)]
    del ended, abandoned
    gc.collect()
    assert [each() for each in gone] == [None, None]
    clock.now_s += 6
    assert due(pending, spans) == []
    assert pending._watched == {}


def test_spans_are_copied_while_others_write_to_them(spans: OpenSpans, tracer: Any, clock: Clock) -> None:
    pending = PendingSpans()
    span = tracer.start_span("work", start_time=clock.start_ns() - 60 * 10**9)
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            span.set_attribute(f"key {number % 300}", number)  # more than fit: the oldest go
            span.add_event("event", {"n": number})
            span.update_name(f"name {number}")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(300):
            clock.now_s += 6
            [copy] = due(pending, spans)
            assert len(dict(copy.attributes)) <= 129
            assert all(event.name == "event" for event in copy.events)
    finally:
        done.set()
        for writer in writers:
            writer.join()


def test_only_weft_is_sent_announcements(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QUICK)
    processor.announcer = PendingSpans(AFTER_S)
    span = tracer.start_span("long")
    until(lambda: processor._sender.has_answer, "the backend is asked who it is")
    for number in range(5):
        tracer.start_span(str(number)).end()
        assert processor.flush(10)
    assert announcements(receiver, "long") == []
    assert [count for _, _, count in receiver.requests].count(0) == 1  # asked once, with nothing in it

    receiver.answer_headers = WEFT
    tracer.start_span("another").end()
    until(lambda: len(announcements(receiver, "long")) >= 2, "it is announced, and again")
    span.end()
    assert processor.flush(10)
    assert processor.counters.spooled == 0


def test_a_first_span_that_stays_open_is_announced(make: Any, receiver: Receiver) -> None:
    """Before anything ended that could have told who the backend is."""
    receiver.answer_headers = WEFT
    processor, tracer = make(receiver.endpoint, QUICK)
    processor.announcer = PendingSpans(AFTER_S)
    span = tracer.start_span("first")
    until(lambda: announcements(receiver, "first"), "it is announced")
    span.end()


def test_whoever_wants_it_can_have_any_backend_told(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QUICK)
    processor.announcer = PendingSpans(AFTER_S, always=True)
    span = tracer.start_span("long")
    until(lambda: announcements(receiver, "long"), "it is announced")
    span.end()


def test_a_backend_that_is_away_costs_nothing_and_hears_of_it_when_it_is_back(
    make: Any, receiver: Receiver
) -> None:
    receiver.answer_headers, receiver.status = WEFT, 503
    processor, tracer = make(receiver.endpoint, QUICK)
    processor.announcer = PendingSpans(AFTER_S)
    span = tracer.start_span("long")
    until(lambda: len(receiver.requests) > 2, "it is tried")
    assert (processor.counters.spooled, processor.counters.lost) == (0, {})
    receiver.status = 200
    until(lambda: announcements(receiver, "long"), "it is announced")
    span.end()


def test_what_is_open_at_a_fork_is_the_parents(make: Any, receiver: Receiver) -> None:
    receiver.answer_headers = WEFT
    processor, tracer = make(receiver.endpoint, QUICK)
    processor.announcer = PendingSpans(AFTER_S)
    parents = tracer.start_span("parent's")
    until(lambda: announcements(receiver, "parent's"), "the parent announces it")
    pid = os.fork()
    if pid == 0:
        parents.set_attribute("in", "child")
        childs = tracer.start_span("child's")
        try:
            until(lambda: processor.backend, "the child knows the backend")
            until(lambda: not processor._sender._announcement, "it was sent")
        finally:
            childs.end()
            processor.flush(10)
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    receiver.wait_for("child's")
    assert all("in" not in span.attributes for span in announcements(receiver, "parent's"))
    parents.end()


@pytest.mark.parametrize(
    ("environment", "after_s", "always"),
    [
        ({}, 5.0, False),
        ({"WEFT_PENDING": "auto"}, 5.0, False),
        ({"WEFT_PENDING": " Always ", "WEFT_PENDING_AFTER": "0.5"}, 0.5, True),
        ({"WEFT_PENDING_AFTER": "30s"}, 30.0, False),
    ],
    ids=str,
)
def test_the_environment_says_when_and_to_whom(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], after_s: float, always: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = PendingSpans.from_environment()
    assert made is not None
    assert (made._after_ns, made._always) == (int(after_s * 1e9), always)
    assert made._every_ns <= 5_000_000_000


def test_nothing_is_announced_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_PENDING", "never")
    assert PendingSpans.from_environment() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEFT_PENDING", "sometimes")]
    + [("WEFT_PENDING_AFTER", value) for value in ("soon", "-1", "0", "nan", "inf", "1e9")],
)
def test_a_setting_that_cannot_be_used_costs_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    made = PendingSpans.from_environment()
    assert made is not None
    assert made._after_ns == 5_000_000_000
    [record] = caplog.records
    assert name in record.getMessage()
    assert repr(value) in record.getMessage()
