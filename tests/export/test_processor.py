"""The export queue, with real connections and a real socket at the other end."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import tracemalloc
from functools import partialmethod
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from tests.export.conftest import PATIENT, QUICK, forked
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import free_port, until

from weft.export.answer import Answer, Verdict
from weft.export.limits import QueueLimits, SpoolLimits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from weft.export.open_spans import OpenSpans
    from weft.export.processor import ExportProcessor

MIB = 1 << 20


def names(receiver: Receiver) -> list[str]:
    return [span.name for span in receiver.spans()]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


def spool_of(processor: ExportProcessor) -> list[Path]:
    directory = processor._outbox.directory()
    return sorted(processor._outbox._spools._paths()) if directory and processor._outbox._spools else []


def test_spans_arrive_over_the_wire_when_flushed(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    tracer.start_span("one").end()
    assert processor.flush(10)
    assert names(receiver) == ["one"]
    assert receiver.requests[0][0] == "/v1/traces"
    assert (processor.counters.sent, processor.counters.spooled) == (1, 0)


def test_spans_arrive_by_themselves_after_the_delay(make: Any, receiver: Receiver) -> None:
    _, tracer = make(receiver.endpoint, QueueLimits(delay_s=0.05))
    tracer.start_span("one").end()
    receiver.wait_for("one")


def test_a_full_batch_does_not_wait_for_the_delay(make: Any, receiver: Receiver) -> None:
    _, tracer = make(receiver.endpoint, QueueLimits(delay_s=3600, batch_spans=3))
    for number in range(3):
        tracer.start_span(str(number)).end()
    receiver.wait_for("0", "1", "2")


def test_requests_keep_to_what_a_backend_takes(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(
        receiver.endpoint, QueueLimits(delay_s=3600, batch_spans=100, batch_bytes=1 << 20)
    )
    for _ in range(250):
        tracer.start_span("small").end()
    for _ in range(5):
        tracer.start_span("large", attributes={"text": "x" * 600_000}).end()
    assert processor.flush(20)
    assert sum(count for _, _, count in receiver.requests) == 255
    assert max(receiver.sizes) <= 2 * MIB


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
    assert names(receiver) == ["taken"]
    assert processor.counters.lost == {"refused": 1}


def test_flushing_a_backend_that_is_away_ends_at_once_with_the_spans_on_disk(make: Any) -> None:
    processor, tracer = make(f"http://127.0.0.1:{free_port()}")
    tracer.start_span("one").end()
    assert not processor.flush(3600)
    assert processor.counters.on_disk == 1
    assert processor.counters.waiting == 0


def test_flushing_ends_in_time_while_the_backend_does_not_answer(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.answering.clear()
    tracer.start_span("one").end()
    assert not processor.flush(0.01)
    receiver.answering.set()
    assert processor.flush(10)


def test_what_is_not_acknowledged_in_time_is_on_disk_too_and_forgotten_when_it_is(
    make: Any, receiver: Receiver
) -> None:
    processor, tracer = make(receiver.endpoint, QUICK)
    receiver.answering.clear()
    tracer.start_span("one").end()
    until(lambda: processor.counters.on_disk == 1, "the span is on disk")
    tracer.start_span("two").end()
    until(lambda: processor.counters.on_disk == 2, "so is the one behind it")
    receiver.answering.set()
    until(lambda: processor.counters.on_disk == 0, "both were acknowledged")
    assert names(receiver) == ["one", "two"]
    counters = processor.counters
    assert (counters.sent, counters.spooled, counters.resent, counters.lost) == (2, 2, 1, {})
    processor.shutdown()
    assert spool_of(processor) == []


def test_a_backend_that_comes_back_gets_everything_in_order_and_once(make: Any) -> None:
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK)
    for number in range(50):
        tracer.start_span(f"{number:03}").end()
        if number % 10 == 0:
            until(lambda: processor.counters.waiting == 0, "they are on disk")
    until(lambda: processor.counters.on_disk == 50, "all are on disk")
    with otlp_receiver(port) as receiver:
        for number in range(50, 100):
            tracer.start_span(f"{number:03}").end()
        until(lambda: len(receiver.spans()) == 100, "all arrived")
        assert names(receiver) == [f"{number:03}" for number in range(100)]
        until(lambda: processor.counters.sent == 100, "all are counted")
        assert processor.counters.lost == {}
        assert processor.flush(10)


def test_a_busy_backend_is_asked_again_when_it_said(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QUICK)
    receiver.status, receiver.answer_headers = 429, {"retry-after": "0"}
    tracer.start_span("one").end()
    until(lambda: len(receiver.requests) >= 3, "it was asked again")
    receiver.status = 200
    receiver.wait_for("one")
    assert processor.counters.lost == {}


def test_a_wrong_token_costs_nothing_but_time(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status = 401
    tracer.start_span("one").end()
    assert not processor.flush(10)
    receiver.status = 200
    assert processor.flush(10)
    assert names(receiver) == ["one"]


def test_one_span_that_is_refused_does_not_cost_the_others(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status_for = lambda found: 400 if "poison" in found else 200
    tracer.start_span("the backend is known to take spans").end()
    assert processor.flush(10)
    for number in range(100):
        tracer.start_span("poison" if number == 37 else str(number)).end()
    assert not processor.flush(10)
    assert names(receiver)[1:] == [str(number) for number in range(100) if number != 37]
    assert processor.counters.lost == {"refused": 1}


def test_a_request_that_is_refused_in_the_middle_of_a_spool_does_not_hold_up_the_others(make: Any) -> None:
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}")
    for name in ("before", "poison", "after"):
        tracer.start_span(name).end()
        processor.flush(10)
    assert processor.counters.on_disk == 3
    with otlp_receiver(port) as receiver:
        receiver.status_for = lambda found: 400 if "poison" in found else 200
        processor.flush(10)
        until(lambda: processor.counters.on_disk == 0, "all was tried")
        assert names(receiver) == ["before", "after"]
    assert processor.counters.lost == {"refused": 1}


def test_a_backend_that_takes_nothing_is_not_asked_for_each_span(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status = 400
    for _ in range(100):
        tracer.start_span("refused").end()
    assert not processor.flush(10)
    assert len(receiver.requests) == 1


def test_what_is_too_large_for_a_backend_is_sent_in_parts(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    receiver.status_for = lambda found: 413 if len(found) > 7 else 200
    for number in range(100):
        tracer.start_span(f"{number:03}").end()
    assert processor.flush(10)
    assert names(receiver) == [f"{number:03}" for number in range(100)]


def test_spans_that_the_backend_rejects_are_counted_and_said(
    make: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans, answer.partial_success.error_message = 2, "no ids"
    receiver.answer = answer.SerializeToString()
    processor, tracer = make(receiver.endpoint, QUICK)
    for _ in range(3):
        tracer.start_span("one").end()
    processor.flush(10)
    assert processor.counters.sent == 1
    assert processor.counters.lost == {"rejected": 2}
    until(lambda: warnings(caplog), "it is said")
    assert "2 lost: rejected (no ids)" in warnings(caplog)[0]


def test_the_queue_keeps_to_its_number_of_spans(
    make: Any, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    processor, tracer = make(receiver.endpoint, QueueLimits(delay_s=3600, max_spans=5))
    with processor_held(processor):
        for _ in range(8):
            tracer.start_span("one of many").end()
    assert not processor.flush(10) or processor.counters.lost
    assert len(receiver.spans()) == 5
    assert processor.counters.lost == {"queue full": 3}
    until(lambda: warnings(caplog), "it is said")
    assert "3 lost: queue full (more ended than could be sent" in warnings(caplog)[0]


class processor_held:  # noqa: N801 - reads as a with statement
    """Keeps the collecting thread from taking anything."""

    def __init__(self, processor: ExportProcessor) -> None:
        self.processor = processor

    def __enter__(self) -> None:
        self.take, self.processor._take = self.processor._take, list  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self.processor._take = self.take  # type: ignore[method-assign]


def test_the_queue_keeps_to_its_bytes(make: Any, receiver: Receiver) -> None:
    limits = QueueLimits(delay_s=3600, max_bytes=2 * MIB)
    processor, tracer = make(receiver.endpoint, limits)
    tracer.start_span("the threads run").end()
    assert processor.flush(10)
    with processor_held(processor):
        for _ in range(20):
            tracer.start_span("large", attributes={"text": "x" * 100_000}).end()
    processor.flush(10)
    assert len(receiver.spans()) == 1 + 10
    assert processor.counters.lost == {"queue full": 10}


def test_a_single_span_larger_than_the_queue_is_cut_and_sent(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QueueLimits(delay_s=3600, max_bytes=8 * MIB))
    documents = {f"document.{number}": "x" * MIB for number in range(5)}
    with processor_held(processor):
        tracer.start_span("large", attributes=documents).end()
        tracer.start_span("one more", attributes=documents).end()
    assert processor.counters.lost == {"queue full": 1}
    processor.flush(10)
    assert names(receiver) == ["large"]


def test_without_a_disk_memory_is_bounded_and_the_oldest_go(make: Any) -> None:
    limits = QueueLimits(delay_s=0.01, max_bytes=6 * MIB, batch_bytes=MIB // 2)
    processor, tracer = make(f"http://127.0.0.1:{free_port()}", limits, disk=None)
    tracer.start_span("first").end()
    processor.flush(10)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(500):
            tracer.start_span(str(number), attributes={"text": str(number) + "x" * 100_000}).end()
            if number % 5 == 0:
                processor.flush(10)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 7 * MIB
    counters = processor.counters
    assert counters.lost["memory full"] == 501 - counters.waiting
    assert 20 < counters.waiting < 35
    kept = [body.data for body in processor._outbox._fresh]
    assert b"499" in kept[-1]


def test_a_full_disk_drops_the_oldest_and_says_so_once(
    make: Any, spool: SpoolLimits, caplog: pytest.LogCaptureFixture
) -> None:
    small = SpoolLimits(spool.directory, max_bytes=MIB)
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK, disk=small)
    for number in range(60):
        tracer.start_span(f"{number:03}", attributes={"text": "x" * 50_000}).end()
        processor.flush(10)
    lost = processor.counters.lost["spool full"]
    assert processor.counters.on_disk + lost == 60
    assert 10 < processor.counters.on_disk < 25
    assert len([line for line in warnings(caplog) if "spool full" in line]) == 1
    with otlp_receiver(port) as receiver:
        until(lambda: processor.flush(10), "the backend that is back has all")
        assert names(receiver) == [f"{number:03}" for number in range(lost, 60)]


def test_a_disk_that_cannot_be_written_costs_one_warning_and_memory_does(
    make: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK, disk=SpoolLimits(blocked))
    for _ in range(20):
        tracer.start_span("one").end()
        processor.flush(10)
    assert processor.counters.waiting == 20
    until(lambda: warnings(caplog), "it is said")
    assert len(warnings(caplog)) == 1
    assert "cannot be kept on disk" in warnings(caplog)[0]
    with otlp_receiver(port) as receiver:
        until(lambda: processor.flush(10), "the backend that is back has all")
        assert len(receiver.spans()) == 20


def test_a_disk_that_is_full_costs_nothing_when_there_is_room_again(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.export.outbox.DISK_AGAIN_S", 0.05)
    full = threading.Event()
    full.set()
    write = os.pwritev

    def writing(*arguments: Any) -> int:
        if full.is_set():
            raise OSError(28, "No space left on device")
        return write(*arguments)

    monkeypatch.setattr("os.pwritev", writing)
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK)
    tracer.start_span("one").end()
    until(lambda: processor._outbox.disk_error, "the disk was tried")
    assert "No space left" in processor._outbox.disk_error
    assert processor.counters.waiting == 1
    full.clear()
    until(lambda: processor.counters.on_disk == 1, "there is room again")
    with otlp_receiver(port) as receiver:
        receiver.wait_for("one")


def test_where_the_spool_was_deleted_another_one_is_made_and_the_loss_is_said(
    make: Any, spool: SpoolLimits
) -> None:
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK)
    for _ in range(3):
        tracer.start_span("before").end()
    until(lambda: processor.counters.on_disk == 3, "they are on disk")
    assert spool.directory
    shutil.rmtree(spool.directory)
    tracer.start_span("after").end()
    until(lambda: processor.counters.lost == {"disk damaged": 3}, "the loss is noticed")
    until(lambda: processor.counters.on_disk == 1, "there is a disk again")
    assert len(spool_of(processor)) == 1
    with otlp_receiver(port) as receiver:
        until(lambda: processor.flush(10), "the backend that is back has all")
        assert names(receiver) == ["after"]
    assert processor.counters.on_disk == 0


def test_what_is_too_old_is_not_sent(make: Any, spool: SpoolLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.export.outbox.AGE_S", 0.0)
    port = free_port()
    limits = SpoolLimits(spool.directory, max_age_s=0.2)
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK, disk=limits)
    tracer.start_span("old").end()
    until(lambda: processor.counters.on_disk == 1, "it is on disk")
    until(lambda: processor.counters.lost == {"too old": 1}, "it is dropped")
    with otlp_receiver(port) as receiver:
        tracer.start_span("new").end()
        receiver.wait_for("new")
        assert names(receiver) == ["new"]


@pytest.mark.parametrize("still_away", [False, True])
def test_what_a_former_process_left_goes_before_what_is_new(
    still_away: bool, make: Any, receiver: Receiver
) -> None:
    away, tracer = make(receiver.endpoint, service="mine")
    receiver.status = 503
    for name in ("old 1", "old 2"):
        tracer.start_span(name).end()
        assert not away.flush(10)
    away.shutdown()
    receiver.status = 503 if still_away else 200
    processor, tracer = make(receiver.endpoint, service="mine")
    tracer.start_span("new").end()
    if still_away:
        assert not processor.flush(10)
        assert processor.counters.on_disk == 1
        receiver.status = 200
    assert processor.flush(10)
    assert names(receiver) == ["old 1", "old 2", "new"]
    assert processor.counters.resent == 2 + still_away
    processor.shutdown()
    # The thread that sends takes the former process's away, and nobody waits for it.
    until(lambda: spool_of(processor) == [], "no spool is left")


def test_what_another_service_left_is_sent_when_nothing_else_waits(make: Any, receiver: Receiver) -> None:
    away, tracer = make(receiver.endpoint, service="other")
    receiver.status = 503
    tracer.start_span("theirs").end()
    assert not away.flush(10)
    away.shutdown()
    receiver.status = 200
    processor, tracer = make(receiver.endpoint, QUICK, service="mine")
    tracer.start_span("mine").end()
    receiver.wait_for("mine", "theirs")
    until(lambda: processor.counters.resent == 1, "it is counted")
    assert processor.counters.lost == {}


@pytest.fixture
def stray(make: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> ExportProcessor:
    """An idle process that has found the backend away with a span that a dead process had left."""
    monkeypatch.setattr("weft.export.outbox.LOOK_S", 0.02)
    monkeypatch.setattr("weft.export.sender.LOOK_S", 0.02)
    idle, tracer = make(receiver.endpoint, QUICK, service="idle")
    tracer.start_span("begun").end()
    receiver.wait_for("begun")
    receiver.status = 503
    dying, tracer = make(receiver.endpoint, service="short")
    tracer.start_span("left").end()
    assert not dying.flush(10)
    dying.shutdown()
    until(lambda: idle._outbox.failing, "the idle process has tried to send it")
    return idle


def test_an_idle_process_that_could_not_send_what_another_left_tries_again(
    stray: ExportProcessor, receiver: Receiver
) -> None:
    receiver.status = 200
    receiver.wait_for("left")
    until(lambda: stray.counters.resent == 1, "it is counted")
    until(lambda: spool_of(stray) == [], "no spool is left")


def test_what_another_left_is_free_for_others_while_a_process_waits_to_try_again(
    stray: ExportProcessor, make: Any, receiver: Receiver
) -> None:
    receiver.status, receiver.answer_headers = 503, {"retry-after": "300"}
    until(lambda: stray._sender._last.after_s, "the idle process was told to wait for minutes")
    receiver.status = 200
    _, tracer = make(receiver.endpoint, QUICK, service="mine")
    tracer.start_span("mine").end()
    receiver.wait_for("mine", "left")
    assert stray.counters.resent == 0


def test_a_process_that_has_nothing_to_send_does_not_complain_of_what_another_left(
    stray: ExportProcessor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.clear()
    monkeypatch.setattr("weft.export.report.QUIET_S", 0.0)
    failures = stray._outbox.failures
    until(lambda: stray._outbox.failures > failures + 1, "it has failed again")
    stray.flush(10)
    assert warnings(caplog) == []


def test_a_process_that_has_nothing_to_say_sends_what_its_predecessor_left(
    make: Any, receiver: Receiver
) -> None:
    away, tracer = make(receiver.endpoint)
    receiver.status = 503
    tracer.start_span("old").end()
    assert not away.flush(10)
    away.shutdown()
    receiver.status = 200
    make(receiver.endpoint)
    receiver.wait_for("old")


def test_what_is_for_another_destination_stays(make: Any, receiver: Receiver) -> None:
    away, tracer = make(f"http://127.0.0.1:{free_port()}")
    tracer.start_span("theirs").end()
    assert not away.flush(10)
    away.shutdown()
    processor, tracer = make(receiver.endpoint)
    tracer.start_span("mine").end()
    assert processor.flush(10)
    assert processor._outbox._left_behind() is None
    assert names(receiver) == ["mine"]


def test_a_backend_that_is_away_is_one_line_that_says_what_happens(
    make: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.export.report.QUIET_S", 0.0)
    endpoint = f"http://127.0.0.1:{free_port()}"
    processor, tracer = make(endpoint, QUICK)
    for _ in range(20):
        tracer.start_span("kept").end()
        processor.flush(10)
    until(lambda: warnings(caplog), "it is said")
    (line,) = warnings(caplog)
    assert f"spans are not reaching {endpoint}/v1/traces ([Errno 111] Connection refused)" in line
    assert "kept on disk in " in line
    assert "weft up" in line
    assert "lost" not in line


def test_a_restart_of_the_backend_is_not_worth_a_line(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}", QUICK)
    tracer.start_span("one").end()
    until(lambda: processor.counters.on_disk == 1, "it is on disk")
    with otlp_receiver(port) as receiver:
        receiver.wait_for("one")
        until(lambda: processor.flush(10), "the backend that is back has all")
        processor.shutdown()
    assert warnings(caplog) == []


def test_shutting_down_sends_what_waits(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    for number in range(1000):
        tracer.start_span(str(number)).end()
    processor.shutdown()
    assert len(receiver.spans()) == 1000
    tracer.start_span("afterwards").end()
    processor.shutdown()
    assert len(receiver.spans()) == 1000
    assert spool_of(processor) == []


def test_shutting_down_without_a_backend_keeps_everything_and_says_where(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    processor, tracer = make(f"http://127.0.0.1:{port}")
    for _ in range(7):
        tracer.start_span("kept").end()
    processor.shutdown()  # SDK 1.45's own would take seven seconds, or thirty
    (line,) = warnings(caplog)
    assert "7 spans did not reach" in line
    assert "kept on disk" in line
    with otlp_receiver(port) as receiver:
        _, tracer = make(receiver.endpoint, QUICK)
        tracer.start_span("next process").end()
        receiver.wait_for("kept", "next process")
        assert names(receiver) == ["kept"] * 7 + ["next process"]


def test_shutting_down_without_backend_and_disk_gives_up_and_counts(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    processor, tracer = make(f"http://127.0.0.1:{free_port()}", disk=None)
    for _ in range(7):
        tracer.start_span("lost").end()
    processor.shutdown()
    (line,) = warnings(caplog)
    assert "7 spans did not reach" in line
    assert "Connection refused" in line
    assert "disk" not in line
    assert processor.counters.lost == {"not sent before the end": 7}


@pytest.mark.parametrize("on_disk", [True, False])
def test_shutting_down_does_not_wait_for_a_backend_that_does_not_answer(
    on_disk: bool, make: Any, receiver: Receiver, spool: SpoolLimits
) -> None:
    processor, tracer = make(receiver.endpoint, disk=spool if on_disk else None)
    receiver.answering.clear()
    tracer.start_span("one").end()
    processor.shutdown(timeout_s=3600)  # ends not because the time is over, but because nobody answers
    assert processor.counters.on_disk == int(on_disk)
    assert processor.counters.lost == ({} if on_disk else {"not sent before the end": 1})


def test_a_connection_that_raises_costs_nothing(make: Any, receiver: Receiver) -> None:
    calls: list[int] = []

    class Raising:
        def send(self, body: bytes) -> Answer:
            calls.append(len(ExportTraceServiceRequest.FromString(body).resource_spans))
            if len(calls) == 1:
                raise RuntimeError("somebody's own")
            return Answer(Verdict.TAKEN)

        def close(self) -> None: ...

    processor, tracer = make("http://a:1", wire=Raising)
    tracer.start_span("one").end()
    assert processor.flush(10) or processor.flush(10)
    assert len(calls) == 2
    assert processor.counters.sent == 1


def test_a_connection_that_cannot_be_made_is_said_at_once(make: Any) -> None:
    def fail() -> Any:
        raise OSError("no such certificate")

    with pytest.raises(OSError, match="no such certificate"):
        make("http://a:1", wire=fail)


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
    assert names(receiver) == ["one"]
    assert "traceparent" not in receiver.requests[0][1]


class Everything:
    """Announces every open span, each time."""

    def __init__(self) -> None:
        self.backends: list[str | None] = []

    def due(self, spans: OpenSpans, backend: str | None) -> Sequence[Any]:
        self.backends.append(backend)
        return list(spans)


def test_open_spans_are_announced_and_never_written_to_disk(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, QUICK)
    receiver.answer_headers = {"weft-version": "1.2"}
    tracer.start_span("first").end()
    assert processor.flush(10)
    processor.announcer = announcer = Everything()
    span = tracer.start_span("open")
    receiver.wait_for("open")
    until(lambda: "1.2" in announcer.backends, "the announcer knows who listens")
    assert processor.backend == "1.2"
    receiver.status = 503
    seen = len(receiver.requests)
    until(lambda: len(receiver.requests) > seen + 1, "announcements are refused")
    processor.announcer = None
    assert processor.counters.sent == 1
    assert processor.counters.spooled == 0
    receiver.status = 200
    span.end()
    assert processor.flush(10)
    assert processor.counters.sent == 2


def test_a_span_that_ends_in_a_finalizer_is_queued(make: Any, receiver: Receiver) -> None:
    """The garbage collector may run while a span of this thread is being queued."""
    processor, tracer = make(receiver.endpoint)

    def collected() -> Iterator[None]:
        span = tracer.start_span("ended by the collector")
        try:
            yield
        finally:
            span.end()

    with processor._starting, processor._outbox.changed, processor._tally._lock:
        generator = collected()
        next(generator)
        del generator
        gc.collect()
    assert processor.flush(10)
    assert names(receiver) == ["ended by the collector"]


@pytest.fixture
def starting(monkeypatch: pytest.MonkeyPatch) -> Starting:
    found = Starting(threading.Thread.start)
    monkeypatch.setattr("threading.Thread.start", partialmethod(found))
    return found


class Starting:
    """What is called instead of ``Thread.start``: notes our threads, and does what it is told as well."""

    def __init__(self, start: Any) -> None:
        self.started: list[str] = []
        self.fails: str | None = None
        self.then: Any = lambda: None
        self._start = start

    def __call__(self, thread: threading.Thread) -> None:
        if thread.name == self.fails:
            raise RuntimeError("can't start new thread")
        self._start(thread)
        if thread.name.startswith("weft-"):
            self.started.append(thread.name)
            self.then()


def test_a_span_that_ends_in_a_finalizer_while_threads_are_started_starts_none(
    starting: Starting, make: Any, receiver: Receiver
) -> None:
    processor, tracer = make(receiver.endpoint)
    starting.then = lambda: tracer.start_span("in a finalizer").end()
    tracer.start_span("first").end()
    assert starting.started == ["weft-send", "weft-export"]
    assert processor.flush(10)
    assert sorted(names(receiver)) == ["first", "in a finalizer", "in a finalizer"]


@pytest.mark.parametrize("disk", [True, False])
def test_where_one_thread_cannot_be_started_the_other_is_started_once(
    disk: bool, starting: Starting, make: Any, receiver: Receiver, spool: SpoolLimits
) -> None:
    processor, tracer = make(receiver.endpoint, disk=spool if disk else None)
    starting.fails = "weft-export"
    for number in range(5):
        tracer.start_span(str(number)).end()
    assert starting.started == ["weft-send"]
    starting.fails = None
    tracer.start_span("5").end()
    assert processor.flush(10)
    assert starting.started == ["weft-send", "weft-export"]
    # One that is written to disk while it is on its way may be sent from there too.
    assert set(names(receiver)) == {str(number) for number in range(6)}
    assert processor.counters.lost == {}


def test_what_could_not_be_collected_by_a_thread_is_sent_at_the_end(
    starting: Starting, make: Any, receiver: Receiver
) -> None:
    processor, tracer = make(receiver.endpoint, disk=None)
    starting.fails = "weft-export"
    tracer.start_span("one").end()
    processor.shutdown()
    assert names(receiver) == ["one"]
    assert processor.counters.lost == {}


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # since Python 3.12
def test_nothing_begins_again_after_the_end(starting: Starting, make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint)
    processor.announcer = Everything()
    processor.shutdown()

    def span() -> bool:
        tracer.start_span("late").end()
        return not starting.started and processor.counters.waiting == 0

    assert span()
    assert forked(span) == 0
    assert receiver.requests == []


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


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # since Python 3.12
class TestFork:
    def test_a_child_sends_its_own_spans_over_its_own_connection(self, make: Any, receiver: Receiver) -> None:
        processor, tracer = make(receiver.endpoint)
        tracer.start_span("parent, before").end()
        assert processor.flush(10)
        tracer.start_span("parent, waiting").end()
        child = forked(lambda: tracer.start_span("child").end() or processor.flush(10))
        assert child == 0
        assert processor.flush(10)
        assert sorted(names(receiver)) == ["child", "parent, before", "parent, waiting"]
        assert receiver.connections == 2

    def test_what_waits_is_sent_before_a_fork(self, make: Any, receiver: Receiver) -> None:
        _, tracer = make(receiver.endpoint)
        tracer.start_span("waiting").end()
        forked(lambda: True)
        assert names(receiver) == ["waiting"]

    def test_without_a_backend_what_waits_is_on_disk_before_a_fork(self, make: Any) -> None:
        processor, tracer = make(f"http://127.0.0.1:{free_port()}")
        tracer.start_span("waiting").end()
        forked(lambda: True)
        assert processor.counters.on_disk == 1

    def test_a_span_that_was_open_at_the_fork_is_the_parents(self, make: Any, receiver: Receiver) -> None:
        processor, tracer = make(receiver.endpoint)
        span = tracer.start_span("open")

        def child() -> bool:
            tracer.start_span("of the child").end()
            span.end()
            return bool(processor.flush(10)) and processor.counters.sent == 1

        assert forked(child) == 0
        span.end()
        assert processor.flush(10)
        assert sorted(names(receiver)) == ["of the child", "open"]

    def test_a_child_has_a_disk_of_its_own(self, make: Any) -> None:
        processor, tracer = make(f"http://127.0.0.1:{free_port()}")
        tracer.start_span("parent").end()
        assert not processor.flush(10)

        def child() -> bool:
            tracer.start_span("child").end()
            processor.flush(10)
            return bool(processor.counters.on_disk == 1)

        assert forked(child) == 0
        tracer.start_span("parent again").end()
        assert not processor.flush(10)
        assert processor.counters.on_disk == 2
        assert len(spool_of(processor)) == 2

    def test_a_fork_while_threads_are_busy_leaves_the_child_working(
        self, make: Any, receiver: Receiver
    ) -> None:
        processor, tracer = make(receiver.endpoint, QueueLimits(delay_s=0.001, grace_s=0.001))
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                tracer.start_span("busy").end()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            for _ in range(10):
                assert forked(lambda: tracer.start_span("child").end() or processor.flush(10)) == 0
        finally:
            stop.set()
            thread.join()
        assert names(receiver).count("child") == 10


def test_patience_is_what_the_other_tests_rely_on(make: Any, receiver: Receiver) -> None:
    processor, tracer = make(receiver.endpoint, PATIENT)
    tracer.start_span("one").end()
    assert processor.counters.waiting == 1
    assert processor.settle(10)
    assert processor.counters.sent == 1
    assert processor.settle(0)
