"""Django, calling on with urllib and urllib3: ``python django_urllib.py PORT ORDER wsgi|asgi``."""

from __future__ import annotations

import json
import logging
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import django
import urllib3
from agent import chunks, chunks_async, endless, endless_async, run, work
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import path

if TYPE_CHECKING:
    from collections.abc import Callable

INTERFACE = sys.argv[3]


def answer(_: HttpRequest) -> JsonResponse:
    return JsonResponse(work())


async def answer_async(_: HttpRequest) -> JsonResponse:
    return JsonResponse(work())


def hop(request: HttpRequest) -> JsonResponse:
    url = request.GET["url"]
    if INTERFACE == "wsgi":
        with urllib.request.urlopen(url) as response:
            return JsonResponse(json.load(response), safe=False)
    return JsonResponse(json.loads(urllib3.PoolManager().request("GET", url).data), safe=False)


def stream(_: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks() if INTERFACE == "wsgi" else chunks_async())


def stream_on(_: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(endless() if INTERFACE == "wsgi" else endless_async())


def fail(_: HttpRequest) -> JsonResponse:
    raise ValueError("broken")


urlpatterns = [
    path("work", answer if INTERFACE == "wsgi" else answer_async),
    path("work-sync", answer),
    path("hop", hop),
    path("stream", stream),
    path("endless", stream_on),
    path("fail", fail),
]


def make(port: int) -> Callable[[], None]:
    logging.disable()
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="secret", MIDDLEWARE=())
    django.setup(set_prefix=False)
    if INTERFACE == "asgi":
        import uvicorn

        app: Any = ASGIHandler()
        return lambda: uvicorn.run(app, port=port, log_level="critical", lifespan="off")
    from werkzeug.serving import make_server

    return make_server("127.0.0.1", port, WSGIHandler(), threaded=True).serve_forever


run(f"django-{INTERFACE}", make)
