"""anyio's memory object streams: an item brings its sender's context to the worker that takes it (`workers`).

The Python MCP SDK (1.x) hands every message from its HTTP server to its session through one; without this,
what the session does is lost to the request's trace (modelcontextprotocol/python-sdk#1969).
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import wrapt

from weft.instrument.workers.waiting import Waiting, waiting_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

_NOTHING: Final = object()
# What `send` is sending: it calls `send_nowait` first, and waits with the same item where there is no room.
_sending: ContextVar[object] = ContextVar("weft.sending", default=_NOTHING)
# What `receive` has received through `receive_nowait`, which it calls first.
_receiving: ContextVar[list[object] | None] = ContextVar("weft.receiving", default=None)


def instrument(module: ModuleType) -> None:
    """Wrap both ends of a stream (``anyio.streams.memory``)."""
    wrapt.wrap_function_wrapper(module, "MemoryObjectSendStream.send", _send)
    wrapt.wrap_function_wrapper(module, "MemoryObjectSendStream.send_nowait", _send_nowait)
    wrapt.wrap_function_wrapper(module, "MemoryObjectReceiveStream.receive", _receive)
    wrapt.wrap_function_wrapper(module, "MemoryObjectReceiveStream.receive_nowait", _receive_nowait)


async def _send(send: Callable[..., Awaitable[Any]], stream: Any, args: Any, kwargs: Any) -> Any:
    item = args[0] if args else kwargs["item"]
    waiting = _put(stream, item)
    token = _sending.set(item)
    try:
        return await send(*args, **kwargs)
    except BaseException:
        waiting.withdraw(item)
        raise
    finally:
        _sending.reset(token)


def _send_nowait(send: Callable[..., Any], stream: Any, args: Any, kwargs: Any) -> Any:
    item = args[0] if args else kwargs["item"]
    if _sending.get() is item:
        return send(*args, **kwargs)
    waiting = _put(stream, item)
    try:
        return send(*args, **kwargs)
    except BaseException:
        waiting.withdraw(item)
        raise


async def _receive(receive: Callable[..., Awaitable[Any]], stream: Any, args: Any, kwargs: Any) -> Any:
    taken: list[object] = []
    token = _receiving.set(taken)
    try:
        item = await receive(*args, **kwargs)
    finally:
        _receiving.reset(token)
    if not taken:
        waiting_in(stream._state).take(item)
    return item


def _receive_nowait(receive: Callable[..., Any], stream: Any, args: Any, kwargs: Any) -> Any:
    item = receive(*args, **kwargs)
    waiting_in(stream._state).take(item)
    taken = _receiving.get()
    if taken is not None:
        taken.append(item)
    return item


def _put(stream: Any, item: Any) -> Waiting:
    state = stream._state
    waiting = waiting_in(state)
    # Never none: what went straight to a receiver is not in the buffer, and yet nobody has taken it.
    waiting.put(item, len(state.buffer) + len(state.waiting_senders) + 1)
    return waiting
