"""A service as W3C's trace-context suite wants one: ``python service.py PORT LIBRARY [ambient]``.

Every POST holds ``[{"url": ..., "arguments": [...]}, ...]``: each URL is called in turn, with its arguments
as the body. All that connects it is ``weft.init``. With ``ambient`` the server runs inside a workflow.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import weft

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEADER_BYTES = 1 << 20  # what is hostile shall reach us, not the server's own limit
TIMEOUT_S = 30


def fastapi_httpx(port: int) -> Callable[[], None]:
    import httpx
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    client = httpx.AsyncClient(timeout=TIMEOUT_S)

    @app.post("/{path:path}")
    async def serve(calls: list[dict[str, Any]]) -> str:
        for call in calls:
            await client.post(call["url"], json=call["arguments"])
        return "done"

    return lambda: uvicorn.run(app, port=port, log_level="error")


def flask_requests(port: int) -> Callable[[], None]:
    import flask
    import requests
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: nobody reads it."""

    app = flask.Flask("service")

    @app.post("/<path:_>")
    def serve(_: str) -> str:
        for call in flask.request.json or []:
            requests.post(call["url"], json=call["arguments"], timeout=TIMEOUT_S)
        return "done"

    return make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler).serve_forever


def aiohttp_both(port: int) -> Callable[[], None]:
    from aiohttp import ClientSession, web

    async def serve(request: web.Request) -> web.Response:
        for call in await request.json():
            async with request.app["client"].post(call["url"], json=call["arguments"]):
                pass
        return web.Response(text="done")

    async def client(app: web.Application) -> Any:
        async with ClientSession() as app["client"]:
            yield

    app = web.Application()
    app.router.add_post("/{path:.*}", serve)
    app.cleanup_ctx.append(client)
    limits: dict[str, Any] = {"max_field_size": MAX_HEADER_BYTES, "max_line_size": MAX_HEADER_BYTES}
    return lambda: web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, **limits)


SERVICES = {"fastapi": fastapi_httpx, "flask": flask_requests, "aiohttp": aiohttp_both}


def main() -> None:
    port, library, ambient = int(sys.argv[1]), sys.argv[2], "ambient" in sys.argv
    weft.init(library)
    serve = SERVICES[library](port)
    with weft.workflow("ambient") if ambient else contextlib.nullcontext():
        serve()


main()
