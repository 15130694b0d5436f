"""aiohttp's server: a middleware in front of every application that has not begun to serve.

OpenTelemetry's instrumentor replaces the class ``aiohttp.web.Application``, which misses applications made
before and names imported before, and fails where ``middlewares`` is a tuple. Its middleware is put in when an
application is frozen instead. What is corrected (measured, contrib 0.66b1): baggage that arrives is lost; an
application mounted in another one has a second SERVER span; the getter offers the names of what was stored in
the request in place of its headers; a span around ``run_app`` becomes the parent of every request; what the
generator of an answer's body calls begins traces of its own.
"""

from __future__ import annotations

import warnings
import weakref
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.propagate import extract

from weft.context.carriers import CarrierGetter
from weft.context.current import attached
from weft.instrument.libraries.answer import HeldSpan, answer
from weft.instrument.trust.ingress import arriving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from aiohttp.web import Request, StreamResponse

    Handler = Callable[[Request], Awaitable[StreamResponse]]

SERVED: Final = "weft.served"
_getter: Final = CarrierGetter()


def aiohttp_server(module: ModuleType) -> None:
    """Instrument aiohttp's applications (``aiohttp.web``)."""
    instrumentation: Any = import_module("opentelemetry.instrumentation.aiohttp_server")
    instrumentor = instrumentation.AioHttpServerInstrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    application = module.Application
    with warnings.catch_warnings():  # aiohttp discourages the subclass that the instrumentor makes
        warnings.simplefilter("ignore", DeprecationWarning)
        instrumentor.instrument()
    module.Application = application  # type: ignore[attr-defined]
    instrumentation.extract = _extracted
    middleware = module.middleware(_middleware(instrumentation.create_aiohttp_middleware()))

    def pre_freeze(freeze: Callable[[], None], app: Any, args: Any, kwargs: Any) -> None:
        if not app.pre_frozen and middleware not in app.middlewares:
            app.middlewares.insert(0, middleware)
        freeze(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "Application.pre_freeze", pre_freeze)


def _middleware(traced: Callable[[Request, Handler], Awaitable[StreamResponse]]) -> Any:
    async def middleware(request: Request, handler: Handler) -> StreamResponse:
        if SERVED in request:
            return await handler(request)
        request[SERVED] = True
        host, port = _listener(request)
        with arriving(path=request.path, host=host, port=port):
            context = extract(request.headers, context=Context(), getter=_getter)

        async def handled(request: Request) -> StreamResponse:
            response = await handler(request)
            _hold(response)
            return response

        with attached(context):
            return await traced(request, handled)

    return middleware


def _hold(response: Any) -> None:
    """Let the current span last as long as a body that is made while it is sent, after all middlewares."""
    body, span = getattr(response, "body", None), trace.get_current_span()
    payload = import_module("aiohttp.payload").AsyncIterablePayload
    if isinstance(body, payload) and span.is_recording():
        held = HeldSpan(span)
        body._iter = answer(body._value, held)
        weakref.finalize(body._iter, held.release)  # where nobody asks for the body, as after HEAD


def _extracted(*_: Any, **__: Any) -> Context:
    """In place of the instrumentation's ``extract``: what came is current already, with its baggage."""
    return get_current()


def _listener(request: Request) -> tuple[str, int | None]:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else ("", None)
