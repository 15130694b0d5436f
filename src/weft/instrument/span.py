"""SpanScope: opens a span around a block or a function. Workflows, agents, tools and messages all use it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from opentelemetry.context import Context, get_current, get_value
from opentelemetry.trace import SpanKind

from weft.context.suspended import in_generator
from weft.instrument.arguments import Arguments
from weft.instrument.functions import traced
from weft.instrument.processes.ambient import rooted
from weft.instrument.running import RUNNING, RunningSpan
from weft.instrument.workers.adoption import set_apart
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from opentelemetry.trace import Link, Span

    from weft.instrument.functions import Start

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger("weft")


class SpanScope:
    """Opens a span named ``{operation} {subject}``: ``with scope as span:``, or ``@scope`` on a function.

    The function may be sync, async, a generator or an async generator; it keeps its signature, its kind and
    its metadata. One scope may be used any number of times, also at once from several threads and tasks.

    Args:
        operation: What is done: ``invoke_agent``, ``publish``.
        subject: Whom or what it is done to: the agent, the channel. Without one, a decorated function's name.
        subject_key: The attribute that repeats the subject.
        kind: The span's kind.
        attributes: The span's attributes; those that are None are left out.
        more: Attributes of the user's own; they win over ``attributes``.
        inherits: Keys taken over from the enclosing scope in this process when they are not given here.
        passes_on: Keys that scopes inside this one may inherit.
        context: The parent context; the current one by default.
        links: Links to other spans.
        apart: Whether it begins a trace of its own where an item has brought another workflow's context.
        digests: Whether the span of a decorated function has a digest of what it is called with.
    """

    __slots__ = (
        "_apart", "_attributes", "_context", "_digests", "_entered", "_inherits", "_kind", "_links",
        "_operation", "_passes_on", "_subject", "_subject_key",
    )  # fmt: skip

    def __init__(
        self,
        operation: str,
        subject: str | None,
        *,
        subject_key: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, object],
        more: Mapping[str, object] | None = None,
        inherits: Sequence[str] = (),
        passes_on: Sequence[str] = (),
        context: Context | None = None,
        links: Sequence[Link] = (),
        apart: bool = False,
        digests: bool = False,
    ) -> None:
        self._operation = operation
        self._subject = subject
        self._subject_key = subject_key
        self._kind = kind
        given = {**attributes, **(more if isinstance(more, Mapping) else {})}
        self._attributes = {key: value for key, value in given.items() if value is not None}
        self._inherits = inherits
        self._passes_on = passes_on
        self._context = context if isinstance(context, Context) else None
        self._links = links
        self._apart = apart
        self._digests = digests
        self._entered: list[RunningSpan] = []

    def start(self) -> RunningSpan:
        """Start one span. It is current only where the caller attaches its context."""
        parent = rooted(self._context if self._context is not None else get_current(), self._kind)
        links = self._links
        if self._apart:
            parent, others = set_apart(parent)
            links = (*links, *others)
        enclosing = get_value(RUNNING, parent)
        outer = enclosing if isinstance(enclosing, RunningSpan) else None
        inherited = outer.passed_on if outer else {}

        attributes = {key: inherited[key] for key in self._inherits if key in inherited}
        attributes.update(self._attributes)
        if self._subject is not None:
            attributes[self._subject_key] = self._subject

        return RunningSpan(
            f"{self._operation} {self._subject}" if self._subject is not None else self._operation,
            parent=parent,
            kind=self._kind,
            attributes=attributes,
            links=links,
            passed_on={**inherited, **{key: attributes[key] for key in self._passes_on if key in attributes}},
            outer=outer,
        )

    def __enter__(self) -> Span:
        running = self.start()
        self._entered.append(running)
        return running.enter(in_generator(running.context, sys._getframe(1)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        running = self._innermost()
        if running is not None:
            self._entered.remove(running)
            running.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R], /) -> Callable[P, R]:
        """Return the function with a span around every call."""
        if isinstance(function, type):
            _log.warning(
                "weft: %s is a class and is left as it is; decorate the method that does the work",
                function.__qualname__,
            )
            return function
        if isinstance(function, staticmethod | classmethod):
            return cast("Callable[P, R]", type(function)(self(function.__func__)))
        scope = self
        if self._subject is None:
            scope = SpanScope(
                self._operation,
                getattr(function, "__name__", type(function).__name__),
                subject_key=self._subject_key,
                kind=self._kind,
                attributes=self._attributes,
                inherits=self._inherits,
                passes_on=self._passes_on,
                context=self._context,
                links=self._links,
                apart=self._apart,
                digests=self._digests,
            )
        return traced(function, scope._starting(function))

    def _starting(self, function: Callable[..., object]) -> Start:
        """Start its spans, with a digest of what it is called with where that is wanted and can be had."""
        arguments = None
        if self._digests:
            with suppress(Exception):  # a signature may be made by anyone's code
                arguments = Arguments(function)
        if arguments is None:
            return lambda *_: self.start()

        def start(args: tuple[object, ...], kwargs: Mapping[str, object], /) -> RunningSpan:
            running = self.start()
            if running.span.is_recording():
                digest = arguments.digest(args, kwargs)
                if digest is not None:
                    running.span.set_attribute(keys.TOOL_ARGUMENTS_DIGEST, digest)
            return running

        return start

    def _innermost(self) -> RunningSpan | None:
        """The span that the current ``with`` block of this scope opened.

        It is found through the current context, which tells threads and tasks apart. A block that is left
        in a foreign context (an async generator closed by the garbage collector) ends the span opened last.
        """
        running = get_value(RUNNING)
        while isinstance(running, RunningSpan):
            if running in self._entered:
                return running
            running = running.outer
        return self._entered[-1] if self._entered else None
