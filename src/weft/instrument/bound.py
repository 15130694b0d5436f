"""weft.bound: a function that runs in the context of where it was bound; for hand-overs that no hook sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from opentelemetry.context import attach, get_current

from weft.context.current import restore
from weft.instrument.functions import traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context

P = ParamSpec("P")
R = TypeVar("R")


def bound(function: Callable[P, R], /) -> Callable[P, R]:
    """Bind a function to the current context: its calls run there, whoever makes them and wherever.

    For callbacks, for ``queue.SimpleQueue``, for threads that a C library starts::

        jobs.put(weft.bound(lambda: research(topic)))

    Args:
        function: Sync, async, a generator or an async generator function.

    Returns:
        A function of the same kind and signature, to be called any number of times, also at once.
    """
    context = get_current()
    return traced(function, lambda *_: _Visit(context))


class _Visit:
    """One call in a context that somebody else opened, and will close."""

    __slots__ = ("_token", "context")

    def __init__(self, context: Context) -> None:
        self.context = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        self._token = attach(self.context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            restore(self._token)

    def end(self, error: BaseException | None = None) -> None:
        """Nothing ends with the call."""
