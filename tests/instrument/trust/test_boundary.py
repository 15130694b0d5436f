"""The propagator of a process: what its policy makes of what arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.asgi import ASGIGetter
from opentelemetry.propagators.textmap import default_getter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from weft.context.carriers import CarrierGetter
from weft.context.current import attached
from weft.context.propagator import Propagator
from weft.instrument.arrivals import ArrivalRecorder
from weft.instrument.trust.boundary import Boundary
from weft.instrument.trust.ingress import arriving

Enforce = Callable[..., None]

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
SPAN = 0xB7AD6B7169203331
UNSAMPLED = {
    "traceparent": f"00-{TRACE:032x}-{SPAN:016x}-00",
    "tracestate": "vendor=1",
    "baggage": "tenant=7",
}
HEADERS = {**UNSAMPLED, "traceparent": f"00-{TRACE:032x}-{SPAN:016x}-03"}

boundary = Boundary(Propagator(agent=lambda _: "agent"))
exporter = InMemorySpanExporter()
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(ArrivalRecorder())
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("server")


def scope(path: str, headers: dict[str, str]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "asgi": {}, "path": path, "server": ("127.0.0.1", 80), "headers": raw}


def served(context: Context) -> tuple[ReadableSpan, dict[str, str]]:
    """The span of a request, and what it sends on."""
    exporter.clear()
    span = tracer.start_span("request", context=context)
    sent: dict[str, str] = {}
    boundary.inject(sent, trace.set_span_in_context(span, context))
    span.end()
    (finished,) = exporter.get_finished_spans()
    return finished, sent


def request(path: str, headers: dict[str, str]) -> tuple[ReadableSpan, dict[str, str]]:
    return served(boundary.extract(scope(path, headers), Context(), ASGIGetter()))


@pytest.mark.parametrize("settings", [{}, {"ingress": "trust"}, {"ingress": "/other=restart"}])
def test_trust_continues_the_trace(enforce: Enforce, settings: dict[str, str]) -> None:
    enforce(**settings)
    span, sent = request("/", HEADERS)
    assert span.context.trace_id == TRACE
    assert span.parent is not None
    assert span.parent.span_id == SPAN
    assert span.links == ()
    assert span.attributes["weft.propagation.outcome"] == "continued"  # type: ignore[index]
    assert sent["tracestate"].endswith(",vendor=1")
    assert sent["baggage"] == "tenant=7"


@pytest.mark.parametrize(("action", "outcome"), [("restart", "restarted"), ("link", "linked")])
@pytest.mark.parametrize("headers", [HEADERS, UNSAMPLED])
def test_a_trace_that_is_not_believed_begins_anew_and_hands_on_nothing_of_the_senders(
    enforce: Enforce, action: str, outcome: str, headers: dict[str, str]
) -> None:
    enforce(ingress={"/public": action})
    span, sent = request("/public/x", headers)
    assert span.parent is None
    assert span.context.trace_id != TRACE
    assert span.context.trace_flags == 3, "the sender decides neither to sample nor not to"
    assert span.attributes["weft.propagation.outcome"] == outcome  # type: ignore[index]
    assert span.attributes["weft.propagation.format"] == "tracecontext"  # type: ignore[index]
    assert sent.keys() == {"traceparent", "tracestate"}
    assert "vendor" not in sent["tracestate"]
    assert f"{TRACE:032x}" not in str(sent)


def test_a_link_leads_to_the_senders_span_and_a_restart_has_none(enforce: Enforce) -> None:
    enforce(ingress={"/linked": "link", "/public": "restart"})
    span, _ = request("/linked", HEADERS)
    (link,) = span.links
    assert (link.context.trace_id, link.context.span_id, link.context.is_remote) == (TRACE, SPAN, True)
    span, _ = request("/public", HEADERS)
    assert span.links == ()


@pytest.mark.parametrize(
    "headers", [{}, {"baggage": "tenant=7"}, {"traceparent": "garbage", "baggage": "tenant=7"}]
)
@pytest.mark.parametrize("action", ["link", "restart"])
def test_without_a_parent_there_is_nothing_to_link_or_restart_and_no_baggage(
    enforce: Enforce, headers: dict[str, str], action: str
) -> None:
    enforce(ingress=action)
    span, sent = request("/", headers)
    assert span.parent is None
    assert span.links == ()
    outcome = "malformed" if "traceparent" in headers else "absent"
    assert span.attributes["weft.propagation.outcome"] == outcome  # type: ignore[index]
    assert "baggage" not in sent


def test_other_formats_are_not_believed_either(enforce: Enforce) -> None:
    enforce(ingress="restart")
    span, sent = request("/", {"uber-trace-id": f"{TRACE:x}:{SPAN:x}:0:1", "uberctx-tenant": "7"})
    assert span.parent is None
    assert "baggage" not in sent
    assert span.attributes["weft.propagation.received"] == "uber-trace-id,uberctx-*"  # type: ignore[index]


def test_a_request_begins_at_the_door_whatever_is_current_where_the_server_runs(enforce: Enforce) -> None:
    with tracer.start_as_current_span("around the server"):
        context = boundary.extract(scope("/", {}), None, ASGIGetter())
    assert not trace.get_current_span(context).get_span_context().is_valid


def test_a_rule_for_everything_is_for_messages_too_and_one_for_a_door_is_not(enforce: Enforce) -> None:
    enforce(ingress={"/public": "restart", ":80": "restart"})
    assert served(boundary.extract(HEADERS))[0].context.trace_id == TRACE
    enforce(ingress="restart")
    assert served(boundary.extract(HEADERS))[0].context.trace_id != TRACE


def test_a_message_without_a_context_stays_where_it_is_handled_whatever_the_rule(enforce: Enforce) -> None:
    enforce(ingress="restart")
    with tracer.start_as_current_span("handler") as handler, attached(baggage.set_baggage("mine", "1")):
        context = boundary.extract({"baggage": "tenant=7"})
        span, _ = served(context)
    assert span.parent is not None
    assert span.parent.span_id == handler.get_span_context().span_id
    assert dict(baggage.get_all(context)) == {"mine": "1"}


@pytest.mark.parametrize("getter", [default_getter, CarrierGetter()])
def test_headers_that_look_like_a_scope_open_no_door(enforce: Enforce, getter: Any) -> None:
    enforce(ingress="/inner=trust,restart")
    headers = {
        **HEADERS,
        "asgi": "x",
        "type": "http",
        "path": "/inner",
        "wsgi.version": "1",
        "PATH_INFO": "/inner",
    }
    assert served(boundary.extract(headers, Context(), getter))[0].context.trace_id != TRACE
    with arriving(path="/inner/x", host="10.0.0.1", port=1):
        assert served(boundary.extract(headers, Context(), getter))[0].context.trace_id == TRACE


def test_every_trace_that_begins_behind_a_linked_arrival_has_the_link_and_the_first_the_record(
    enforce: Enforce,
) -> None:
    enforce(ingress="link")
    context = boundary.extract(HEADERS)
    spans = [served(context)[0] for _ in range(3)]
    assert [len(span.links) for span in spans] == [1, 1, 1]
    assert ["weft.propagation.outcome" in (span.attributes or {}) for span in spans] == [True, False, False]
    assert len({span.context.trace_id for span in spans}) == 3


@pytest.mark.parametrize(
    "carrier", [None, 7, "text", {"type": []}, {"asgi": 1}, {"wsgi.version": 1, "SERVER_PORT": []}]
)
def test_no_carrier_makes_it_raise(enforce: Enforce, carrier: Any) -> None:
    enforce(ingress="/x=link,restart")
    for getter in (default_getter, ASGIGetter()):
        assert isinstance(boundary.extract(carrier, None, getter), Context)
