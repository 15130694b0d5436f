"""An agent behind HTTP: ``python hop_server.py PORT LIBRARY init-first|app-first``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import weft

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


def work() -> dict[str, str]:
    """What the agent does: answer with the context it works in."""
    with weft.agent("callee"):
        return weft.inject({})


def fastapi_server(port: int) -> Callable[[], None]:
    import fastapi
    import uvicorn

    app = fastapi.FastAPI()

    @app.post("/execute")
    async def execute() -> dict[str, str]:
        return work()

    return lambda: uvicorn.run(app, port=port, log_level="error")


def starlette_server(port: int) -> Callable[[], None]:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def execute(_: Request) -> JSONResponse:
        return JSONResponse(work())

    app = Starlette(routes=[Route("/execute", execute, methods=["POST"])])
    return lambda: uvicorn.run(app, port=port, log_level="error")


def flask_server(port: int) -> Callable[[], None]:
    import flask
    from werkzeug.serving import make_server

    app = flask.Flask("callee")

    @app.post("/execute")
    def execute() -> Any:
        return work()

    return make_server("127.0.0.1", port, app, threaded=True).serve_forever


def aiohttp_server(port: int) -> Callable[[], None]:
    from aiohttp import web

    async def execute(_: web.Request) -> web.Response:
        return web.json_response(work())

    app = web.Application()
    app.router.add_post("/execute", execute)
    return lambda: web.run_app(app, host="127.0.0.1", port=port, print=None)


def main() -> None:
    port, library, order = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    server = {
        "fastapi": fastapi_server,
        "starlette": starlette_server,
        "flask": flask_server,
        "aiohttp": aiohttp_server,
    }[library]
    if order == "app-first":
        serve = server(port)
        weft.init("callee")
    else:
        weft.init("callee")
        serve = server(port)
    serve()


main()
