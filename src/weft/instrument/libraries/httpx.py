"""httpx and httpx2: OpenTelemetry's instrumentation of their transports, one span for every request sent.

Corrected: a redirected request inherits the headers of the one before, also when it goes to a host outside
(measured, httpx 0.28); applications called in this process (``ASGITransport``, ``WSGITransport``) got no
context; ``transport.handle_request(request=...)`` raised IndexError (measured, instrumentation 0.66b1).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry import propagate
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled

from weft.instrument.libraries import outgoing
from weft.instrument.trust.egress import going_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

INSTRUMENTATION: Final = "opentelemetry.instrumentation.httpx"
EXTRACT: Final = "_extract_parameters"
INJECT: Final = "_inject_propagation_headers"
IN_PROCESS: Final = (
    ("ASGITransport", "AsyncHTTPTransport", "handle_async_request"),
    ("WSGITransport", "HTTPTransport", "handle_request"),
)
SENDS: Final = (
    "_weft_sends"  # of a request object: how often it, or the one that was redirected to it, was sent
)
# The OpenAI and Anthropic clients make a new request for every retry, and say so.
RETRY_COUNT_FIELD: Final = "x-stainless-retry-count"


# Modules that came while the instrumentation, which imports both, was being imported for the other one.
_waiting: list[tuple[Any, str]] = []


def httpx(module: ModuleType) -> None:
    """Instrument ``httpx``."""
    _instrument(module, "HTTPXClientInstrumentor")


def httpx2(module: ModuleType) -> None:
    """Instrument ``httpx2``."""
    _instrument(module, "HTTPX2ClientInstrumentor")


def _instrument(module: Any, instrumentor_name: str) -> None:
    instrumentation: Any = import_module(INSTRUMENTATION)
    if not hasattr(instrumentation, instrumentor_name):
        _waiting.append((module, instrumentor_name))
        return
    instrumentor = getattr(instrumentation, instrumentor_name)()
    inject = getattr(instrumentation, INJECT)
    if not hasattr(inject, "__wrapped__"):
        setattr(instrumentation, INJECT, wrapt.FunctionWrapper(inject, _inject))
        wrapt.wrap_function_wrapper(instrumentation, EXTRACT, _extract)
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()
        for name, like, method in IN_PROCESS:
            traced = getattr(getattr(module, like), method)
            wrapt.wrap_function_wrapper(module, f"{name}.{method}", traced._self_wrapper)
    for client in ("Client", "AsyncClient"):
        wrapt.wrap_function_wrapper(module, f"{client}._build_redirect_request", _build_redirect_request)
        wrapt.wrap_function_wrapper(module, f"{client}._send_single_request", _send_single_request)
    while _waiting:
        _instrument(*_waiting.pop())


def _extract(extract: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
    """Stands around the instrumentation's function: extract(args, kwargs of a transport's method, module)."""
    return extract(_positional(*args[:2]), *args[1:], **kwargs)


def _inject(inject: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> None:
    """The same: inject(headers, args, kwargs of the transport's method, module)."""
    headers, *given = args
    positional = _positional(*given[:2])
    request = positional[0]
    with going_to(request.url.host, request.url.port) as destination:
        inject(headers, positional, *given[1:], **kwargs)
        destination.strip(request.headers)
    sends = getattr(request, SENDS, 0)
    setattr(request, SENDS, sends + 1)
    retries = request.headers.get(RETRY_COUNT_FIELD, "")
    resends = sends + (int(retries) if retries.isdecimal() and len(retries) < 10 else 0)
    outgoing.describe(request.url.host, request.url.port, resends)


def _positional(args: Any, kwargs: Any) -> Any:
    return args or (kwargs["request"],)


def _send_single_request(send: Callable[..., Any], client: Any, args: Any, kwargs: Any) -> Any:
    """One request of a client, through whichever transport: a transport of the user's own is not traced.

    It may well hand the request on to one that is, so it has no span here; the context goes along with it.
    """
    (request,) = _positional(args, kwargs)
    with going_to(request.url.host, request.url.port) as destination:
        if not _is_traced(client._transport_for_url(request.url)) and is_http_instrumentation_enabled():
            propagate.inject(request.headers)
        destination.strip(request.headers)
    return send(*args, **kwargs)


def _is_traced(transport: Any) -> bool:
    methods = (getattr(type(transport), name, None) for name in ("handle_request", "handle_async_request"))
    return any(hasattr(method, "__wrapped__") for method in methods)


def _build_redirect_request(build: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
    redirected = build(*args, **kwargs)
    request = args[0] if args else kwargs.get("request")
    setattr(redirected, SENDS, getattr(request, SENDS, 0))
    return redirected
