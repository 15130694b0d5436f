"""A span from its start to its end, and how its end is told: success, failure, cancellation, early close."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, set_value
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanKind, Status, StatusCode

from weft.context.current import leave
from weft.context.execution import execution
from weft.instrument.tracer import tracer as weft_tracer
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.util.types import Attributes

RUNNING: Final = create_key("weft.running")
MAX_DESCRIPTION_CHARS: Final = 4096

_log = logging.getLogger("weft.instrument")


class RunningSpan:
    """A started span. Whatever goes wrong inside OpenTelemetry, the work it measures goes on.

    Attributes:
        span: The OpenTelemetry span.
        context: The context in which the work runs: ``span`` is its current span.
        passed_on: Attributes that scopes inside this one may inherit.
        outer: The enclosing running span in this process, if there is one; None once this one has ended.
        entered_by: The task or thread whose ``with`` block it is (`execution`); None without such a block.
    """

    __slots__ = ("_attached", "_token", "context", "entered_by", "outer", "passed_on", "span")

    def __init__(
        self,
        name: str,
        *,
        parent: Context,
        kind: SpanKind,
        attributes: Mapping[str, object],
        links: Sequence[Link],
        passed_on: Mapping[str, object],
        outer: RunningSpan | None,
        tracer: trace.Tracer | None = None,
    ) -> None:
        self.passed_on = passed_on
        self.outer = outer
        self.span: Span = INVALID_SPAN
        self.context = parent
        self.entered_by: int | None = None
        self._token: Token[Context] | None = None
        self._attached = parent
        try:
            self.span = (tracer or weft_tracer()).start_span(
                name, context=parent, kind=kind, attributes=cast("Attributes", attributes), links=links
            )
            self.context = trace.set_span_in_context(self.span, parent)
        except Exception:  # noqa: BLE001 - samplers and processors are anyone's code; the work must go on
            _log.debug("the span %r could not be started", name, exc_info=True)
        self.context = set_value(RUNNING, self, self.context)

    def __enter__(self) -> Span:
        return self.enter(self.context)

    def enter(self, context: Context) -> Span:
        """Begin a ``with`` block in which ``context`` is current: the span's own, as it suits the block."""
        self.entered_by = execution()
        self._attached = context
        self._token = attach(context)
        return self.span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token, self._attached)
            # Both hold the context from before the block, and with it the spans in it (see `end`).
            self._token, self._attached = None, self.context
        self.end(error)

    def end(self, error: BaseException | None = None) -> None:
        """End the span, once, with what its work raised, if it did."""
        # A task that schedules its successor inside its span would keep every span before it (3,000 of 3,000,
        # measured), as each is the outer one of the next.
        self.outer = None
        if not self.span.is_recording():
            return
        if error is not None:
            with suppress(Exception):  # recording prints the exception, and its __str__ is anyone's code
                _tell(self.span, error)
        try:
            self.span.end()
        except Exception:  # noqa: BLE001 - processors are anyone's code; the work must go on
            _log.debug("a span could not be ended", exc_info=True)


def _tell(span: Span, error: BaseException) -> None:
    """Write how the work ended.

    Being cancelled or closed early is what the caller asked for, not a failure: the status stays unset and
    ``weft.outcome`` says which it was. ``error.type`` is the exception's full name (OpenTelemetry registry).
    """
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        span.set_attribute(keys.WEFT_OUTCOME, keys.OUTCOME_CANCELLED)
    elif isinstance(error, GeneratorExit):
        span.set_attribute(keys.WEFT_OUTCOME, keys.OUTCOME_CLOSED)
    elif not (isinstance(error, SystemExit) and not error.code):
        module, name = type(error).__module__, type(error).__qualname__
        span.set_attribute(keys.ERROR_TYPE, name if module == "builtins" else f"{module}.{name}")
        span.set_status(Status(StatusCode.ERROR, _described(error)))
        span.record_exception(error)


def _described(error: BaseException) -> str:
    """``Type: message``, as OpenTelemetry's own context managers word it."""
    try:
        return f"{type(error).__name__}: {error}"[:MAX_DESCRIPTION_CHARS]
    except Exception:  # noqa: BLE001 - __str__ is the user's
        return type(error).__name__
