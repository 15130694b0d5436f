"""aiohttp, on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import chunks, chunks_async, endless, run, work
from aiohttp import ClientSession, web

if TYPE_CHECKING:
    from collections.abc import Callable


async def answer(_: web.Request) -> web.Response:
    return web.json_response(work())


async def hop(request: web.Request) -> web.Response:
    async with ClientSession() as session, session.get(request.query["url"]) as response:
        return web.json_response(await response.json(content_type=None))


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for part in chunks():
        await response.write(part)
    return response


async def stream_body(_: web.Request) -> web.Response:
    return web.Response(body=chunks_async())


async def stream_on(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for part in endless():
        await response.write(part)
    return response


async def fail(_: web.Request) -> web.Response:
    raise ValueError("broken")


def make(port: int) -> Callable[[], None]:
    app, mounted = web.Application(), web.Application()
    mounted.router.add_get("/work", answer)
    app.add_subapp("/mounted", mounted)
    routes = {
        "/work": answer,
        "/hop": hop,
        "/stream": stream,
        "/stream-body": stream_body,
        "/endless": stream_on,
        "/fail": fail,
    }
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    return lambda: web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


run("aiohttp", make)
