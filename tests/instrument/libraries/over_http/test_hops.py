"""Every client against every server, in processes of their own: one trace, and its baggage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.instrument.libraries.over_http.conftest import CLIENT, SERVER, SERVICES, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.instrument.libraries.over_http.conftest import Backend, Caller
    from tests.instrument.libraries.over_http.peer import Peer

LATE = ["httpx", "httpx-async", "httpx2", "httpx2-async", "requests", "urllib3", "urllib", "aiohttp"]
EARLY = ["httpx", "httpx-early", "httpx2", "requests", "urllib3", "urllib", "aiohttp", "aiohttp-old"]


@pytest.mark.parametrize("server", SERVICES)
@pytest.mark.parametrize("client", LATE)
def test_a_call_is_one_trace_with_its_baggage(
    backend: Backend, services: Callable[[str], str], caller: Caller, client: str, server: str
) -> None:
    called = caller.ask(client, f"{services(server)}/work", baggage={"user": "zoë, =%", "plan": "gold"})
    assert called["status"] == 200
    spans = backend.trace(called["trace"], spans=4)
    sent, served = only(spans, CLIENT), only(spans, SERVER)
    (callee,) = [span for span in spans if span.name == "invoke_agent callee"]
    assert len(spans) == 4
    assert sent.parent_id == called["span"]
    assert served.parent_id == sent.span_id
    assert callee.parent_id == served.span_id
    assert (sent.service, served.service) == ("caller", server)
    assert served.name == "GET /work" or served.name == "GET work"  # Django's routes have no slash
    assert served.attributes["http.response.status_code"] == 200
    assert sent.attributes["http.response.status_code"] == 200
    assert sent.attributes["server.address"] == "127.0.0.1"
    assert sent.attributes["server.port"] == int(services(server).rpartition(":")[2])
    assert "http.request.resend_count" not in sent.attributes
    context = json.loads(called["text"])
    assert context["traceparent"].split("-")[1:3] == [called["trace"], callee.span_id]
    assert set(context["baggage"].split(",")) == {"plan=gold", "user=zo%C3%AB%2C%20=%25"}


@pytest.mark.parametrize("client", EARLY)
def test_what_was_imported_and_made_before_init_is_traced(
    backend: Backend, services: Callable[[str], str], early_caller: Caller, client: str
) -> None:
    called = early_caller.ask(client, f"{services('fastapi')}/work", baggage={"user": "zoe"})
    spans = backend.trace(called["trace"], spans=4)
    assert len(spans) == 4
    assert only(spans, SERVER).parent_id == only(spans, CLIENT).span_id
    assert json.loads(called["text"])["baggage"] == "user=zoe"


@pytest.mark.parametrize("server", SERVICES)
def test_a_service_carries_the_context_on(
    backend: Backend, services: Callable[[str], str], caller: Caller, peer: Peer, server: str
) -> None:
    url = f"{services(server)}/hop?url={peer.url('/echo')}"
    called = caller.ask("httpx", url, baggage={"user": "zoe"})
    spans = backend.trace(called["trace"], spans=4)
    assert len(spans) == 4
    served = only(spans, SERVER)
    (onward,) = [span for span in spans if span.kind == CLIENT and span.parent_id == served.span_id]
    received = [tuple(pair) for pair in json.loads(called["text"])]
    traceparents = [value for name, value in received if name == "traceparent"]
    assert [value.split("-")[1:3] for value in traceparents] == [[called["trace"], onward.span_id]]
    assert [value for name, value in received if name == "baggage"] == ["user=zoe"]


@pytest.mark.parametrize(
    ("client", "server"),
    [("httpx", "fastapi"), ("httpx2", "starlette"), ("requests", "flask"), ("urllib3", "django-wsgi"),
     ("urllib", "django-asgi"), ("aiohttp", "aiohttp")],
)  # fmt: skip
def test_fifty_calls_at_once_do_not_mix(
    backend: Backend, services: Callable[[str], str], caller: Caller, client: str, server: str
) -> None:
    calls = caller.ask(client, f"{services(server)}/work", number=50)
    assert len({call["trace"] for call in calls}) == 50
    for number, call in enumerate(calls):
        context = json.loads(call["text"])
        assert context["traceparent"].split("-")[1] == call["trace"]
        assert context["baggage"] == f"number={number}"
    for call in calls:
        spans = backend.trace(call["trace"], spans=4)
        assert len(spans) == 4, [(span.name, span.span_id, span.parent_id) for span in spans]
        assert only(spans, SERVER).parent_id == only(spans, CLIENT).span_id
