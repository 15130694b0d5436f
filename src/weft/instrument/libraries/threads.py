"""threading: a thread runs in the context of whoever started it, a pool's task in that of who submitted it.

OpenTelemetry's instrumentation does it, but wraps ``Thread.run``: a subclass with a ``run`` of its own starts
without a context (measured, 0.66b1). And a pool's own threads stay in the context of whoever came first, with
what runs in them between two tasks: callbacks of futures and of pools.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.context import Context
from opentelemetry.instrumentation.threading import ThreadingInstrumentor

from weft.instrument.bound import bound

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# Those whose `run` OpenTelemetry wraps.
WRAPPED: Final = (threading.Thread, threading.Timer)
# What runs there is a pool's machinery.
POOLS: Final = ("concurrent.futures.", "multiprocessing.")


def instrument(module: ModuleType) -> None:
    """Instrument threads, timers, thread pools and callbacks of futures (``threading``)."""
    wrapt.wrap_function_wrapper(Future, "add_done_callback", _add_done_callback)
    wrapt.wrap_function_wrapper(module, "Thread.start", _start)
    instrumentor = ThreadingInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()  # after ours: it puts a copy of Thread.start into Timer


def _start(start: Callable[..., Any], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Where the class has a ``run`` of its own, bind the one of this thread; it goes when it begins."""
    if _is_of_pool(thread):
        thread._otel_context = Context()  # OpenTelemetry's wrapper has put the current one there
    elif "run" not in vars(thread) and _owner_of_run(type(thread)) not in WRAPPED:
        run = bound(thread.run)

        def once() -> None:
            vars(thread).pop("run", None)  # or it and the thread would hold each other
            run()

        thread.run = once
    return start(*args, **kwargs)


def _add_done_callback(add: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A callback runs where it was added, as asyncio's do, and not where the result came about."""
    if len(args) == 1 and callable(args[0]):
        return add(bound(args[0]), **kwargs)
    return add(*args, **kwargs)  # the error is the method's to raise


def _is_of_pool(thread: threading.Thread) -> bool:
    origin = getattr(thread, "_target", None) or type(thread)
    return str(getattr(origin, "__module__", "")).startswith(POOLS)


def _owner_of_run(kind: type) -> type | None:
    return next((base for base in kind.__mro__ if "run" in vars(base)), None)
