"""FastAPI, calling on with httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastapi
import httpx
import uvicorn
from agent import chunk, chunks, chunks_async, endless_async, run, work
from fastapi.responses import StreamingResponse
from sse_starlette import EventSourceResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def make(port: int) -> Callable[[], None]:  # noqa: C901 - a list of routes
    app, mounted = fastapi.FastAPI(), fastapi.FastAPI()
    app.mount("/mounted", mounted)

    @app.middleware("http")
    async def middleware(request: fastapi.Request, call_next: Any) -> Any:
        return await call_next(request)

    @app.get("/work")
    async def answer() -> dict[str, str]:
        return work()

    @mounted.get("/work")
    async def mounted_answer() -> dict[str, str]:
        return work()

    @app.get("/hop")
    async def hop(url: str) -> Any:
        async with httpx.AsyncClient() as client:
            return (await client.get(url)).json()

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks_async())

    @app.get("/stream-sync")
    async def stream_sync() -> StreamingResponse:
        return StreamingResponse(chunks())

    @app.get("/endless")
    async def stream_on() -> StreamingResponse:
        return StreamingResponse(endless_async())

    @app.get("/events")
    async def events() -> EventSourceResponse:
        async def made() -> AsyncIterator[dict[str, str]]:
            for number in range(3):
                yield {"data": chunk(number).decode()}

        return EventSourceResponse(made())

    @app.get("/fail")
    async def fail() -> None:
        raise ValueError("broken")

    @app.get("/background")
    async def background(tasks: fastapi.BackgroundTasks) -> dict[str, str]:
        tasks.add_task(chunk, 0)
        return work()

    return lambda: uvicorn.run(app, port=port, log_level="critical")


run("fastapi", make)
