"""Redis Pub/Sub: a message carries its trace context, and both ends have a span.

Redis has no message headers, so the context travels in the message (``weft.context.messages``). Nothing of
the ``redis`` package is imported: any client will do whose methods are called like redis-py's, sync or
asyncio.
"""

from __future__ import annotations

import inspect
from time import time_ns
from typing import TYPE_CHECKING, Any, Protocol, overload

from weft.context.current import attached
from weft.context.messages import pack
from weft.instrument.messaging import (
    Receipt,
    Task,
    awaited,
    awaited_messages,
    body_bytes,
    publishing,
    received,
    since,
)
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping

SYSTEM = "redis"
MESSAGE_TYPES = ("message", "pmessage", "smessage")


class Client(Protocol):
    """A ``redis.Redis``: publishes and returns how many subscribers received the message."""

    def publish(self, channel: Any, message: Any, /) -> Any: ...  # noqa: D102 - redis-py documents it


class AsyncClient(Protocol):
    """A ``redis.asyncio.Redis``: the same, awaited."""

    def publish(self, channel: Any, message: Any, /) -> Awaitable[Any]: ...  # noqa: D102 - redis-py documents it


class Subscription(Protocol):
    """A ``PubSub``: gives the next message, or None."""

    def get_message(self, *, timeout: Any) -> Any: ...  # noqa: D102 - redis-py documents it


class AsyncSubscription(Protocol):
    """A ``PubSub`` of ``redis.asyncio``: the same, awaited."""

    def get_message(self, *, timeout: Any) -> Awaitable[Any]: ...  # noqa: D102 - redis-py documents it


@overload
def publish(client: AsyncClient, channel: str | bytes, payload: object) -> Awaitable[Any]: ...
@overload
def publish(client: Client, channel: str | bytes, payload: object) -> Any: ...
def publish(client: Client | AsyncClient, channel: str | bytes, payload: object) -> Any:
    """Publish a payload together with the trace context: PRODUCER span ``publish {channel}``.

    Args:
        client: A Redis client; with an asyncio client, await the result.
        channel: The channel.
        payload: Anything JSON can hold.

    Returns:
        What the client's ``publish`` returns: the number of subscribers that received the message.

    Raises:
        TypeError: The payload is not JSON. The client's own errors pass through.
    """
    running = publishing(SYSTEM, _text(channel)).start()
    try:
        with attached(running.context):
            body = pack(payload)
            running.span.set_attribute(keys.MESSAGING_MESSAGE_BODY_SIZE, body_bytes(body) or 0)
            sent = client.publish(channel, body)
    except BaseException as error:
        running.end(error)
        raise
    if inspect.isawaitable(sent):
        return awaited(sent, running)
    running.end()
    return sent


def process(message: Mapping[str, Any]) -> Task:
    """Open the work on one message: CONSUMER span ``process {channel}``.

    Use as ``with weft.redis.process(message) as task: handle(task.payload)``. The span is a child of the
    sender's, and current inside the block. A message that was not packed by Weft has its data as payload,
    unchanged.

    Args:
        message: The dict that ``pubsub.get_message()`` and ``pubsub.listen()`` give.
    """
    return _task(message)


@overload
def receive(pubsub: AsyncSubscription, timeout: float | None = 0.0) -> Awaitable[Task | None]: ...
@overload
def receive(pubsub: Subscription, timeout: float | None = 0.0) -> Task | None: ...
def receive(
    pubsub: Subscription | AsyncSubscription, timeout: float | None = 0.0
) -> Task | Awaitable[Task | None] | None:
    """Take the next message: ``pubsub.get_message`` that gives a task, or None where none came.

    Unlike `process`, it knows since when the message was waited for, so that the trace can tell a message
    that lay there from one that was long on the way.

    Args:
        pubsub: A ``PubSub`` of redis-py; with one of ``redis.asyncio``, await the result.
        timeout: Seconds to wait, as the client takes it. A confirmation of a subscription ends the wait too.
    """
    ready_ns = time_ns()
    message = pubsub.get_message(timeout=timeout)
    if inspect.isawaitable(message):
        return _awaited(message, ready_ns)
    return _task(message, since(ready_ns)) if _is_message(message) else None


def listen(pubsub: Any) -> Tasks:
    """Iterate over the messages of a subscription: ``for task in weft.redis.listen(pubsub): with task: ...``.

    Confirmations of subscriptions are left out. A task's span begins with its ``with`` block, not with the
    iteration, so it is never current between two messages.

    Args:
        pubsub: A ``PubSub`` of redis-py; use ``async for`` with one of ``redis.asyncio``.
    """
    return Tasks(pubsub)


class Tasks:
    """The messages of a subscription as tasks, iterated as the client allows: ``for`` or ``async for``."""

    __slots__ = ("_pubsub",)

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    def __iter__(self) -> Iterator[Task]:
        for message, receipt in received(self._pubsub.listen(), _is_message):
            yield _task(message, receipt)

    async def __aiter__(self) -> AsyncIterator[Task]:
        async for message, receipt in awaited_messages(self._pubsub.listen(), _is_message):
            yield _task(message, receipt)


async def _awaited(message: Awaitable[Any], ready_ns: int) -> Task | None:
    found = await message
    return _task(found, since(ready_ns)) if _is_message(found) else None


def _task(message: Any, receipt: Receipt | None = None) -> Task:
    if not hasattr(message, "get"):
        return Task(SYSTEM, None, message, receipt=receipt)
    channel, pattern = _text(message.get("channel")), _text(message.get("pattern"))
    return Task(SYSTEM, channel, message.get("data"), template=pattern, receipt=receipt)


def _is_message(message: object) -> bool:
    return isinstance(message, dict) and message.get("type") in MESSAGE_TYPES


def _text(name: object) -> str | None:
    """A channel's or pattern's name; None where there is none."""
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return None if name is None else str(name)
