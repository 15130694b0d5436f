"""The estimate of a span's memory."""

from __future__ import annotations

import tracemalloc
from sys import getsizeof
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from weft.export.size import size_of


class Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def ended(count: int = 1, events: int = 0, **attributes: Any) -> list[ReadableSpan]:
    provider = TracerProvider(shutdown_on_exit=False)
    kept = Kept()
    provider.add_span_processor(kept)
    tracer = provider.get_tracer("test")
    for number in range(count):
        span = tracer.start_span("span")
        for key, value in attributes.items():
            span.set_attribute(key, value + str(number) if isinstance(value, str) else value)
        for _ in range(events):
            span.add_event("event", {"key": "value" + str(number)})
        span.end()
    return kept.spans


@pytest.mark.parametrize(("attributes", "events"), [(0, 0), (5, 0), (20, 0), (0, 5), (10, 3)])
def test_the_estimate_is_near_what_python_allocates(attributes: int, events: int) -> None:
    ended()  # what is allocated once only
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        spans = ended(200, events, **{f"key{number}": "v" * 100 for number in range(attributes)})
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    allocated = (after - before) / len(spans)
    assert 0.7 * allocated < size_of(spans[0]) < 1.5 * allocated


def test_large_values_count_whole_wherever_they_are() -> None:
    text = "x" * 100_000
    (bare,) = ended()
    for value in (text, [text, "y"], {"inner": {"deep": text}}, text.encode(), "日" * 50_000):
        (span,) = ended(key=value)
        assert size_of(span) > size_of(bare) + 99_000
    (span,) = ended(events=1)
    assert size_of(span) > size_of(bare) + getsizeof("value0")


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    value: Any = "bottom"
    for _ in range(100_000):
        value = [value]
    span = ReadableSpan("span", attributes={"key": value})
    assert size_of(span) > 100_000
    while isinstance(value, list):  # taken apart by hand: so deep a list exhausts the stack when it is freed
        value = value[0]
