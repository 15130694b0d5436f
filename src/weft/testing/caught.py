"""Spans that are made in this process, kept in memory."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from weft.instrument.ids import OwnIds
from weft.model import keys
from weft.model.span import Span
from weft.model.trace import Trace
from weft.testing.spans import span_of
from weft.testing.traces import Traces

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.id_generator import IdGenerator

_HINT: Final = (
    "nothing in it made a span while they were caught; is it decorated with weft.agent, or instrumented "
    "(weft.init), and is OTEL_SDK_DISABLED unset?"
)


class Memory(SpanProcessor):
    """Keeps the spans that begin while somebody catches them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._catching = False
        self._spans: dict[int, ReadableSpan] = {}

    def on_start(self, span: Any, parent_context: "Context | None" = None) -> None:  # noqa: ARG002 - the SDK's
        """Keep a span from its start on: one that never ends is part of the trace too."""
        with self._lock:
            if self._catching:
                self._spans[span.context.span_id] = span

    def on_end(self, span: ReadableSpan) -> None:
        """Keep what it has become."""
        with self._lock:
            if span.context is not None and span.context.span_id in self._spans:
                self._spans[span.context.span_id] = span

    def begin(self) -> None:
        """Forget everything, and keep what begins from now on."""
        with self._lock:
            self._spans = {}
            self._catching = True

    def end(self) -> None:
        """Keep no more spans; those that were caught stay until the next `begin`."""
        with self._lock:
            self._catching = False

    def spans(self) -> list[Span]:
        """Give the spans so far."""
        with self._lock:
            kept = list(self._spans.values())
        return [span_of(span) for span in kept]

    def traces(self) -> list[Trace]:
        """Give the traces that the spans make."""
        together: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans():
            together[span.trace_id].append(span)
        return [Trace(trace_id, spans) for trace_id, spans in together.items()]


@contextmanager
def caught_spans(ids: "IdGenerator | None" = None) -> Iterator[Traces]:
    """Catch the spans that begin in this process inside the context.

    Where the process has a tracer provider, made by `weft.init` or anybody else, it is used. Where it has
    none one is made, which stays: OpenTelemetry takes only one in a process.

    Args:
        ids: For a provider that is made here: where ids come from.

    Raises:
        TypeError: The process has a tracer provider that takes no span processors.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = TracerProvider(
            resource=Resource.create({keys.SERVICE_NAME: "tests"}), id_generator=ids or OwnIds()
        )
        trace.set_tracer_provider(provider)
    if not isinstance(provider, TracerProvider):
        raise TypeError(
            f"spans cannot be caught: the tracer provider is {type(provider).__name__}, which takes no span "
            "processors"
        )
    memory = _memory_of(provider)
    memory.begin()
    try:
        yield Traces(memory.traces, where="the test process", hint=_HINT)
    finally:
        memory.end()


#: A provider does not give a processor back, so each has one for good.
_memories: dict[int, tuple[TracerProvider, Memory]] = {}


def _memory_of(provider: TracerProvider) -> Memory:
    if id(provider) not in _memories:
        memory = Memory()
        provider.add_span_processor(memory)
        _memories[id(provider)] = provider, memory
    return _memories[id(provider)][1]
