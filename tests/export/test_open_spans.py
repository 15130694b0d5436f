"""Which spans are open."""

from __future__ import annotations

import gc
import threading
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from weft.export.open_spans import SWEEP_AT, OpenSpans


class Watch(SpanProcessor):
    def __init__(self) -> None:
        self.open = OpenSpans()

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.open.started(span)

    def on_end(self, span: ReadableSpan) -> None:
        assert self.open.ended(span)


def watched() -> tuple[OpenSpans, Any]:
    provider, watch = TracerProvider(shutdown_on_exit=False), Watch()
    provider.add_span_processor(watch)
    return watch.open, provider.get_tracer("test")


def test_a_span_is_open_from_its_start_to_its_end() -> None:
    spans, tracer = watched()
    first, second = tracer.start_span("first"), tracer.start_span("second")
    assert [span.name for span in spans] == ["first", "second"]
    first.end()
    assert [span.name for span in spans] == ["second"]
    second.end()
    assert list(spans) == []


def test_a_span_that_nobody_holds_is_not_open() -> None:
    spans, tracer = watched()
    tracer.start_span("abandoned")
    gc.collect()
    assert list(spans) == []


def test_abandoned_spans_leave_nothing_behind() -> None:
    spans, tracer = watched()
    kept = [tracer.start_span("kept") for _ in range(10)]
    for _ in range(10 * SWEEP_AT):
        tracer.start_span("abandoned")
    assert len(spans) <= 2 * SWEEP_AT
    assert len(list(spans)) == len(kept)


def test_a_span_from_elsewhere_was_not_open() -> None:
    spans, _ = watched()
    _, other = watched()
    assert not spans.ended(other.start_span("theirs"))
    assert not spans.ended(ReadableSpan("without context"))


def test_threads_may_start_and_end_spans_while_they_are_listed() -> None:
    spans, tracer = watched()

    def work() -> None:
        for _ in range(2000):
            tracer.start_span("one of many").end()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        list(spans)
    assert list(spans) == []
