"""A function on its way to a worker process, with the context it is to run in."""

from __future__ import annotations

import logging
from time import time_ns
from typing import TYPE_CHECKING, Any

from weft.context.current import attached
from weft.instrument.processes import settings
from weft.instrument.processes.passing import packed, taken
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context

_log = logging.getLogger("weft.instrument")


class Origin:
    """Where a task or a process comes from: its context, and the settings of telemetry there.

    In a worker that has no telemetry yet, it is set up when this arrives.

    Args:
        carrier: The context as text; empty for none.
        arguments: What `settings.kept` gave.
    """

    __slots__ = ("_arguments", "_carrier")

    def __init__(self, carrier: dict[str, str], arguments: bytes | None) -> None:
        self._carrier = carrier
        self._arguments = arguments

    def context(self) -> Context:
        """The context to run in; an empty one where there was none, never the worker's own."""
        return taken(self._carrier, keys.CARRIER_PROCESS)

    def context_of_task(self) -> Context:
        """The same for a task of a pool, which is taken out of the pool's queue now."""
        return taken(self._carrier, keys.CARRIER_TASK, time_ns())

    def __reduce__(self) -> tuple[Callable[..., Origin], tuple[dict[str, str], bytes | None]]:
        return arrive, (self._carrier, self._arguments)


def here() -> Origin:
    """The origin of what is sent from here, now."""
    return Origin(packed(), settings.kept())


def nowhere() -> Origin:
    """The origin of what belongs to nobody: a pool's worker, which runs for whoever sends tasks."""
    return Origin({}, settings.kept())


def arrive(carrier: dict[str, str], arguments: bytes | None) -> Origin:
    """Unpickle an origin, in the worker."""
    try:
        settings.begin(arguments)
    except Exception:  # noqa: BLE001 - the task runs, traced or not
        _log.debug("telemetry could not be set up in a worker process", exc_info=True)
    return Origin(carrier, arguments)


class Task:
    """A function that runs in the context of where it was sent from, in whatever process it is called.

    Args:
        function: What to call. It is pickled as it is, and fails to be as it would alone.
        origin: Where it comes from.
    """

    __slots__ = ("_function", "_origin")

    def __init__(self, function: Callable[..., Any], origin: Origin) -> None:
        self._function = function
        self._origin = origin

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        with attached(self._origin.context_of_task()):
            return self._function(*args, **kwargs)

    def __reduce__(self) -> tuple[type[Task], tuple[Callable[..., Any], Origin]]:
        return Task, (self._function, self._origin)


def task(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function the current context along."""
    try:
        return Task(function, here())
    except Exception:  # noqa: BLE001 - the task runs, traced or not
        _log.debug("a task goes to its worker without a context", exc_info=True)
        return function
