"""One CLIENT span for every request that is sent, and trace headers only where they may go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.instrument.libraries.over_http.conftest import CLIENT, running_caller

if TYPE_CHECKING:
    from tests.instrument.libraries.over_http.conftest import Backend, Caller
    from tests.instrument.libraries.over_http.peer import Pairs, Peer

FOLLOW = ["httpx", "httpx-async", "httpx2", "httpx2-async", "requests", "urllib3", "urllib", "aiohttp"]
ALL = [*FOLLOW, "httpx-stream"]
FIELDS = {"traceparent", "tracestate", "baggage"}
STALE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def fields(headers: Pairs) -> dict[str, str]:
    """The propagation fields of a request; each may be there once."""
    found = [(name, value) for name, value in headers if name in FIELDS]
    assert len(dict(found)) == len(found)
    return dict(found)


def span_in(headers: Pairs) -> str:
    return fields(headers)["traceparent"].split("-")[2]


@pytest.mark.parametrize("client", FOLLOW)
def test_every_request_of_a_redirected_call_has_a_span(
    backend: Backend, caller: Caller, peer: Peer, client: str
) -> None:
    path = f"/{uuid4()}"
    second = peer.url(f"/to?url={quote(peer.url(path))}")
    called = caller.ask(client, peer.url(f"/to?url={quote(second)}"), baggage={"user": "zoe"})
    assert called["status"] == 200
    spans = [span for span in backend.trace(called["trace"], spans=4) if span.kind == CLIENT]
    assert [span.attributes["http.response.status_code"] for span in spans] == [302, 302, 200]
    assert [span.attributes.get("http.request.resend_count") for span in spans] == [None, 1, 2]
    assert [span.attributes["url.full"] for span in spans][-1] == peer.url(path)
    assert {span.parent_id for span in spans} == {called["span"]}
    (received,) = peer.received(path)
    assert span_in(received) == spans[-1].span_id
    assert fields(received)["baggage"] == "user=zoe"


@pytest.mark.parametrize("client", FOLLOW)
def test_a_redirect_to_a_host_outside_takes_no_context_there(
    backend: Backend, caller: Caller, peer: Peer, client: str
) -> None:
    path = f"/{uuid4()}"
    outside = peer.url(path, "outside.example.com")
    # Also the fields that the program put in itself stay inside.
    called = caller.ask(
        client,
        peer.url(f"/to?url={quote(outside)}"),
        baggage={"user": "zoe"},
        headers={"X-B3-TraceId": "a" * 32},
    )
    assert called["status"] == 200
    (received,) = peer.received(path)
    assert [name for name, _ in received if name in FIELDS or name.startswith("x-b3")] == []
    spans = [span for span in backend.trace(called["trace"], spans=3) if span.kind == CLIENT]
    assert [span.attributes["server.address"] for span in spans] == ["127.0.0.1", "outside.example.com"]


@pytest.mark.parametrize("client", ALL)
def test_a_host_outside_is_told_nothing(backend: Backend, caller: Caller, peer: Peer, client: str) -> None:
    path = f"/{uuid4()}"
    called = caller.ask(client, peer.url(path, "outside.example.com"), baggage={"user": "zoe"})
    (received,) = peer.received(path)
    assert fields(received) == {}
    assert len([span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]) == 1


def test_a_host_outside_that_was_allowed_is_told(traced: dict[str, str], peer: Peer) -> None:
    with running_caller({**traced, "WEFT_EGRESS": "allowed.example.com"}) as caller:
        for client in ALL:
            allowed, other = f"/{uuid4()}", f"/{uuid4()}"
            called = caller.ask(client, peer.url(allowed, "allowed.example.com"), baggage={"user": "zoe"})
            caller.ask(client, peer.url(other, "other.example.com"))
            assert called["trace"] in fields(peer.received(allowed)[0])["traceparent"], client
            assert "baggage" not in fields(peer.received(allowed)[0]), client
            assert fields(peer.received(other)[0]) == {}, client


@pytest.mark.parametrize("client", ["requests", "urllib3"])
def test_every_retry_has_a_span(backend: Backend, caller: Caller, peer: Peer, client: str) -> None:
    path = f"/busy/{uuid4()}"
    called = caller.ask(client, peer.url(f"{path}?times=2"), retries=3)
    assert called["status"] == 200
    spans = [span for span in backend.trace(called["trace"], spans=4) if span.kind == CLIENT]
    assert [span.attributes["http.response.status_code"] for span in spans] == [503, 503, 200]
    assert [span.attributes.get("http.request.resend_count") for span in spans] == [None, 1, 2]
    assert {span.parent_id for span in spans} == {called["span"]}
    assert [span_in(received) for received in peer.received(path)] == [span.span_id for span in spans]


@pytest.mark.parametrize("client", ["requests", "urllib3"])
def test_every_attempt_to_connect_has_a_span_with_its_error(
    backend: Backend, caller: Caller, client: str
) -> None:
    called = caller.ask(client, "http://127.0.0.1:9/", retries=1)
    assert called["status"] == 0
    spans = [span for span in backend.trace(called["trace"], spans=3) if span.kind == CLIENT]
    assert [span.attributes["error.type"] for span in spans] == ["NewConnectionError", "NewConnectionError"]


@pytest.mark.parametrize("client", ALL)
def test_a_call_that_fails_has_one_span_and_its_own_error(
    backend: Backend, caller: Caller, client: str
) -> None:
    called = caller.ask(client, "http://127.0.0.1:9/", retries=0)
    assert called["status"] == 0
    assert "Connect" in called["text"] or "refused" in called["text"]
    spans = [span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]
    assert len(spans) == 1
    assert spans[0].attributes["error.type"]


@pytest.mark.parametrize("client", ALL)
def test_a_streamed_answer_has_one_span(backend: Backend, caller: Caller, peer: Peer, client: str) -> None:
    called = caller.ask(client, peer.url("/chunks"))
    assert (called["status"], called["text"]) == (200, "chunk" * 3)
    assert len([span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]) == 1


@pytest.mark.parametrize("client", ALL)
def test_fields_of_the_program_s_own_are_replaced_whatever_their_case(
    caller: Caller, peer: Peer, client: str
) -> None:
    path = f"/{uuid4()}"
    called = caller.ask(client, peer.url(path), headers={"TraceParent": STALE, "X-Other": "1"})
    (received,) = peer.received(path)
    assert called["trace"] in fields(received)["traceparent"]
    assert ("x-other", "1") in received


@pytest.mark.parametrize("client", ["requests", "urllib3", "urllib"])
def test_an_answer_that_the_instrumentation_cannot_read_reaches_the_caller(
    caller: Caller, peer: Peer, client: str
) -> None:
    assert caller.ask(client, peer.url("/strange"))["text"] == "strange"


def test_aiohttp_has_no_span_for_a_request_that_it_refuses_to_send(
    backend: Backend, caller: Caller, peer: Peer
) -> None:
    url = peer.url("/echo")
    for _ in range(3):
        url = peer.url(f"/to?url={quote(url)}")
    called = caller.ask("aiohttp", url, max_redirects=2)
    assert called["text"].startswith("TooManyRedirects")
    spans = [span for span in backend.trace(called["trace"], spans=3) if span.kind == CLIENT]
    assert [span.attributes["http.response.status_code"] for span in spans] == [302, 302]


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"INSTRUMENT": "none"}])
def test_switched_off_nothing_is_different_on_the_wire(
    traced: dict[str, str], peer: Peer, off: dict[str, str]
) -> None:
    with running_caller({**traced, **off}) as caller:
        for client in ALL:
            path = f"/{uuid4()}"
            called = caller.ask(
                client, peer.url(path), headers={"TraceParent": STALE}, baggage={"user": "zoe"}
            )
            (received,) = peer.received(path)
            assert fields(received) == {"traceparent": STALE}, client
            assert sorted(map(tuple, json.loads(called["text"]))) == sorted(received), client


def test_each_can_be_switched_off(traced: dict[str, str], peer: Peer) -> None:
    off = {
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "urllib3,httpx,aiohttp-client",
        "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": "secret",
    }
    with running_caller({**traced, **off}) as caller:
        told = {}
        for client in ["requests", "httpx2", "urllib", "urllib3", "httpx", "httpx-async", "aiohttp"]:
            path = f"/{uuid4()}"
            caller.ask(client, peer.url(path))
            told[client] = "traceparent" in fields(peer.received(path)[0])
        assert [client for client in told if told[client]] == ["requests", "httpx2", "urllib"]
        path = f"/secret/{uuid4()}"
        caller.ask("requests", peer.url(path))
        assert fields(peer.received(path)[0]) == {}


@pytest.mark.parametrize("client", ["httpx", "httpx2"])
def test_a_client_that_counts_its_retries_is_believed(
    backend: Backend, caller: Caller, peer: Peer, client: str
) -> None:
    """The OpenAI and Anthropic clients make a new request for each."""
    called = caller.ask(client, peer.url("/echo"), headers={"x-stainless-retry-count": "2"})
    (span,) = [span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]
    assert span.attributes["http.request.resend_count"] == 2


@pytest.mark.parametrize(
    "client", ["httpx-asgi", "httpx2-asgi", "httpx-wsgi", "httpx-custom", "httpx-custom-named", "ollama"]
)
def test_every_transport_of_httpx_has_one_span(
    backend: Backend, caller: Caller, peer: Peer, client: str
) -> None:
    called = caller.ask(client, peer.url("/echo"), baggage={"user": "zoe"})
    (span,) = [span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]
    received = [(name, value) for name, value in json.loads(called["text"])]
    assert span_in(received) == span.span_id
    assert fields(received)["baggage"] == "user=zoe"


@pytest.mark.parametrize("client", ["requests-body", "urllib-body"])
def test_a_body_without_a_length_is_sent(backend: Backend, caller: Caller, peer: Peer, client: str) -> None:
    called = caller.ask(client, peer.url("/echo"))
    assert called["status"] == 200, called
    assert len([span for span in backend.trace(called["trace"], spans=2) if span.kind == CLIENT]) == 1


def test_the_export_is_not_traced(backend: Backend) -> None:
    """It uses requests; nor are its requests part of anybody's trace."""
    assert backend.receiver.requests
    for path, headers, _ in backend.receiver.requests:
        assert not FIELDS & headers.keys()
        assert not [span for span in backend.receiver.spans() if path in str(span.attributes.get("url.full"))]
