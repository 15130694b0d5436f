"""Spans in memory, and a process whose OpenTelemetry globals are as new for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once
from tests.otlp_receiver import Receiver, otlp_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator


class Spans:
    """The spans that have ended."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def all(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def names(self) -> list[str]:
        return [span.name for span in self.all()]

    def __getitem__(self, name: str) -> ReadableSpan:
        found = [span for span in self.all() if span.name == name]
        assert len(found) == 1, f"{len(found)} spans are called {name!r}, of {self.names()}"
        return found[0]

    def parent_of(self, name: str) -> str | None:
        """The name of a span's parent, or None for a root."""
        parent = self[name].parent
        if parent is None:
            return None
        (found,) = [
            span.name for span in self.all() if span.context and span.context.span_id == parent.span_id
        ]
        return found


@pytest.fixture
def no_provider() -> Iterator[None]:
    """Nobody has set a tracer provider yet."""
    before = trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, Once()
    yield
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = before


@pytest.fixture
def spans(no_provider: None) -> Spans:
    """Spans of a provider that keeps them."""
    kept = Spans()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept.exporter))
    trace.set_tracer_provider(provider)
    return kept


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A stand-in for a backend, on a real socket."""
    with otlp_receiver() as running:
        yield running
