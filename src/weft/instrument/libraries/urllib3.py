"""urllib3, and requests on top of it: a span for every attempt.

OpenTelemetry has one span for a whole ``urlopen``, however often urllib3 tries, and one for a whole
``Session.send``, however often requests is redirected; the redirected requests, also those to other hosts,
have the first one's headers (measured, contrib 0.66b1, requests 2.34). Every attempt of both passes through
``HTTPConnectionPool._make_request``. Its headers are copies: nothing that is written there is redirected.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled, suppress_http_instrumentation
from opentelemetry.util.http import get_excluded_urls

from weft.instrument.libraries import outgoing
from weft.instrument.trust.egress import going_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

URLLIB3: Final = "urllib3"
REQUESTS: Final = "requests"

_wanted: set[str] = set()
_by: ContextVar[str] = ContextVar("weft.urllib3.by", default=URLLIB3)
_redirects: ContextVar[int] = ContextVar("weft.requests.redirects", default=0)


def urllib3(_: ModuleType) -> None:
    """Instrument urllib3 (``urllib3``)."""
    _instrument()
    _wanted.add(URLLIB3)


def requests(module: ModuleType) -> None:
    """Instrument requests (``requests``)."""
    _instrument()
    _wanted.add(REQUESTS)
    excluded = get_excluded_urls("REQUESTS")

    def send(send: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
        request = args[0] if args else kwargs.get("request")
        if excluded.url_disabled(str(getattr(request, "url", ""))):
            with suppress_http_instrumentation():
                return send(*args, **kwargs)
        before = _by.set(REQUESTS)
        try:
            return send(*args, **kwargs)
        finally:
            _by.reset(before)

    wrapt.wrap_function_wrapper(module, "adapters.HTTPAdapter.send", send)
    wrapt.wrap_function_wrapper(module, "sessions.Session.resolve_redirects", _resolve_redirects)


def _resolve_redirects(resolve: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Iterator[Any]:
    """Count the redirects that requests follows."""
    responses = resolve(*args, **kwargs)
    count = 0
    while True:
        count += 1
        before = _redirects.set(count)
        try:
            response = next(responses)
        except StopIteration:
            return
        finally:
            _redirects.reset(before)
        yield response


def _instrument() -> None:
    if _wanted:
        return
    pool = import_module("urllib3.connectionpool").HTTPConnectionPool
    instrumentation = import_module("opentelemetry.instrumentation.urllib3")
    instrumentor = instrumentation.URLLib3Instrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    instrumentor.instrument()
    trace_call = pool.urlopen._self_wrapper  # called with (wrapped, pool, args, kwargs)
    instrumentation.unwrap(pool, "urlopen")
    wrapt.wrap_function_wrapper(pool, "_make_request", partial(_make_request, trace_call))


def _make_request(
    trace_call: Callable[..., Any], make_request: Callable[..., Any], pool: Any, args: Any, kwargs: Any
) -> Any:
    """One attempt: ``_make_request(connection, method, url, headers=..., ...)``."""
    if _by.get() not in _wanted or not is_http_instrumentation_enabled() or len(args) < 3:
        return make_request(*args, **kwargs)
    connection, method, url = args[:3]
    theirs = kwargs.get("headers")
    headers = theirs if hasattr(theirs, "copy") else dict(theirs or {})
    host, port = (pool.host, pool.port) if url.startswith("/") else outgoing.destination_of(url)
    resends = _redirects.get() + len(getattr(kwargs.get("retries"), "history", None) or ())

    with going_to(host, port) as destination:

        def call(*_: Any, **named: Any) -> Any:
            # The instrumentation binds the arguments of `urlopen`: the fourth are the headers that are sent.
            sent = _[3] if len(_) > 3 else named.get("headers")
            if sent is headers:  # a URL that is excluded
                return make_request(*args, **kwargs)
            outgoing.describe(host, port, resends)
            destination.strip(sent)
            return make_request(connection, method, url, *args[3:], **{**kwargs, "headers": sent})

        attempt = outgoing.Attempt(call, partial(make_request, *args, **kwargs))
        return attempt.through(
            lambda once: trace_call(
                once, pool, (method, url), {"body": kwargs.get("body"), "headers": headers}
            )
        )
