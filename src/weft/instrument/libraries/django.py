"""Django, WSGI and ASGI: OpenTelemetry's middleware, put in where a handler loads its middleware.

OpenTelemetry's instrumentor reads the settings when it is called; where that is before the program has named
its settings module it configures Django with no settings at all (contrib 0.66b1, ``settings.configure()``).
A handler's middleware is loaded when the settings are known, so that is when the instrumentor is called.
"""

from __future__ import annotations

import logging
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import wrapt

from weft.instrument.libraries import scopes, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

MIDDLEWARE: Final = "weft.instrument.libraries.django_middleware.Middleware"

_log = logging.getLogger("weft")
_lock = threading.Lock()
_loaded: WeakSet[Any] = WeakSet()


def django(module: ModuleType) -> None:
    """Instrument Django's request handlers (``django.core.handlers.base``)."""
    wrapt.wrap_function_wrapper(module, "BaseHandler.load_middleware", _load)
    # A handler made before `weft.init` has loaded its middleware without ours.
    wrapt.wrap_function_wrapper(module, "BaseHandler.get_response", _before_first)
    wrapt.wrap_function_wrapper(module, "BaseHandler.get_response_async", _before_first)


def _load(load: Callable[..., Any], handler: Any, args: Any, kwargs: Any) -> Any:
    try:
        _instrument()
    except Exception as error:  # noqa: BLE001 - the application starts, traced or not
        _log.warning("weft: Django is not instrumented: %s", error)
    _loaded.add(handler)
    return load(*args, **kwargs)


def _before_first(respond: Callable[..., Any], handler: Any, args: Any, kwargs: Any) -> Any:
    if handler in _loaded:
        return respond(*args, **kwargs)
    with _lock:
        if handler not in _loaded:
            is_async = getattr(respond, "__name__", "") == "get_response_async"
            handler.load_middleware(is_async=is_async)
    return respond(*args, **kwargs)


def _instrument() -> None:
    middleware = import_module("opentelemetry.instrumentation.django.middleware.otel_middleware")
    serving.correct(middleware)
    scopes.correct(import_module("opentelemetry.instrumentation.asgi"))
    scopes.correct(middleware)
    instrumentor = import_module("opentelemetry.instrumentation.django").DjangoInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor._opentelemetry_middleware = MIDDLEWARE  # no argument chooses it
        instrumentor.instrument()
