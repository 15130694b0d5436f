"""A WebSocket agent: ``python ws_service.py PORT websockets|sync|starlette|aiohttp agent|plain``.

It answers every message with the trace context that the work on it had, and its payload.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import weft


def work(task: Any) -> dict[str, Any]:
    with weft.agent("callee"):
        payload = task.payload
        if isinstance(payload, bytes):
            payload = payload.hex()
        return {"context": weft.inject({}), "payload": payload}


async def answer(websocket: Any) -> None:
    """Handle the messages of a connection: of ``websockets``, Starlette or aiohttp."""
    async for task in weft.websockets.listen(websocket):
        with task:
            await asyncio.sleep(0)
            await weft.websockets.send(websocket, work(task))


def answer_sync(websocket: Any) -> None:
    for task in weft.websockets.listen(websocket):
        with task:
            weft.websockets.send(websocket, work(task))


async def echo(websocket: Any) -> None:
    """Without Weft: says what it was sent and which headers it was opened with."""
    headers = sorted(name.lower() for name, _ in websocket.request.headers.raw_items())
    async for message in websocket:
        said = message.hex() if isinstance(message, bytes) else message
        await websocket.send(json.dumps({"said": said, "headers": headers}))


def serve_websockets(port: int, handler: Any = answer) -> None:
    from websockets.asyncio.server import serve

    async def main() -> None:
        async with serve(handler, "127.0.0.1", port) as server:
            await server.serve_forever()

    asyncio.run(main())


def serve_sync(port: int) -> None:
    from websockets.sync.server import serve

    with serve(answer_sync, "127.0.0.1", port) as server:
        server.serve_forever()


def serve_starlette(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute

    async def endpoint(websocket: Any) -> None:
        await websocket.accept()
        await answer(websocket)

    uvicorn.run(Starlette(routes=[WebSocketRoute("/agent", endpoint)]), port=port, log_level="error")


def serve_aiohttp(port: int) -> None:
    from aiohttp import web

    async def endpoint(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        await answer(websocket)
        return websocket

    app = web.Application()
    app.router.add_get("/agent", endpoint)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    port, library, side = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    if side == "plain":
        serve_websockets(port, echo)
    weft.init("callee")
    {
        "websockets": serve_websockets,
        "sync": serve_sync,
        "starlette": serve_starlette,
        "aiohttp": serve_aiohttp,
    }[library](port)
