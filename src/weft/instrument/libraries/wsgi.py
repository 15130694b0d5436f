"""Flask: every application is instrumented when it is first called, also one made before ``weft.init``."""

from __future__ import annotations

import logging
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import wrapt

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_log = logging.getLogger("weft")
_lock = threading.Lock()
_seen: WeakSet[Any] = WeakSet()


def flask(module: ModuleType) -> None:
    """Instrument Flask applications (``flask.app``)."""
    wrapt.wrap_function_wrapper(module, "Flask.__call__", _call)


def _call(call: Callable[..., Any], app: Any, args: Any, kwargs: Any) -> Any:
    if app not in _seen:
        with _lock:
            if app not in _seen:
                _instrument(app)
                _seen.add(app)
    return call(*args, **kwargs)


def _instrument(app: Any) -> None:
    if getattr(app, "_is_instrumented_by_opentelemetry", False):
        return
    try:
        import_module("opentelemetry.instrumentation.flask").FlaskInstrumentor.instrument_app(app)
    except Exception as error:  # noqa: BLE001 - the application answers, traced or not
        _log.warning("weft: the Flask application %s is not instrumented: %s", app.name, error)
