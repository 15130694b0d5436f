"""WebSockets: every message carries its own trace context, and both ends have a span for it.

A connection outlives workflows: its handshake's context, which the instrumentations of the servers and of the
``websockets`` library carry over, belongs to whoever opened it, and all messages of all workflows would hang
under that one span. So a message carries its own (``weft.context.messages``), its work is a child of its
sender, and is linked to the connection.

Nothing happens to ``send`` and ``recv`` by themselves: what a peer without Weft reads stays what the program
wrote. Nothing of a WebSocket library is imported: connections of ``websockets`` (asyncio and sync), Starlette
and FastAPI, and aiohttp (client and server) are known by their methods.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from weft.context.current import attached
from weft.context.messages import pack
from weft.instrument.libraries.websocket_ends import far_end, path_of
from weft.instrument.messaging import (
    Receipt,
    Task,
    awaited,
    awaited_messages,
    body_bytes,
    publishing,
    received,
)
from weft.instrument.trust.egress import going_to
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

SYSTEM = "websocket"


def send(websocket: Any, payload: object) -> Any:
    """Send a payload together with the trace context, as text: PRODUCER span ``publish {path}``.

    Args:
        websocket: A connection; with an asyncio one, await the result.
        payload: Anything JSON can hold.

    Returns:
        What the connection's own method returns.

    Raises:
        TypeError: The payload is not JSON. The connection's own errors pass through.
    """
    running = publishing(SYSTEM, path_of(websocket)).start()
    try:
        with attached(running.context):
            with going_to(*far_end(websocket)):
                text = pack(payload)
            running.span.set_attribute(keys.MESSAGING_MESSAGE_BODY_SIZE, body_bytes(text) or 0)
            sent = _sender(websocket)(text)
    except BaseException as error:
        running.end(error)
        raise
    if inspect.isawaitable(sent):
        return awaited(sent, running)
    running.end()
    return sent


def process(message: Any, websocket: Any = None) -> Task:
    """Open the work on one message: CONSUMER span ``process {path}``.

    Use as ``with weft.websockets.process(message, websocket) as task: handle(task.payload)``. The span is a
    child of the sender's, current inside the block, and linked to the span of the connection where there is
    one. A message that was not packed by Weft is the payload, unchanged.

    Args:
        message: What the connection gave: text or bytes, an aiohttp ``WSMessage``, or the ``dict`` of
            Starlette's ``receive()``.
        websocket: The connection it came from, which names the span.
    """
    return _task(message, websocket)


def listen(websocket: Any) -> Tasks:
    """Iterate over the messages of a connection: ``for task in weft.websockets.listen(ws): with task: ...``.

    It ends when the connection is closed, as the connection's own iteration does. A task's span begins with
    its ``with`` block, not with the iteration, so it is never current between two messages.

    Args:
        websocket: A connection; use ``async for`` with an asyncio one.
    """
    return Tasks(websocket)


class Tasks:
    """The messages of a connection as tasks, iterated as the connection allows: ``for`` or ``async for``."""

    __slots__ = ("_websocket",)

    def __init__(self, websocket: Any) -> None:
        self._websocket = websocket

    def __iter__(self) -> Iterator[Task]:
        for message, receipt in received(self._websocket, _is_message):
            yield _task(message, self._websocket, receipt)

    async def __aiter__(self) -> AsyncIterator[Task]:
        messages = _received(self._websocket) if _is_starlette(self._websocket) else self._websocket
        async for message, receipt in awaited_messages(messages, _is_message):
            yield _task(message, self._websocket, receipt)


def _task(message: Any, websocket: Any, receipt: Receipt | None = None) -> Task:
    return Task(SYSTEM, path_of(websocket), _body(message), receipt=receipt)


def _sender(websocket: Any) -> Callable[[str], Any]:
    """The method that sends text: Starlette's, aiohttp's, or that of ``websockets``."""
    for name in ("send_text", "send_str"):
        if hasattr(websocket, name):
            return getattr(websocket, name)  # type: ignore[no-any-return]
    return websocket.send  # type: ignore[no-any-return]


def _is_starlette(websocket: Any) -> bool:
    return hasattr(websocket, "receive_text")


async def _received(websocket: Any) -> AsyncIterator[Any]:
    """The messages of a Starlette connection. Its own ``iter_text`` raises ``KeyError`` at one of bytes."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        yield message


def _is_message(message: Any) -> bool:
    """Whether it is one: aiohttp's iteration gives an error as well, and pings where those are asked for."""
    return not _is_aiohttp(message) or message.type.name in {"TEXT", "BINARY"}


def _is_aiohttp(message: Any) -> bool:
    return hasattr(message, "data") and hasattr(message, "extra")


def _body(message: Any) -> Any:
    """The text or bytes of a message, in whichever wrapping its library gives it."""
    if isinstance(message, dict) and message.get("type") == "websocket.receive":
        text = message.get("text")
        return message.get("bytes") if text is None else text
    return message.data if _is_aiohttp(message) else message
