"""What sync and asyncio servers have in common: how a call that arrives gets its span."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import SpanKind

from weft.instrument.functions import traced
from weft.instrument.libraries.grpc.doors import door
from weft.instrument.libraries.grpc.metadata import arrived
from weft.instrument.libraries.grpc.served import ServedContext, ServedSpan
from weft.instrument.libraries.grpc.span import Naming, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from weft.instrument.libraries.grpc.doors import Ports


class Serving:
    """Mixed into contrib's interceptors: how the calls of one server are served.

    Args:
        filter_: Which calls are traced; all by default (OTEL_PYTHON_GRPC_EXCLUDED_SERVICES).
        ports: Where the server listens.
    """

    _filter: Callable[[object], bool] | None
    _start_span: Callable[[Any, Any], Any]

    def __init__(self, filter_: Callable[[object], bool] | None, ports: Ports) -> None:
        self._ports = ports
        super().__init__(Naming(), filter_)  # type: ignore[call-arg]  # contrib's interceptors

    def wants(self, details: Any) -> bool:
        """Whether a call is traced."""
        return is_instrumentation_enabled() and (self._filter is None or bool(self._filter(details)))

    def begin(self, details: Any, context: Any) -> tuple[ServedSpan, ServedContext]:
        """Start the span of a call that has arrived; returns it and the context to show to the handler."""
        parent = arrived(details.invocation_metadata, details.method, door(self._ports))
        name = named(details.method, SpanKind.SERVER, lambda: self._start_span(details, context))
        call = ServedSpan(name, parent)
        return call, ServedContext(context, call)

    def serve(self, details: Any, behavior: Callable[..., Any], *, streams: bool) -> Callable[..., Any]:
        """Return a sync handler under a span; one that streams keeps it until its last answer is taken."""

        @functools.wraps(behavior)
        def answer(request: Any, context: Any, *more: Any) -> Any:
            call, context = self.begin(details, context)
            with call:
                return behavior(request, context, *more)

        @functools.wraps(behavior)
        def answers(request: Any, context: Any) -> Iterator[Any]:
            call, context = self.begin(details, context)

            def each() -> Iterator[Any]:
                yield from behavior(request, context)

            yield from traced(each, lambda *_: call)()

        # grpc.experimental: a handler that is called back for more answers.
        calls_back = getattr(behavior, "experimental_non_blocking", False)
        return answers if streams and not calls_back else answer
