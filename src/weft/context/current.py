"""The current trace context: attach one for a block, and restore what was there before."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from opentelemetry.context import Context, attach, get_current

from weft.context.suspended import GeneratorContext, in_generator

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


def left_behind(token: Token[Context]) -> Context:
    """Undo an ``attach`` around one step of a generator, and return the context for its next step.

    That is what the variable holds, not what is current for others: a block in the generator's body that is
    open across the step is one of a suspended generator now.
    """
    context = token.var.get()
    restore(token)
    return context


def leave(token: Token[Context], attached_context: Context) -> None:
    """Undo the ``attach`` of a ``with`` block.

    The body of a generator may be left when something else is current by now: its consumer has opened a span
    between two items. That stays, and what the body made current counts no longer.
    """
    if isinstance(attached_context, GeneratorContext):
        attached_context.frame = None
        if token.var.get(None) is not attached_context:
            return
    restore(token)
    if type(token.var.get(None)) is GeneratorContext:
        get_current()  # puts it away, where its block has been left meanwhile


class attached:  # noqa: N801 - used as a verb: `with attached(context):`
    """Make a context current for a block: ``with weft.attached(weft.extract(headers)):``.

    Args:
        context: A context as ``weft.extract`` returns it. Anything else leaves the current context alone.
    """

    __slots__ = ("_attached", "_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = self._attached = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> Context:
        if isinstance(self._context, Context):
            self._attached = in_generator(self._context, sys._getframe(1))
            self._token = attach(self._attached)
        return self._context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token, self._attached)
            self._token = None
