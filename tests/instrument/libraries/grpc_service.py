"""A gRPC service for tests, without protobuf: ``python grpc_service.py PORT sync|aio agent|plain``.

Every method answers with JSON: the trace context it works in and the metadata it was called with.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc

import weft

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SERVICE = "weft.Test"


def seen(context: Any) -> bytes:
    """The context that the handler works in, and what came with the call."""
    metadata = [
        [key, value.hex() if isinstance(value, bytes) else value]
        for key, value in context.invocation_metadata()
        if key != "user-agent"
    ]
    with weft.agent("callee"):
        return json.dumps({"context": weft.inject({}), "metadata": metadata}).encode()


def one(request: bytes, context: Any) -> bytes:
    return seen(context)


def many(request: bytes, context: Any) -> Iterator[bytes]:
    for _ in range(int(request or 2)):
        yield seen(context)


def all_of(requests: Any, context: Any) -> bytes:
    assert list(requests)
    return seen(context)


def each(requests: Any, context: Any) -> Iterator[bytes]:
    for _ in requests:
        yield seen(context)


def endless(request: bytes, context: Any) -> Iterator[bytes]:
    while context.is_active():
        yield b"more"


def slow(request: bytes, context: Any) -> bytes:
    """Answers when the client is gone."""
    gone = threading.Event()
    if not context.add_callback(gone.set):
        gone.set()
    gone.wait(10)
    return b""


def failing(request: bytes, context: Any) -> bytes:
    """Fails in the way that the request names."""
    if request == b"raise":
        raise ValueError("no")
    if request == b"abort":
        context.abort(grpc.StatusCode.INTERNAL, "broken")
    if request == b"absent":
        context.abort(grpc.StatusCode.NOT_FOUND, "not here")
    if request == b"status":
        context.abort_with_status(Status())
    context.set_code(grpc.StatusCode.UNAVAILABLE)
    context.set_details("later")
    return b""


class Status(grpc.Status):  # type: ignore[misc]  # grpcio has no types
    code, details, trailing_metadata = grpc.StatusCode.INTERNAL, "broken", ()


async def aio_one(request: bytes, context: Any) -> bytes:
    await asyncio.sleep(0)
    return seen(context)


async def aio_many(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for _ in range(int(request or 2)):
        await asyncio.sleep(0)
        yield seen(context)


async def aio_written(request: bytes, context: Any) -> None:
    """Streams by writing, not by yielding."""
    for _ in range(int(request or 2)):
        await context.write(seen(context))


async def aio_all_of(requests: Any, context: Any) -> bytes:
    assert [request async for request in requests]
    return seen(context)


async def aio_each(requests: Any, context: Any) -> AsyncIterator[bytes]:
    async for _ in requests:
        yield seen(context)


async def aio_endless(request: bytes, context: Any) -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)
        yield b"more"


async def aio_slow(request: bytes, context: Any) -> bytes:
    await asyncio.sleep(10)
    return b""


async def aio_failing(request: bytes, context: Any) -> bytes:
    if request == b"raise":
        raise ValueError("no")
    if request == b"abort":
        await context.abort(grpc.StatusCode.INTERNAL, "broken")
    if request == b"absent":
        await context.abort(grpc.StatusCode.NOT_FOUND, "not here")
    if request == b"status":
        await context.abort_with_status(Status())
    context.set_code(grpc.StatusCode.UNAVAILABLE)
    context.set_details("later")
    return b""


def handlers(style: str) -> Any:
    """The service's handlers: ``sync``, ``aio``, or ``mixed``: sync functions for an asyncio server."""
    a = style == "aio"
    return grpc.method_handlers_generic_handler(SERVICE, {
        "One": grpc.unary_unary_rpc_method_handler(aio_one if a else one),
        "Many": grpc.unary_stream_rpc_method_handler(aio_many if a else many),
        "Written": grpc.unary_stream_rpc_method_handler(aio_written if a else many),
        "All": grpc.stream_unary_rpc_method_handler(aio_all_of if a else all_of),
        "Each": grpc.stream_stream_rpc_method_handler(aio_each if a else each),
        "Endless": grpc.unary_stream_rpc_method_handler(aio_endless if a else endless),
        "Slow": grpc.unary_unary_rpc_method_handler(aio_slow if a else slow),
        "Failing": grpc.unary_unary_rpc_method_handler(aio_failing if a else failing),
        "Public": grpc.unary_unary_rpc_method_handler(aio_one if a else one),
    })  # fmt: skip


def started(port: int = 0, **options: Any) -> tuple[Any, int]:
    """Start a sync server; returns it and its port."""
    server = grpc.server(futures.ThreadPoolExecutor(60), **options)
    server.add_generic_rpc_handlers((handlers("sync"),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


async def aio_started(port: int = 0, style: str = "aio", **options: Any) -> tuple[Any, int]:
    """Start an asyncio server; returns it and its port."""
    server = grpc.aio.server(**options)
    server.add_generic_rpc_handlers((handlers(style),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


async def serve(port: int) -> None:
    server, _ = await aio_started(port)
    await server.wait_for_termination()


if __name__ == "__main__":
    if sys.argv[3] == "agent":
        weft.init("callee")
    if sys.argv[2] == "aio":
        asyncio.run(serve(int(sys.argv[1])))
    else:
        started(int(sys.argv[1]))[0].wait_for_termination()
