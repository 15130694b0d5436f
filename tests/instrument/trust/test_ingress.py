"""Where a request came in, as its carrier or its server tells."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.instrumentation.asgi import ASGIGetter
from opentelemetry.instrumentation.wsgi import WSGIGetter
from opentelemetry.propagators.textmap import default_getter

from weft.context.carriers import CarrierGetter
from weft.instrument.trust.ingress import Arriving, arriving, where

SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "path": "/public",
    "server": ("10.0.0.5", 8443),
    "headers": [],
}
ENVIRON = {
    "wsgi.version": (1, 0),
    "SCRIPT_NAME": "/mounted",
    "PATH_INFO": "/public",
    "SERVER_NAME": "10.0.0.5",
    "SERVER_PORT": "8443",
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Arriving("/public", "10.0.0.5", 8443)),
        ({"type": "websocket"}, Arriving("/public", "10.0.0.5", 8443)),
        ({"server": None}, Arriving("/public")),
        ({"server": ("/run/agent.sock", None)}, Arriving("/public", "/run/agent.sock")),
        ({"path": "/café"}, Arriving("/café", "10.0.0.5", 8443)),
        ({"server": 7}, Arriving("")),
    ],
)
def test_an_asgi_scope_tells(change: dict[str, Any], found: Arriving) -> None:
    assert where({**SCOPE, **change}, ASGIGetter()) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Arriving("/mounted/public", "10.0.0.5", 8443)),
        ({"SCRIPT_NAME": ""}, Arriving("/public", "10.0.0.5", 8443)),
        ({"PATH_INFO": "/caf\xc3\xa9"}, Arriving("/mounted/café", "10.0.0.5", 8443)),
        ({"PATH_INFO": "/\xff"}, Arriving("/mounted/\ufffd", "10.0.0.5", 8443)),
        ({"SERVER_PORT": ""}, Arriving("/mounted/public", "10.0.0.5")),
        ({"SERVER_PORT": "٣"}, Arriving("/mounted/public", "10.0.0.5", 3)),
        ({"PATH_INFO": "/\u1234"}, Arriving("")),
    ],
)
def test_a_wsgi_environ_tells(change: dict[str, Any], found: Arriving) -> None:
    assert where({**ENVIRON, **change}, WSGIGetter()) == found


def test_another_server_says_it_around_its_code() -> None:
    assert where({}) is None
    with arriving(path="/weft.Agent/Run", host="10.0.0.5", port=50051):
        assert where([("traceparent", "x")]) == Arriving("/weft.Agent/Run", "10.0.0.5", 50051)
        with arriving(path="/inner", host=None):
            assert where({}) == Arriving("/inner")
        assert where({}) == Arriving("/weft.Agent/Run", "10.0.0.5", 50051)
    assert where({}) is None


@pytest.mark.parametrize("getter", [default_getter, CarrierGetter(), None])
@pytest.mark.parametrize(
    "headers", [SCOPE, ENVIRON, {**SCOPE, "traceparent": "x"}, {"asgi": "1", "path": "/inner"}]
)
def test_headers_are_no_scope_whatever_their_sender_calls_them(headers: dict[str, Any], getter: Any) -> None:
    if getter is not None:
        assert where(headers, getter) is None
        with arriving(path="/public", host="10.0.0.5", port=80):
            assert where(headers, getter) == Arriving("/public", "10.0.0.5", 80)
