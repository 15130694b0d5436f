"""Flask: every application is instrumented when it is first called, also one made before ``weft.init``."""

from __future__ import annotations

import logging
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import wrapt
from opentelemetry import trace
from opentelemetry.context import attach, get_current

from weft.context.current import restore
from weft.instrument.libraries import serving
from weft.instrument.libraries.answer import Answer, HeldSpan

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

INSTRUMENTATION: Final = "opentelemetry.instrumentation.flask"
HELD: Final = "weft.held"

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
    environ = args[0] if args and isinstance(args[0], dict) else {}
    before = attach(get_current())
    try:
        body = call(*args, **kwargs)
    except BaseException as error:
        _released(environ, error)
        raise
    finally:
        restore(
            before
        )  # a view that streams with its context leaves it attached, in a thread of the server's
    if not isinstance(environ.get(HELD), HeldSpan):
        return body
    # What a server sends by itself (PEP 3333, wsgi.file_wrapper) must reach it as it is.
    if isinstance(body, environ.get("wsgi.file_wrapper") or ()):
        _released(environ)
        return body
    return Answer(body, environ.pop(HELD))


def _hold() -> None:
    """Before a request, right after its span has begun: let the span last as long as the answer."""
    environ = import_module("flask").request.environ
    span = trace.get_current_span()
    if span.is_recording() and environ.get("opentelemetry-flask.span_key") is span:
        environ[HELD] = HeldSpan(span)


def _released(environ: dict[str, Any], error: BaseException | None = None) -> None:
    held = environ.pop(HELD, None)
    if isinstance(held, HeldSpan):
        held.release(error)


def _instrument(app: Any) -> None:
    if getattr(app, "_is_instrumented_by_opentelemetry", False):
        return
    try:
        instrumentation = import_module(INSTRUMENTATION)
        serving.correct(instrumentation)
        instrumentation.FlaskInstrumentor.instrument_app(app)
        # It comes last, as the application is made already: the functions that run before a request would run
        # outside of its span, and those of its end after the span's.
        before, teardown = app.before_request_funcs[None], app.teardown_request_funcs[None]
        before[:] = [before[-1], _hold, *before[:-1]]
        teardown.insert(0, teardown.pop())
    except Exception as error:  # noqa: BLE001 - the application answers, traced or not
        _log.warning("weft: the Flask application %s is not instrumented: %s", app.name, error)
