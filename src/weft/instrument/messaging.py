"""Spans for messages: PRODUCER where one is sent, CONSUMER around the work on one that arrived.

Source: OpenTelemetry semantic conventions v1.44, docs/messaging/messaging-spans.md.

The conventions leave it open whether the span that processes a single message is a child of its sender or
only linked to it. Here it is a child, so that a workflow is one trace; where it has an ambient span too, that
one is linked.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind

from weft.context.messages import Message, unpack
from weft.instrument.span import SpanScope
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
    from types import TracebackType

    from opentelemetry.context import Context

    from weft.instrument.running import RunningSpan


def publishing(system: str, destination: str | None) -> SpanScope:
    """Return the scope of sending one message: PRODUCER span ``publish {destination}``."""
    return SpanScope(
        "publish",
        destination,
        subject_key=keys.MESSAGING_DESTINATION_NAME,
        kind=SpanKind.PRODUCER,
        attributes={
            keys.MESSAGING_SYSTEM: system,
            keys.MESSAGING_OPERATION_NAME: "publish",
            keys.MESSAGING_OPERATION_TYPE: "send",
        },
    )


async def awaited(sent: Awaitable[Any], running: RunningSpan) -> Any:
    """Wait, inside the span of sending, for a client that sends asynchronously; return what it returns."""
    with running:
        return await sent


class Receipt(NamedTuple):
    """When a message came in, nanoseconds since the Unix epoch.

    Attributes:
        ready_ns: When its receiver began to wait for it; a message that was sent before lay there until then.
        taken_ns: When its receiver had it.
    """

    ready_ns: int
    taken_ns: int


def since(ready_ns: int) -> Receipt:
    """The receipt of a message that came in just now."""
    return Receipt(ready_ns, time_ns())


def received(messages: Iterable[Any], wanted: Callable[[Any], bool]) -> Iterator[tuple[Any, Receipt]]:
    """Iterate over messages, each with its receipt (0.35 µs a message, measured).

    Args:
        messages: What waits for each message when it is iterated over.
        wanted: Tells messages from what else comes in, which is left out: it ends no wait.
    """
    ready_ns = time_ns()
    for message in messages:
        if wanted(message):
            yield message, since(ready_ns)
            ready_ns = time_ns()


async def awaited_messages(
    messages: AsyncIterable[Any], wanted: Callable[[Any], bool]
) -> AsyncIterator[tuple[Any, Receipt]]:
    """The same for messages that are awaited."""
    ready_ns = time_ns()
    async for message in messages:
        if wanted(message):
            yield message, since(ready_ns)
            ready_ns = time_ns()


class Task:
    """The work on one message: CONSUMER span ``process {destination}``, current inside its ``with`` block.

    An exception that leaves the block marks the span and goes on to whoever called.

    Args:
        system: The broker: ``redis``.
        destination: The channel, topic or queue it came from, where that is known.
        body: The message as it arrived.
        template: The pattern that matched the destination, where the subscription was by pattern.
        receipt: When it came in, where that is known.

    Attributes:
        payload: What was sent: the unpacked payload, or the body itself when no envelope is around it.
        context: The trace context the message carries; the current one where it carries none.
    """

    __slots__ = ("_scope", "_span", "context", "payload")

    def __init__(
        self,
        system: str,
        destination: str | None,
        body: object,
        *,
        template: str | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        message: Message = unpack(body)
        self.payload: Any = message.payload
        self.context: Context = message.context
        self._span: Span = trace.INVALID_SPAN
        self._scope = SpanScope(
            "process",
            destination,
            subject_key=keys.MESSAGING_DESTINATION_NAME,
            kind=SpanKind.CONSUMER,
            attributes={
                keys.MESSAGING_SYSTEM: system,
                keys.MESSAGING_OPERATION_NAME: "process",
                keys.MESSAGING_OPERATION_TYPE: "process",
                keys.MESSAGING_DESTINATION_TEMPLATE: template,
                keys.MESSAGING_MESSAGE_BODY_SIZE: body_bytes(body),
                keys.PROPAGATION_READY_NS: receipt.ready_ns if receipt else None,
                keys.PROPAGATION_TAKEN_NS: receipt.taken_ns if receipt else None,
            },
            context=message.context,
            links=_ambient(message.context),
        )

    @property
    def span(self) -> Span:
        """The CONSUMER span, for attributes of your own; a span that records nothing before the block."""
        return self._span

    def __enter__(self) -> Self:
        self._span = self._scope.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._scope.__exit__(kind, error, traceback)


def body_bytes(body: object) -> int | None:
    """The size of a message on the wire, or None where it is not text or bytes."""
    if isinstance(body, str):
        return len(body) if body.isascii() else len(body.encode("utf-8", "surrogatepass"))
    return len(body) if isinstance(body, bytes | bytearray) else None


def _ambient(context: Context) -> tuple[Link, ...]:
    """A link to the current span, where the message's own context is another one."""
    ambient = trace.get_current_span().get_span_context()
    parent = trace.get_current_span(context).get_span_context()
    return (Link(ambient),) if ambient.is_valid and ambient.span_id != parent.span_id else ()
