"""multiprocessing: processes and pools, however they are started (fork, spawn, forkserver)."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import wrapt

from weft.context.current import attached
from weft.instrument.bound import bound
from weft.instrument.processes.task import Origin, here, nowhere, task

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ATTRIBUTE: Final = "_weft_origin"
# `apply` is `apply_async`.
METHODS: Final = (
    "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered",
)  # fmt: skip
CALLBACKS: Final = ("callback", "error_callback")

_log = logging.getLogger("weft.instrument")


def process(module: ModuleType) -> None:
    """Start every process in the context of ``start()``.

    ``_bootstrap`` is what all start methods call in the child (Python 3.11 to 3.14), also for subclasses that
    have a ``run`` of their own (``multiprocessing.process``).
    """
    wrapt.wrap_function_wrapper(module, "BaseProcess.start", _start)
    wrapt.wrap_function_wrapper(module, "BaseProcess._bootstrap", _bootstrap)


def pool(module: ModuleType) -> None:
    """Run every task of a pool in the context of whoever gave it (``multiprocessing.pool``)."""
    for method in METHODS:
        wrapt.wrap_function_wrapper(module, f"Pool.{method}", partial(_give, module.ThreadPool))


def _give(
    thread_pool: type, give: Callable[..., Any], given_to: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """``pool.map(func, ...)``; the threads of a ``ThreadPool`` were all started where the pool was made."""
    carry = bound if isinstance(given_to, thread_pool) else task
    # Callbacks come fourth and fifth wherever there are any, and run in a thread of the pool.
    given = [bound(each) if place in (3, 4) and callable(each) else each for place, each in enumerate(args)]
    named = {
        name: bound(each) if name in CALLBACKS and callable(each) else each for name, each in kwargs.items()
    }
    if given and callable(given[0]):
        given[0] = carry(given[0])
    elif callable(named.get("func")):
        named["func"] = carry(named["func"])
    return give(*given, **named)


def _start(start: Callable[..., Any], child: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        setattr(child, ATTRIBUTE, nowhere() if _is_pool_worker(child) else here())
    except Exception:  # noqa: BLE001 - the process starts, traced or not
        _log.debug("a process starts without a context", exc_info=True)
    try:
        return start(*args, **kwargs)
    finally:
        vars(child).pop(ATTRIBUTE, None)


def _bootstrap(run: Callable[..., Any], child: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """In the child."""
    origin = vars(child).pop(ATTRIBUTE, None)
    if not isinstance(origin, Origin):
        return run(*args, **kwargs)
    with attached(origin.context()):
        return run(*args, **kwargs)


def _is_pool_worker(child: Any) -> bool:
    """Whether a process is to work for others: it must not stay in the trace of whoever made its pool."""
    target = getattr(child, "_target", None)
    name, module = getattr(target, "__name__", ""), getattr(target, "__module__", "")
    # concurrent.futures.process has the former, and so has loky (joblib).
    return name == "_process_worker" or (name == "worker" and module == "multiprocessing.pool")
