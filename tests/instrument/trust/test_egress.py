"""What goes along with a call, by where it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests.structures
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from weft.context.propagator import Propagator
from weft.instrument.trust.boundary import Boundary
from weft.instrument.trust.egress import going_to, leave_for, strip

Enforce = Callable[..., None]

boundary = Boundary(Propagator(["tracecontext", "baggage", "b3", "jaeger"], agent=lambda _: "agent"))
tracer = TracerProvider(shutdown_on_exit=False).get_tracer("client")

TRACE = {"traceparent", "tracestate", "b3", "uber-trace-id"}
BAGGAGE = {"baggage", "uberctx-tenant"}
EVERY_FIELD = {
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "a=1",
    "baggage": "a=1",
    "b3": "0",
    "X-B3-TraceId": "1",
    "x-b3-spanid": "1",
    "x-b3-sampled": "1",
    "uber-trace-id": "1:1:0:1",
    "uberctx-user": "x",
    "ot-tracer-traceid": "1",
    "OT-Baggage-User": "x",
    "X-Amzn-Trace-Id": "Root=1",
    "x-datadog-trace-id": "1",
    "x-datadog-tags": "a=b",
    "X-Cloud-Trace-Context": "1/1",
    "sentry-trace": "1-1",
}


def context(kind: SpanKind = SpanKind.INTERNAL, **attributes: Any) -> Context:
    named = {name.replace("_", "."): value for name, value in attributes.items()}
    span = tracer.start_span("call", kind=kind, attributes=named, context=Context())
    return trace.set_span_in_context(span, baggage.set_baggage("tenant", "7", Context()))


def sent_in(context: Context) -> set[str]:
    carrier: dict[str, str] = {}
    boundary.inject(carrier, context)
    return set(carrier)


def sent(host: str | None, port: int | None = None) -> set[str]:
    with going_to(host, port):
        return sent_in(context())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.7", "research-agent", "db.internal", ""])
def test_inside_everything_goes_along(enforce: Enforce, host: str) -> None:
    assert sent(host, 11434) == TRACE | BAGGAGE


@pytest.mark.parametrize(
    "host", ["api.openai.com", "api.anthropic.com", "bedrock-runtime.us-east-1.amazonaws.com", "8.8.8.8"]
)
def test_outside_nothing_goes_along_unless_it_is_allowed(enforce: Enforce, host: str) -> None:
    assert sent(host, 443) == set()
    enforce(egress=[host])
    assert sent(host, 443) == TRACE
    enforce(baggage_egress=host)
    assert sent(host, 443) == {"baggage"}
    enforce(egress=f"{host}:8443", baggage_egress="*")
    assert sent(host, 8443) == TRACE | BAGGAGE
    assert sent(host, 443) == {"baggage"}


def test_a_destination_that_is_not_known_is_outside(enforce: Enforce) -> None:
    assert sent(None) == set()
    enforce(egress="*", baggage_egress="*")
    assert sent(None) == TRACE | BAGGAGE


def test_where_nobody_says_where_a_call_goes_everything_goes_along(enforce: Enforce) -> None:
    assert sent_in(context()) == TRACE | BAGGAGE
    assert sent_in(context(SpanKind.PRODUCER, server_address="broker.example.com")) == TRACE | BAGGAGE


@pytest.mark.parametrize(
    "attributes",
    [
        {"server_address": "api.openai.com"},
        {"server_address": "api.openai.com", "server_port": 443},
        {"net.peer.name": "api.openai.com"},
        {"url_full": "https://api.openai.com/v1/chat"},
        {"http_url": "https://user:pw@api.openai.com:443/v1?x=localhost"},
        {"url_full": "https://localhost@api.openai.com/"},
        {"url_full": "https:///v1"},
        {"url_full": "https://[::1"},
    ],
)
def test_a_client_span_tells_where_a_call_goes(enforce: Enforce, attributes: dict[str, Any]) -> None:
    assert sent_in(context(SpanKind.CLIENT, **attributes)) == set()
    enforce(egress="*", baggage_egress="*")
    assert sent_in(context(SpanKind.CLIENT, **attributes)) == TRACE | BAGGAGE


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai_system": "x"},
        {"server_address": "localhost", "server_port": 11434},
        {"url_full": "http://10.0.0.1/x"},
        {"server_address": 7},
    ],
)
def test_a_client_span_that_goes_inside_or_does_not_tell_hides_nothing(
    enforce: Enforce, attributes: dict[str, Any]
) -> None:
    assert sent_in(context(SpanKind.CLIENT, **attributes)) == TRACE | BAGGAGE


def test_a_port_that_a_client_span_tells_counts(enforce: Enforce) -> None:
    enforce(egress="api.example.com:8443")
    assert sent_in(context(SpanKind.CLIENT, server_address="api.example.com", server_port=8443)) == TRACE
    assert sent_in(context(SpanKind.CLIENT, url_full="https://api.example.com:8443/")) == TRACE
    assert sent_in(context(SpanKind.CLIENT, server_address="api.example.com")) == set()


def test_where_a_library_says_where_it_goes_its_word_counts_and_not_the_spans(enforce: Enforce) -> None:
    with going_to("localhost"):
        assert sent_in(context(SpanKind.CLIENT, server_address="api.openai.com")) == TRACE | BAGGAGE
    with going_to("api.openai.com"):
        assert sent_in(context(SpanKind.CLIENT, server_address="localhost")) == set()


def test_blocks_nest_and_end_with_an_error_too(enforce: Enforce) -> None:
    def fail() -> None:
        with going_to("localhost"):
            assert leave_for(None).trace
            raise RuntimeError

    with going_to("api.openai.com"):
        with pytest.raises(RuntimeError):
            fail()
        assert not leave_for(None).trace
    assert leave_for(None).trace


def test_tasks_do_not_see_where_each_other_go(enforce: Enforce) -> None:
    async def call(host: str) -> set[str]:
        with going_to(host):
            await asyncio.sleep(0)
            return sent_in(context())

    async def both() -> list[set[str]]:
        return await asyncio.gather(*(call(host) for host in ["localhost", "api.openai.com"] * 10))

    assert asyncio.run(both()) == [TRACE | BAGGAGE, set()] * 10


@pytest.mark.parametrize(
    "make",
    [
        dict,
        lambda fields: list(fields.items()),
        lambda fields: [(name.encode(), value.encode()) for name, value in fields.items()],
        httpx.Headers,
        requests.structures.CaseInsensitiveDict,
    ],
)
def test_what_others_put_in_is_taken_away_whatever_its_format_and_case(
    enforce: Enforce, make: Callable[..., Any]
) -> None:
    own = {"Authorization": "x", "x-request-id": "1", "user-agent": "x"}
    carrier = make({**EVERY_FIELD, **own})
    strip(carrier)
    assert len(carrier) == len(EVERY_FIELD) + len(own)
    with going_to("localhost") as here:
        here.strip(carrier)
        strip(carrier)
    assert len(carrier) == len(EVERY_FIELD) + len(own)
    with going_to("api.openai.com") as there:
        there.strip(carrier)
    assert len(carrier) == len(own)


def test_only_what_is_not_allowed_is_taken_away(enforce: Enforce) -> None:
    enforce(egress="a.example.com", baggage_egress="b.example.com")
    carrier = dict(EVERY_FIELD)
    with going_to("a.example.com"):
        strip(carrier)
    assert {name.lower() for name in EVERY_FIELD} - {name.lower() for name in carrier} == {
        "baggage",
        "uberctx-user",
        "ot-baggage-user",
    }
    carrier = dict(EVERY_FIELD)
    with going_to("b.example.com"):
        strip(carrier)
    assert {name.lower() for name in carrier} == {"baggage", "uberctx-user", "ot-baggage-user"}


@pytest.mark.parametrize("carrier", [None, 7, "text", (), (("traceparent", "x"),), object()])
def test_no_carrier_makes_it_raise(enforce: Enforce, carrier: Any) -> None:
    with going_to("api.openai.com") as destination:
        destination.strip(carrier)
        boundary.inject(carrier, context())
