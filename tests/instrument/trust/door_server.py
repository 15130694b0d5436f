"""A service behind doors: ``python door_server.py PORT LIBRARY``. It answers with what it would send on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import weft

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.web import Request, Response


def fastapi_server(port: int) -> Callable[[], None]:
    """With another application mounted, below a root path."""
    import fastapi
    import uvicorn

    inner = fastapi.FastAPI()

    @inner.get("/{rest:path}")
    async def mounted(rest: str) -> dict[str, str]:
        return weft.inject({})

    app = fastapi.FastAPI()
    app.mount("/public", inner)

    @app.get("/{rest:path}")
    async def anything(rest: str) -> dict[str, str]:
        return weft.inject({})

    return lambda: uvicorn.run(app, port=port, log_level="error")


def flask_server(port: int) -> Callable[[], None]:
    """With another application mounted."""
    import flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.serving import make_server

    def application(name: str) -> Any:
        app = flask.Flask(name)
        app.url_map.merge_slashes = False
        app.add_url_rule("/<path:rest>", view_func=anything)
        return app

    def anything(rest: str) -> dict[str, str]:
        return weft.inject({})

    both = DispatcherMiddleware(application("outer"), {"/public": application("inner")})
    return make_server("127.0.0.1", port, both, threaded=True).serve_forever


def aiohttp_server(port: int) -> Callable[[], None]:
    from aiohttp import web

    async def anything(_: Request) -> Response:
        return web.json_response(weft.inject({}))

    app = web.Application()
    inner = web.Application()
    for each in (inner, app):
        each.router.add_get("/{rest:.*}", anything)
        app.add_subapp("/public", inner) if each is inner else None
    return lambda: web.run_app(app, port=port, print=None)


SERVERS = {"fastapi": fastapi_server, "flask": flask_server, "aiohttp": aiohttp_server}

if __name__ == "__main__":
    weft.init("callee")
    SERVERS[sys.argv[2]](int(sys.argv[1]))()
