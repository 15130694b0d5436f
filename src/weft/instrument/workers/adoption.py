"""A worker adopts the context of the item that it took, and works under it until the next one.

Only a worker with no live span of its own does. One whose span is open knows what it is doing: a request that
waits for an answer in a queue stays the request. What counts as none of its own: no span, one that has
ended, one that came with an earlier item, and, for an item that brings one, the span of whoever started it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from time import time_ns
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
    create_key,
    get_current,
)
from opentelemetry.trace import INVALID_SPAN, Link, NonRecordingSpan

from weft.context.arrival import SPAN_KEY
from weft.context.execution import execution
from weft.instrument.running import RUNNING, RunningSpan
from weft.instrument.workers.handed import HANDED, Handed
from weft.model import keys

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

#: Its value is the span that was adopted, if any; once another one is current, the worker has one of its own.
ADOPTED: Final = create_key("weft.adopted")
# OpenTelemetry's instrumentations ask for either key (opentelemetry.instrumentation.utils).
_OLD_SUPPRESS_KEY: Final = "suppress_instrumentation"

#: The operation of a workflow's span, which scopes inside it inherit.
WORKFLOW: Final = "invoke_workflow"
#: How long after its span has ended a task still counts as part of that work.
STALE_NS: Final = 60 * 10**9

_delivery: ContextVar[Delivery | None] = ContextVar("weft.delivery", default=None)


class Delivery:
    """An item that one task takes for another: ``asyncio.wait_for(queue.get(), 1)`` before Python 3.12.

    What the inner task adopts is lost with it. It is noted here, and the waiting task adopts it when the
    block has ended.
    """

    __slots__ = ("_token", "context", "put_ns")

    def __init__(self) -> None:
        self.context: Context | None = None
        self.put_ns = 0
        self._token: Token[Delivery | None] | None = None

    def __enter__(self) -> None:
        self._token = _delivery.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _delivery.reset(self._token)
        if self.context is not None and error is None:
            with suppress(Exception):  # the item is there, with or without its context
                adopt(self.context, self.put_ns)


def adopt(context: Context, put_ns: int) -> bool:
    """Make an item's context the current one, for a worker without a live span of its own.

    Args:
        context: What `to_go_along` gave where the item was put.
        put_ns: When that was, nanoseconds since the Unix epoch.

    Returns:
        Whether it is the worker's context now.
    """
    delivery = _delivery.get()
    if delivery is not None:
        delivery.context, delivery.put_ns = context, put_ns
    current = get_current()
    if current is context:
        return True
    if (current and not _gives_way(current, context)) or _runs_the_program():
        return False
    attach(adopted(context, put_ns))
    return True


def to_go_along() -> Context | None:
    """The context that an item takes along from here; None where telemetry itself is at work (an exporter).

    Whoever puts an item long after the span around him has ended is no part of that work any more: the task
    that reads a connection was begun by the first one who needed it, and reads for everybody.
    """
    context = get_current()
    if not context:
        return context
    if is_suppressed(context):
        return None
    ended_ns = getattr(trace.get_current_span(context), "end_time", None)
    return context if ended_ns is None or time_ns() - ended_ns < STALE_NS else Context()


def adopted(context: Context, put_ns: int | None = None) -> Context:
    """The context as a worker has it: the span in it can be a parent, but is not the worker's to write on.

    Nor does the worker take over that its producer was inside an HTTP call, whose inner calls are not traced.

    Args:
        context: As it came along.
        put_ns: When it was put into a queue, where it was; it is taken now.
    """
    if not context:
        return context
    values = {**context, ADOPTED: None}
    values.pop(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, None)
    span_context = trace.get_current_span(context).get_span_context()
    if span_context.is_valid:
        span = NonRecordingSpan(span_context)
        values[SPAN_KEY] = values[ADOPTED] = span
        if put_ns is not None:
            values[HANDED] = Handed(span, put_ns)
    return Context(values)


def set_apart(context: Context) -> tuple[Context, tuple[Link, ...]]:
    """The context for a workflow of its own, where an item has brought the context of another workflow.

    Whoever takes a result or a free place from a queue goes on in its context; the next workflow that he
    begins is nevertheless another run, and its trace another trace.

    Returns:
        The context, in which no span is current, and the link to the one that was; or the context as it is.
    """
    span, running = context.get(ADOPTED), context.get(RUNNING)
    if (
        not isinstance(span, NonRecordingSpan)
        or context.get(SPAN_KEY) is not span
        or not isinstance(running, RunningSpan)
        or running.passed_on.get(keys.GEN_AI_OPERATION_NAME) != WORKFLOW
    ):
        return context, ()
    values = {key: value for key, value in context.items() if key not in (ADOPTED, RUNNING)}
    return Context({**values, SPAN_KEY: INVALID_SPAN}), (Link(span.get_span_context()),)


def is_suppressed(context: Context) -> bool:
    """Whether telemetry itself is at work: it neither gives nor takes context."""
    return bool(context.get(_SUPPRESS_INSTRUMENTATION_KEY) or context.get(_OLD_SUPPRESS_KEY))


def _runs_the_program() -> bool:
    """Whether this is the task that the event loop runs for (``asyncio.run``).

    It is nobody's worker, as the main thread is not: with a result in hand it may begin the next workflow.
    The loop, uvloop's too, waits for it with a callback, which is all that is special about it (0.1 µs).
    """
    if asyncio._get_running_loop() is None:
        return False
    callbacks = getattr(asyncio.current_task(), "_callbacks", None) or ()
    return any("run_until_complete" in getattr(call, "__qualname__", "") for call, _ in callbacks)


def _gives_way(current: Context, to: Context) -> bool:
    """Whether what is current makes room for the context of an item."""
    if is_suppressed(current):
        return False
    span = trace.get_current_span(current)
    span_context = span.get_span_context()
    if not span_context.is_valid:
        # What else is there, as baggage, is the worker's or came with an earlier item.
        return bool(to) or ADOPTED in current
    if current.get(ADOPTED) is span:
        return True
    # One that is not sampled does not tell its end: a request with such a span stays the request.
    is_unsampled = isinstance(span, NonRecordingSpan) and not span_context.trace_flags.sampled
    if not span.is_recording() and not is_unsampled:
        # It has ended; or it is a sender's, which somebody attached.
        return not (isinstance(span, NonRecordingSpan) and span_context.is_remote)
    running = current.get(RUNNING)
    if not isinstance(running, RunningSpan) or running.span is not span:
        return False
    # Opened by whoever began this task: better than nothing, and less than what an item brings.
    is_own = running.entered_by in (None, execution())
    return not is_own and trace.get_current_span(to).get_span_context().is_valid
