"""Flask, calling on with requests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import flask
import requests
from agent import chunk, chunks, endless, run, work
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Callable


def application(name: str) -> flask.Flask:
    app = flask.Flask(name)
    app.logger.disabled = True

    @app.get("/work")
    def answer() -> Any:
        return work()

    return app


def make(port: int) -> Callable[[], None]:
    logging.getLogger("werkzeug").disabled = True
    app = application("callee")

    @app.before_request
    def before() -> None:
        if flask.request.path == "/around":
            chunk(0)

    @app.teardown_request
    def teardown(_: BaseException | None) -> None:
        if flask.request.path == "/around":
            chunk(1)

    @app.get("/around")
    def around() -> Any:
        return work()

    @app.get("/hop")
    def hop() -> Any:
        return requests.get(flask.request.args["url"], timeout=10).json()

    @app.get("/stream")
    def stream() -> Any:
        return flask.Response(chunks())

    @app.get("/stream-sync")
    def stream_with_context() -> Any:
        return flask.Response(flask.stream_with_context(chunks()))

    @app.get("/endless")
    def stream_on() -> Any:
        return flask.Response(endless())

    @app.get("/fail")
    def fail() -> Any:
        raise ValueError("broken")

    both = DispatcherMiddleware(app, {"/mounted": application("mounted")})
    return make_server("127.0.0.1", port, both, threaded=True).serve_forever


run("flask", make)
