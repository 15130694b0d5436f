"""threading: a thread runs in the context of whoever started it, a pool's task in that of who submitted it.

OpenTelemetry's instrumentation does it, but wraps ``Thread.run``: a subclass with a ``run`` of its own starts
without a context (measured, 0.66b1).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.instrumentation.threading import ThreadingInstrumentor

from weft.instrument.bound import bound

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# Those whose `run` OpenTelemetry wraps.
WRAPPED: Final = (threading.Thread, threading.Timer)


def instrument(module: ModuleType) -> None:
    """Instrument threads, timers and thread pools (``threading``)."""
    wrapt.wrap_function_wrapper(module, "Thread.start", _start)
    instrumentor = ThreadingInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()  # after ours: it puts a copy of Thread.start into Timer


def _start(start: Callable[..., Any], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Where the class has a ``run`` of its own, bind the one of this thread; it goes when it begins."""
    if "run" not in vars(thread) and _owner_of_run(type(thread)) not in WRAPPED:
        run = bound(thread.run)

        def once() -> None:
            vars(thread).pop("run", None)  # or it and the thread would hold each other
            run()

        thread.run = once
    return start(*args, **kwargs)


def _owner_of_run(kind: type) -> type | None:
    return next((base for base in kind.__mro__ if "run" in vars(base)), None)
