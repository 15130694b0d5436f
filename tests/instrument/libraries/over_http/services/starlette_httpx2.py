"""Starlette, calling on with httpx2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import uvicorn
from agent import chunk, chunks, chunks_async, endless_async, run, work
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


async def answer(_: Request) -> JSONResponse:
    return JSONResponse(work())


async def background(_: Request) -> JSONResponse:
    return JSONResponse(work(), background=BackgroundTask(chunk, 0))


async def hop(request: Request) -> JSONResponse:
    async with httpx2.AsyncClient() as client:
        return JSONResponse((await client.get(request.query_params["url"])).json())


async def stream(_: Request) -> StreamingResponse:
    return StreamingResponse(chunks_async())


async def stream_sync(_: Request) -> StreamingResponse:
    return StreamingResponse(chunks())


async def events(_: Request) -> StreamingResponse:
    return StreamingResponse((b"data: " + part + b"\n" for part in chunks()), media_type="text/event-stream")


async def stream_on(_: Request) -> StreamingResponse:
    return StreamingResponse(endless_async())


async def fail(_: Request) -> JSONResponse:
    raise ValueError("broken")


def make(port: int) -> Callable[[], None]:
    mounted = Starlette(routes=[Route("/work", answer)])
    app = Starlette(
        routes=[
            Route("/work", answer),
            Route("/background", background),
            Route("/hop", hop),
            Route("/stream", stream),
            Route("/stream-sync", stream_sync),
            Route("/events", events),
            Route("/endless", stream_on),
            Route("/fail", fail),
            Mount("/mounted", mounted),
        ]
    )
    return lambda: uvicorn.run(app, port=port, log_level="critical")


run("starlette", make)
