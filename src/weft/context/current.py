"""The current trace context: attach one for a block, and restore what was there before."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from opentelemetry.context import Context, attach

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType


def restore(token: Token[Context]) -> None:
    """Undo an ``attach``.

    Silent where OpenTelemetry's ``detach`` logs an error with a traceback: a coroutine or generator that is
    closed by the garbage collector ends in a foreign ``contextvars`` context, which never held what was
    attached.
    """
    with suppress(ValueError, RuntimeError):
        token.var.reset(token)


class attached:  # noqa: N801 - used as a verb: `with attached(context):`
    """Make a context current for a block: ``with weft.attached(weft.extract(headers)):``.

    Args:
        context: A context as ``weft.extract`` returns it. Anything else leaves the current context alone.
    """

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> Context:
        if isinstance(self._context, Context):
            self._token = attach(self._context)
        return self._context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            restore(self._token)
            self._token = None
