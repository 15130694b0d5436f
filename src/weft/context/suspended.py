"""A ``with`` block in a generator's body: its context counts while the generator's code runs, not longer.

A generator that is suspended inside the block returns to its consumer with the block's context still current:
every span of the consumer's loop would become a child of the generator's, for ever if the generator is left
behind (open-telemetry/opentelemetry-python#2606). A generator's frame has no caller while it is suspended;
that is asked before a context counts as current.

Nothing is changed until the first such block. From then on `get_current` costs 20 ns more (measured: 78).
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

import opentelemetry.context
from opentelemetry.context import Context, get_current
from opentelemetry.context.contextvars_context import ContextVarsRuntimeContext

from weft.context.execution import execution

if TYPE_CHECKING:
    from types import FrameType

GENERATOR: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
# A context manager written as a generator wants its block's context in its caller: that is its purpose.
MANAGERS: Final = ("contextlib", "_pytest")


class GeneratorContext(Context):
    """A context that a generator's body has made current.

    Attributes:
        frame: The generator's frame; None once the block has been left.
        before: What was current before the block.
        execution: The task or thread that entered the block; in one that the body has started the context
            counts whether or not the generator runs.
    """

    frame: FrameType | None
    before: Context
    execution: int

    def counts(self) -> bool:
        """Whether the code that runs now may see this context."""
        if self.frame is None:
            return self.execution != execution()
        return self.frame.f_back is not None or self.execution != execution()


class RuntimeContext(ContextVarsRuntimeContext):
    """OpenTelemetry's current context, without those of generators that are suspended.

    Args:
        theirs: What was in use; it goes on holding the contexts.
    """

    def __init__(self, theirs: ContextVarsRuntimeContext) -> None:
        self._current_context = theirs._current_context

    def get_current(self) -> Context:
        """Return the current context."""
        context: Context = self._current_context.get()
        if type(context) is GeneratorContext:
            return self._seen_from_here(context)
        return context

    def _seen_from_here(self, context: Context) -> Context:
        top = context
        while type(context) is GeneratorContext and not context.counts():
            if (
                context.frame is None and context is top
            ):  # left: tasks that begin later must not see it either
                top = context.before
                self._current_context.set(top)
            context = context.before
        return context


def in_generator(context: Context, frame: FrameType) -> Context:
    """Make the context of a ``with`` block right for where the block stands.

    Args:
        context: What is to be current in the block.
        frame: The frame that the block is in.

    Returns:
        The context to attach: the same one, except in the body of a generator.
    """
    if not frame.f_code.co_flags & GENERATOR or _is_manager(frame.f_back) or not _watching():
        return context
    made = GeneratorContext(context)
    made.frame, made.before, made.execution = frame, get_current(), execution()
    if type(made.before) is GeneratorContext and made.before.execution != made.execution:
        made.before = Context(
            made.before
        )  # always counts here; as it is it would keep alive all those before it
    return made


def _is_manager(caller: FrameType | None) -> bool:
    return caller is not None and str(caller.f_globals.get("__name__", "")).startswith(MANAGERS)


def _watching() -> bool:
    """Leave out suspended generators from now on; False where OpenTelemetry was given another store."""
    theirs = opentelemetry.context._RUNTIME_CONTEXT
    if type(theirs) is ContextVarsRuntimeContext:
        opentelemetry.context._RUNTIME_CONTEXT = RuntimeContext(theirs)
        return True
    return type(theirs) is RuntimeContext
