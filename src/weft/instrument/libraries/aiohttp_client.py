"""aiohttp's client: OpenTelemetry's instrumentation, with a span for every request of a redirected one.

Corrected (measured, contrib 0.66b1): a call that is redirected has one span, and the redirected requests,
also those to other hosts, its headers; sessions made before ``weft.init`` are not traced.
"""

from __future__ import annotations

from contextvars import ContextVar
from http import HTTPStatus
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import wrapt

from weft.instrument.libraries import outgoing
from weft.instrument.trust.egress import going_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

INSTRUMENTATION: Final = "opentelemetry.instrumentation.aiohttp_client"
OURS: Final = "_is_instrumented_by_opentelemetry"  # as the instrumentation marks its own
MAX_REDIRECTS: Final = 10  # aiohttp's default

_max_redirects: ContextVar[int] = ContextVar("weft.aiohttp.max_redirects", default=MAX_REDIRECTS)


def aiohttp_client(module: ModuleType) -> None:
    """Instrument aiohttp's client sessions (``aiohttp``)."""
    instrumentation: Any = import_module(INSTRUMENTATION)
    instrumentor = instrumentation.AioHttpClientInstrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    # Called by the instrumentor for every new session.
    instrumentation.create_trace_config = _corrected(instrumentation.create_trace_config)
    instrumentor.instrument()

    async def request(send: Callable[..., Any], session: Any, args: Any, kwargs: Any) -> Any:
        if not any(hasattr(config, OURS) for config in session.trace_configs):
            _adopt(session, module.ClientSession.__init__)
        limit = _max_redirects.set(kwargs.get("max_redirects", MAX_REDIRECTS))
        try:
            return await send(*args, **kwargs)
        finally:
            _max_redirects.reset(limit)

    wrapt.wrap_function_wrapper(module, "ClientSession._request", request)


def _adopt(session: Any, constructor: Any) -> None:
    """Trace a session that was made before the instrumentor came."""

    def add(*, trace_configs: list[Any]) -> None:
        for config in trace_configs:
            config.freeze()
        session._trace_configs = [*session.trace_configs, *trace_configs]

    # What the instrumentor put around the constructor gives it one more argument, made from the environment.
    constructor._self_wrapper(add, session, (), {})


def _corrected(create: Callable[..., Any]) -> Callable[..., Any]:
    """The instrumentation's trace configuration, for one request after the other."""

    def create_trace_config(*args: Any, **kwargs: Any) -> Any:
        config = create(*args, **kwargs)
        start, end = config.on_request_start.pop(), config.on_request_end[-1]

        async def on_request_start(session: Any, trace_config_ctx: SimpleNamespace, params: Any) -> None:
            await _start(start, session, trace_config_ctx, params, resends=0)

        async def on_request_redirect(session: Any, trace_config_ctx: SimpleNamespace, params: Any) -> None:
            target = params.response.headers.get("Location") or params.response.headers.get("URI")
            if trace_config_ctx.span is None or target is None:
                return
            await end(session, trace_config_ctx, params)
            resends = getattr(trace_config_ctx, "resends", 0) + 1
            vars(trace_config_ctx).update(span=None, token=None, metric_attributes={}, resends=resends)
            if resends < (_max_redirects.get() or resends + 1):  # aiohttp refuses to send more
                await _start(start, session, trace_config_ctx, _redirected(params, target), resends)

        config.on_request_start.append(on_request_start)
        config.on_request_redirect.append(on_request_redirect)
        return config

    return create_trace_config


async def _start(start: Callable[..., Any], session: Any, context: Any, params: Any, resends: int) -> None:
    with going_to(params.url.host, params.url.port) as destination:
        await start(session, context, params)
    if context.span is not None:
        outgoing.describe(params.url.host, params.url.port, resends)
        destination.strip(params.headers)


def _redirected(params: Any, target: str) -> SimpleNamespace:
    """What is asked next: as aiohttp does it, and RFC 9110, section 15.4."""
    status, method = params.response.status, params.method
    if (status == HTTPStatus.SEE_OTHER and method != "HEAD") or (
        status in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND) and method == "POST"
    ):
        method = "GET"
    try:
        url = params.url.join(type(params.url)(target))
    except ValueError:  # aiohttp refuses it
        url = params.url
    return SimpleNamespace(method=method, url=url, headers=params.headers)
