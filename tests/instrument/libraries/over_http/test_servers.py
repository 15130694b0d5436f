"""One SERVER span for every request, in its caller's trace, as long as the answer is made."""

from __future__ import annotations

import json
import socket
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from opentelemetry.instrumentation import asgi
from opentelemetry.instrumentation._semconv import _StabilityMode
from tests.instrument.libraries.over_http.conftest import INTERNAL, OTHER_ORDER, SERVER, SERVICES, only

from weft.instrument.libraries import scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.instrument.libraries.over_http.conftest import Backend


def request(
    url: str, *headers: tuple[bytes, bytes], method: bytes = b"GET", until: bytes = b""
) -> tuple[int, str]:
    """Send a request byte by byte; with ``until``, leave when that has come."""
    parts = urlsplit(url)
    target = (parts.path + (f"?{parts.query}" if parts.query else "")).encode("latin-1")
    head = b"".join(b"%s: %s\r\n" % header for header in ((b"Host", parts.netloc.encode()), *headers))
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(b"%s %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (method, target, head))
        received = b""
        while part := connection.recv(65536):
            received += part
            if until and until in received:
                break
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode("latin-1")


def parent() -> tuple[str, str, tuple[bytes, bytes]]:
    """A caller's trace, its span, and the header that says so."""
    trace, span = uuid4().hex, uuid4().hex[:16]
    return trace, span, (b"traceparent", f"00-{trace}-{span}-01".encode())


def trace_in(body: str) -> str:
    """The trace that a service worked in, as it answered."""
    return str(json.loads(body[body.index("{") : body.rindex("}") + 1])["traceparent"].split("-")[1])


@pytest.mark.parametrize("server", SERVICES)
def test_a_request_without_a_caller_begins_a_trace(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    """The services run below a span and baggage, which are nobody's."""
    status, body = request(f"{services(server)}/work")
    assert status == 200
    spans = backend.trace(trace_in(body), spans=2)
    assert len(spans) == 2
    assert only(spans, SERVER).parent_id == ""
    assert "baggage" not in body


@pytest.mark.parametrize("server", OTHER_ORDER)
def test_an_application_may_be_made_before_init_or_after(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    trace, caller, header = parent()
    assert trace_in(request(f"{services(server)}/work", header)[1]) == trace
    spans = backend.trace(trace, spans=2)
    assert only(spans, SERVER).parent_id == caller
    assert len(spans) == 2


STREAMS = [(server, "/stream") for server in SERVICES] + [
    ("fastapi", "/stream-sync"), ("starlette", "/stream-sync"), ("flask", "/stream-sync"),
    ("fastapi", "/events"), ("starlette", "/events"), ("aiohttp", "/stream-body"),
]  # fmt: skip


@pytest.mark.parametrize(("server", "path"), STREAMS)
def test_a_streamed_answer_is_made_in_its_request_s_span(
    backend: Backend, services: Callable[[str], str], server: str, path: str
) -> None:
    trace, caller, header = parent()
    status, body = request(services(server) + path, header, (b"baggage", b"user=zoe"))
    assert status == 200
    spans = backend.trace(trace, spans=4)
    served = only(spans, SERVER)
    chunks = [span for span in spans if span.name.startswith("execute_tool chunk")]
    assert len(spans) == 4
    assert served.parent_id == caller
    assert {span.parent_id for span in chunks} == {served.span_id}
    assert body.count("user=zoe") == 3
    assert served.end_ns >= max(span.end_ns for span in chunks)


@pytest.mark.parametrize("server", SERVICES)
def test_a_client_that_leaves_in_the_middle_ends_the_span(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    trace, caller, header = parent()
    request(f"{services(server)}/endless", header, until=b"traceparent")
    spans = backend.trace(trace, spans=2)
    assert only(spans, SERVER).parent_id == caller


def test_a_streamed_body_that_nobody_asks_for_ends_the_span(
    backend: Backend, services: Callable[[str], str]
) -> None:
    trace, caller, header = parent()
    request(f"{services('aiohttp')}/stream-body", header, method=b"HEAD")
    (served,) = backend.trace(trace, spans=1)
    assert (served.kind, served.parent_id) == (SERVER, caller)


@pytest.mark.parametrize("server", SERVICES)
def test_an_exception_is_on_the_one_span(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    trace, caller, header = parent()
    assert request(f"{services(server)}/fail", header)[0] == 500
    (served,) = backend.trace(trace, spans=1)
    assert (served.kind, served.parent_id) == (SERVER, caller)
    assert served.status == 2
    if server != "aiohttp":  # which answers an exception outside of its middlewares
        assert served.attributes["http.response.status_code"] == 500


@pytest.mark.parametrize("server", ["fastapi", "starlette", "flask", "aiohttp"])
def test_an_application_in_an_application_has_no_server_span_of_its_own(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    trace, caller, header = parent()
    _, body = request(f"{services(server)}/mounted/work", header)
    assert trace_in(body) == trace
    spans = backend.trace(trace, spans=2)
    assert only(spans, SERVER).parent_id == caller
    known = {span.span_id for span in spans}
    assert {span.parent_id for span in spans if span.kind == INTERNAL} <= known


@pytest.mark.parametrize("server", ["fastapi", "starlette"])
def test_a_background_task_belongs_to_its_request(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    trace, _, header = parent()
    request(f"{services(server)}/background", header)
    spans = backend.trace(trace, spans=4 if server == "fastapi" else 3)
    by_id = {span.span_id: span for span in spans}
    (task,) = [span for span in spans if span.name == "execute_tool chunk 0"]
    while task.kind != SERVER:
        task = by_id[task.parent_id]


def test_flask_s_functions_around_a_request_run_in_its_span(
    backend: Backend, services: Callable[[str], str]
) -> None:
    trace, _, header = parent()
    request(f"{services('flask')}/around", header)
    spans = backend.trace(trace, spans=4)
    served = only(spans, SERVER)
    assert {span.parent_id for span in spans if span.kind == INTERNAL} == {served.span_id}


def test_a_synchronous_view_of_an_asynchronous_django_is_in_the_trace(
    backend: Backend, services: Callable[[str], str]
) -> None:
    trace, _, header = parent()
    _, body = request(f"{services('django-asgi')}/work-sync", header)
    assert trace_in(body) == trace
    assert len(backend.trace(trace, spans=2)) == 2


@pytest.mark.parametrize("server", SERVICES)
def test_two_traceparents_restart_the_trace(
    backend: Backend, services: Callable[[str], str], server: str
) -> None:
    (one, _, header), (other, _, second) = parent(), parent()
    status, body = request(f"{services(server)}/work", header, second)
    assert status == 200
    assert trace_in(body) not in {one, other}
    assert only(backend.trace(trace_in(body), spans=2), SERVER).parent_id == ""


@pytest.mark.parametrize("server", SERVICES)
def test_headers_are_combined_and_in_any_case(services: Callable[[str], str], server: str) -> None:
    trace, _, (_, value) = parent()
    _, body = request(
        f"{services(server)}/work",
        (b"TRACEPARENT", value),
        (b"tracestate", b"one=1"), (b"TraceState", b"two=2"),
        (b"baggage", b"one=1"), (b"BAGGAGE", b"two=2"),
    )  # fmt: skip
    context = json.loads(body[body.index("{") : body.rindex("}") + 1])
    assert context["traceparent"].split("-")[1] == trace
    assert context["tracestate"].endswith("one=1,two=2")
    assert set(context["baggage"].split(",")) == {"one=1", "two=2"}


@pytest.mark.parametrize("server", SERVICES)
def test_other_formats_are_read(backend: Backend, services: Callable[[str], str], server: str) -> None:
    trace, span, _ = parent()
    b3 = ((b"X-B3-TraceId", trace.encode()), (b"X-B3-SpanId", span.encode()), (b"X-B3-Sampled", b"1"))
    assert trace_in(request(f"{services(server)}/work", *b3)[1]) == trace
    assert only(backend.trace(trace, spans=2), SERVER).parent_id == span


@pytest.mark.parametrize("server", SERVICES)
@pytest.mark.parametrize(
    "header",
    [
        (b"baggage", b"a=\xe9\\x"),
        (b"user-agent", b"\xe9\\x"),
        (b"tracestate", b"\xff\\u12"),
        (b"x-anything", bytes(range(128, 256)) + b"\\N{"),
        (b"uberctx-a", b"\xff\\"),
    ],
)
def test_bytes_that_are_no_text_harm_nobody(
    services: Callable[[str], str], server: str, header: tuple[bytes, bytes]
) -> None:
    trace, _, caller = parent()
    status, body = request(f"{services(server)}/work", caller, header)
    assert status == 200
    assert trace_in(body) == trace


@pytest.mark.parametrize("server", ["flask", "django-wsgi"])
def test_a_query_that_is_no_text_harms_nobody(services: Callable[[str], str], server: str) -> None:
    assert request(f"{services(server)}/work?a=\xff\\x")[0] == 200


def test_an_asgi_query_that_is_no_text_harms_nobody() -> None:
    """Some ASGI servers hand over the bytes of the query as they came (uvicorn refuses them)."""
    read: Any = asgi.collect_request_attributes
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"a=\xff\\x&b=%20", "headers": []}
    with pytest.raises(UnicodeDecodeError):
        read(scope)
    module = ModuleType("instrumentation")
    module.collect_request_attributes = read  # type: ignore[attr-defined]
    scopes.correct(module)
    assert module.collect_request_attributes(scope, _StabilityMode.HTTP)["url.query"] == "a=%FF%5Cx&b=%20"
