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

from weft.instrument.libraries import scopes, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# A span for every ASGI message would be one for every chunk of a streamed answer.
EXCLUDED_SPANS: Final = ["receive", "send"]

_log = logging.getLogger("weft")


def starlette(module: ModuleType) -> None:
    """Instrument Starlette applications (``starlette.applications``)."""

    def instrument(app: Any) -> None:
        if any(base.__module__.startswith("fastapi.") for base in type(app).__mro__):
            return  # an application of its own kind, with an instrumentor of its own
        import_module("opentelemetry.instrumentation.starlette").StarletteInstrumentor.instrument_app(app)
        for middleware in app.user_middleware:
            if middleware.cls.__name__ == "OpenTelemetryMiddleware":
                middleware.kwargs.setdefault("exclude_spans", EXCLUDED_SPANS)

    wrapt.wrap_function_wrapper(module, "Starlette.build_middleware_stack", _before_building(instrument))


def fastapi(module: ModuleType) -> None:
    """Instrument FastAPI applications (``fastapi.applications``)."""

    def instrument(app: Any) -> None:
        fastapi_instrumentor = import_module("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor
        fastapi_instrumentor.instrument_app(app, exclude_spans=EXCLUDED_SPANS)

    wrapt.wrap_function_wrapper(module, "FastAPI.build_middleware_stack", _before_building(instrument))


def _before_building(instrument: Callable[[Any], None]) -> Callable[..., Any]:
    def build_middleware_stack(build: Callable[..., Any], app: Any, args: Any, kwargs: Any) -> Any:
        if _is_instrumented(app):
            return build(*args, **kwargs)
        try:
            middleware = import_module("opentelemetry.instrumentation.asgi")
            serving.correct(middleware)
            scopes.correct(middleware)
            instrument(app)
        except Exception as error:  # noqa: BLE001 - the application starts, traced or not
            _log.warning("weft: a %s application is not instrumented: %s", type(app).__name__, error)
        # FastAPI's instrumentor gives the application a builder of its own; Starlette's leaves it as it was.
        return (
            app.build_middleware_stack(*args, **kwargs) if _is_instrumented(app) else build(*args, **kwargs)
        )

    return build_middleware_stack


def _is_instrumented(app: Any) -> bool:
    return bool(getattr(app, "_is_instrumented_by_opentelemetry", False))
