"""Web applications that know nothing of Weft, for uvicorn and gunicorn, and one that names itself."""

from __future__ import annotations

import os
from typing import Any

import flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def where(_: Any) -> PlainTextResponse:
    return PlainTextResponse(str(os.getpid()))


asgi = Starlette(routes=[Route("/", where)])
wsgi = flask.Flask("served")


@wsgi.get("/")
def pid() -> str:
    return str(os.getpid())
