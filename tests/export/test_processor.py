"""The export queue, with real exporters and a real socket at the other end."""

from __future__ import annotations

import gc
import os
import signal
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import free_port, until

from weft.export.limits import QueueLimits
from weft.export.otlp import destination
from weft.export.processor import ExportProcessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

PATIENT = QueueLimits(delay_s=3600)  # nothing is sent unless somebody asks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


@pytest.fixture
def make() -> Iterator[Callable[..., tuple[ExportProcessor, Any]]]:
    """Makes processors, each with a tracer that feeds it."""
    made: list[ExportProcessor] = []

    def processor(
        endpoint: str,
        limits: QueueLimits = PATIENT,
        exporter: Callable[[], SpanExporter] | None = None,
        **options: Any,
    ) -> tuple[ExportProcessor, Any]:
        where = destination(endpoint)
        made.append(ExportProcessor(exporter or where.exporter, destination=str(where), limits=limits))
        provider = TracerProvider(shutdown_on_exit=False, **options)
        provider.add_span_processor(made[-1])
        return made[-1], provider.get_tracer("test")

    yield processor
    for each in made:
        each.shutdown()


class Blocked(SpanExporter):
    """An exporter in the middle of a request, until it is let go; then every request fails."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.entered.set()
        self.go_on.wait()
        self.failed += len(spans)
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self.go_on.set()


def test_spans_arrive_over_the_wire_when_flushed(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    tracer.start_span("one").end()
    assert processor.flush(10)
    assert [span.name for span in receiver.spans()] == ["one"]
    assert receiver.requests[0][0] == "/v1/traces"


def test_spans_arrive_by_themselves_after_the_delay(make: Any, receiver: Receiver) -> None:
    _, tracer = make(receiver.endpoint, QueueLimits(delay_s=0.05))
    tracer.start_span("one").end()
    receiver.wait_for("one")


def test_a_full_batch_does_not_wait_for_the_delay(make: Any, receiver: Receiver) -> None:
    _, tracer = make(receiver.endpoint, QueueLimits(delay_s=3600, batch_spans=3))
    for number in range(3):
        tracer.start_span(str(number)).end()
    receiver.wait_for("0", "1", "2")


def test_batches_keep_to_their_spans_and_bytes(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(
        receiver.endpoint, QueueLimits(delay_s=3600, batch_spans=100, batch_bytes=1 << 20)
    )
    for _ in range(250):
        tracer.start_span("small").end()
    for _ in range(5):
        tracer.start_span("large", attributes={"text": "x" * 600_000}).end()
    assert processor.flush(20)
    counts = [count for _, _, count in receiver.requests]
    assert sum(counts) == 255
    assert max(counts) <= 100
    assert len(counts) >= 5 + 3 - 1


class RecordOnly(Sampler):
    """Spans that processors see and that are not to be exported."""

    def should_sample(self, *arguments: Any, **options: Any) -> SamplingResult:
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self) -> str:
        return "RecordOnly"


def test_spans_that_are_not_sampled_are_not_sent(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, sampler=RecordOnly())
    tracer.start_span("one").end()
    assert processor.flush(10)
    assert receiver.requests == []


def test_flushing_says_when_the_backend_did_not_take_it(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status = 400
    tracer.start_span("refused").end()
    assert not processor.flush(10)
    receiver.status = 200
    tracer.start_span("taken").end()
    assert processor.flush(10)
    assert [span.name for span in receiver.spans()] == ["taken"]


def test_flushing_ends_in_time_while_the_backend_is_away(make: Any) -> None:
    exporter = Blocked()
    processor, tracer = make("http://a:1", exporter=lambda: exporter)
    tracer.start_span("one").end()
    assert not processor.flush(0.01)


def test_the_queue_keeps_to_its_number_of_spans(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    exporter = Blocked()
    processor, tracer = make(
        "http://a:1", QueueLimits(delay_s=3600, max_spans=10, batch_spans=1), lambda: exporter
    )
    tracer.start_span("on its way").end()
    assert exporter.entered.wait(10)
    for _ in range(50):
        tracer.start_span("waiting").end()
    processor.shutdown(0.1)
    until(lambda: exporter.failed == 11, "the ten that waited and the one on its way were handed over")
    assert ["51 spans did not reach" in record.getMessage() for record in caplog.records] == [True]


def test_the_queue_keeps_to_its_bytes_while_the_backend_is_away(make: Any) -> None:
    exporter = Blocked()
    limits = QueueLimits(delay_s=3600, max_bytes=5 << 20, batch_bytes=1 << 20)
    _, tracer = make("http://a:1", limits, lambda: exporter)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(500):
            tracer.start_span("large", attributes={"text": str(number) + "x" * 100_000}).end()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 4 << 20 < after - before < 6 << 20


def test_a_dead_backend_is_one_warning_however_many_spans(
    make: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status = 400
    for _ in range(20):
        tracer.start_span("lost").end()
        processor.flush(10)
    warnings = [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert len(warnings) == 1
    text = warnings[0].getMessage()
    assert f"spans are not reaching {receiver.endpoint}/v1/traces" in text
    assert "400" in text
    assert "weft up" in text


def test_losses_by_overload_are_said_to_be_that(
    make: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    processor, tracer = make(receiver.endpoint, QueueLimits(delay_s=3600, max_spans=5))
    for _ in range(8):
        tracer.start_span("one of many").end()
    processor.flush(10)
    assert len(receiver.spans()) == 5
    assert "3 spans lost: more ended than could be sent" in caplog.text


def test_shutting_down_sends_what_waits(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    for number in range(1000):
        tracer.start_span(str(number)).end()
    processor.shutdown()
    assert len(receiver.spans()) == 1000
    tracer.start_span("afterwards").end()
    processor.shutdown()
    assert len(receiver.spans()) == 1000


def test_shutting_down_with_a_dead_backend_gives_up_and_counts(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    processor, tracer = make(f"http://127.0.0.1:{free_port()}")
    for _ in range(7):
        tracer.start_span("lost").end()
    processor.shutdown()  # SDK 1.45's own would take seven seconds, or thirty
    lines = [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
    assert len(lines) == 1
    assert "7" in lines[0]


def test_shutting_down_does_not_wait_for_a_backend_that_does_not_answer(make: Any) -> None:
    exporter = Blocked()
    processor, tracer = make("http://a:1", exporter=lambda: exporter)
    tracer.start_span("lost").end()
    processor.shutdown(timeout_s=3600)  # ends not because the time is over, but because nobody answers
    until(lambda: exporter.failed == 1, "the request that was under way was aborted")


def test_an_exporter_that_raises_costs_its_batch_only(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    class Raising(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            calls.append(len(spans))
            if len(calls) == 1:
                raise RuntimeError("the exporter's own")
            return SpanExportResult.SUCCESS

    processor, tracer = make("http://a:1", exporter=Raising)
    tracer.start_span("one").end()
    assert not processor.flush(10)
    tracer.start_span("two").end()
    assert processor.flush(10)
    assert "the exporter's own" in caplog.text


def test_an_exporter_that_cannot_be_made_is_said_at_once(make: Any) -> None:
    def fail() -> SpanExporter:
        raise OSError("no such certificate")

    with pytest.raises(OSError, match="no such certificate"):
        make("http://a:1", exporter=fail)


def test_the_export_does_not_trace_itself(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    RequestsInstrumentor().instrument(tracer_provider=provider)
    try:
        tracer.start_span("one").end()
        assert processor.flush(10)
        assert processor.flush(10)
    finally:
        RequestsInstrumentor().uninstrument()
    assert [span.name for span in receiver.spans()] == ["one"]
    assert "traceparent" not in receiver.requests[0][1]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # since Python 3.12
def test_a_forked_child_sends_its_own_spans_over_its_own_connection(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    tracer.start_span("parent, before").end()
    assert processor.flush(10)
    tracer.start_span("parent, waiting").end()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        tracer.start_span("child").end()
        os._exit(0 if processor.flush(10) else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert processor.flush(10)
    assert sorted(span.name for span in receiver.spans()) == ["child", "parent, before", "parent, waiting"]


def test_a_span_that_ends_in_a_finalizer_inside_the_queue_is_queued(make: Any, receiver: Receiver) -> None:
    """The garbage collector may run while this thread is in the queue; the lock must let it in again."""
    processor, tracer = make(receiver.endpoint)

    def collected() -> Iterator[None]:
        span = tracer.start_span("ended by the collector")
        try:
            yield
        finally:
            span.end()

    with processor._lock:
        generator = collected()
        next(generator)
        del generator
        gc.collect()
    assert processor.flush(10)
    assert [span.name for span in receiver.spans()] == ["ended by the collector"]


def test_many_threads_lose_nothing(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QueueLimits(delay_s=0.01, batch_spans=64))

    def work() -> None:
        for _ in range(200):
            tracer.start_span("one of many").end()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert processor.flush(20)
    assert len({span.span_id for span in receiver.spans()}) == len(receiver.spans()) == 1600
