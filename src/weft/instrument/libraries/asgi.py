"""FastAPI and Starlette: every application is instrumented when it builds its middleware stack.

The OpenTelemetry instrumentors replace the class, which misses applications made before, and names imported
before (open-telemetry/opentelemetry-python-contrib#3551). A stack is built at the first request, so this
comes in time for all of them; what is done then is the instrumentors' own ``instrument_app``.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from weft.instrument.libraries import scopes, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# A span for every ASGI message would be one for every chunk of a streamed answer.
EXCLUDED_SPANS: Final = ["receive", "send"]
OUTERMOST: Final = "_weft_outermost_middleware"

_log = logging.getLogger("weft")


def starlette(module: ModuleType) -> None:
    """Instrument Starlette applications (``starlette.applications``)."""

    def build_middleware_stack(build: Callable[..., Any], app: Any, args: Any, kwargs: Any) -> Any:
        is_fastapi = any(base.__module__.startswith("fastapi.") for base in type(app).__mro__)
        if not is_fastapi and not _is_instrumented(app):
            _try_to(_instrument_starlette, app)
        stack = build(*args, **kwargs)
        outermost = getattr(app, OUTERMOST, None)
        return stack if outermost is None else outermost.cls(stack, *outermost.args, **outermost.kwargs)

    wrapt.wrap_function_wrapper(module, "Starlette.build_middleware_stack", build_middleware_stack)


def fastapi(module: ModuleType) -> None:
    """Instrument FastAPI applications (``fastapi.applications``)."""

    def build_middleware_stack(build: Callable[..., Any], app: Any, args: Any, kwargs: Any) -> Any:
        if _is_instrumented(app):
            return build(*args, **kwargs)
        _try_to(_instrument_fastapi, app)
        # The instrumentor has given the application a builder of its own.
        return (
            app.build_middleware_stack(*args, **kwargs) if _is_instrumented(app) else build(*args, **kwargs)
        )

    wrapt.wrap_function_wrapper(module, "FastAPI.build_middleware_stack", build_middleware_stack)


class ExceptionRecorder:
    """An ASGI middleware that writes on the current span what leaves an application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            span = trace.get_current_span()
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
            raise


def _instrument_starlette(app: Any) -> None:
    """Put the instrumentation's middleware around all the others, as FastAPI's instrumentor does.

    Where Starlette's instrumentor puts it, it does not see the answer to an exception: the span has no status
    code (measured, contrib 0.66b1).
    """
    import_module("opentelemetry.instrumentation.starlette").StarletteInstrumentor.instrument_app(app)
    outermost = app.user_middleware[0]
    outermost.kwargs.setdefault("exclude_spans", EXCLUDED_SPANS)
    app.user_middleware[0] = type(outermost)(ExceptionRecorder)
    setattr(app, OUTERMOST, outermost)


def _instrument_fastapi(app: Any) -> None:
    fastapi_instrumentor = import_module("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor
    fastapi_instrumentor.instrument_app(app, exclude_spans=EXCLUDED_SPANS)


def _try_to(instrument: Callable[[Any], None], app: Any) -> None:
    try:
        middleware = import_module("opentelemetry.instrumentation.asgi")
        serving.correct(middleware)
        scopes.correct(middleware)
        instrument(app)
    except Exception as error:  # noqa: BLE001 - the application starts, traced or not
        _log.warning("weft: a %s application is not instrumented: %s", type(app).__name__, error)


def _is_instrumented(app: Any) -> bool:
    return bool(getattr(app, "_is_instrumented_by_opentelemetry", False))
