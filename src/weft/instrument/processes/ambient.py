"""The context this process was started with (TRACEPARENT, TRACESTATE, BAGGAGE), and the one its children get.

A command-line agent is a child of the span that started it: what it does outside of any span of its own hangs
under the context in its environment. Requests and messages do not (SERVER and CONSUMER spans): a server that
somebody started from a traced shell must not hang years of requests under that shell.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import SpanKind

from weft.context import baggage, environment
from weft.context.arrival import SPAN_KEY
from weft.instrument.processes.passing import taken
from weft.instrument.trust.egress import going_to
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREIGN: Final = (SpanKind.SERVER, SpanKind.CONSUMER)
THIS_MACHINE: Final = "localhost"

_variables: Mapping[str, str] = {}
_context: Context | None = None


def begin() -> bool:
    """Read the environment, once, before this process changes it. True where it holds a context."""
    global _variables, _context  # noqa: PLW0603 - a process is started once
    _variables = {name: os.environ[name] for name in environment.fields() if name in os.environ}
    read = taken(environment.carrier_of(_variables), keys.CARRIER_ENVIRONMENT)
    _context = read if trace.get_current_span(read).get_span_context().is_valid else None
    return _context is not None


def rooted(context: Context, kind: SpanKind = SpanKind.INTERNAL) -> Context:
    """Put what this process was started with beneath a context in which no span is current.

    A context that says itself that it has no parent (a trace restarted by policy) stays as it is.

    Args:
        context: Where a span is to begin, or what is to be handed on.
        kind: The kind of the span; one for a request or a message stays a root.
    """
    if _context is None or kind in FOREIGN or SPAN_KEY in context:
        return context
    return Context({**_context, **context})


def handed_on(context: Context | None) -> Context:
    """What goes along with a call: where no span is current, what this process was started with.

    A span of a library's own, which hangs under it without a scope of ours around, takes its baggage along.

    Args:
        context: The context of the call; the current one by default.
    """
    now = get_current() if context is None else context
    if _context is None:
        return now
    span = now.get(SPAN_KEY)
    if span is None:
        return Context({**_context, **now}) if context is None else now
    if baggage.CONTEXT_KEY in now or baggage.CONTEXT_KEY not in _context:
        return now
    if trace.get_current_span(now).get_span_context().trace_id != _trace_id(_context):
        return now  # a request's, or one that policy made begin anew
    return Context({**now, baggage.CONTEXT_KEY: _context[baggage.CONTEXT_KEY]})


def for_child(given: Mapping[str, str] | None) -> dict[str, str] | None:
    """The environment for a child process: fresh values in place of inherited ones.

    Where no span is current the child gets what this process was started with, if that was a context; if not,
    it gets none. What the caller has set by itself stays: a TRACEPARENT in ``env=`` that is not simply the
    inherited one, and one that was put into ``os.environ`` when there is no current span to replace it.

    Args:
        given: The ``env=`` of the caller; None where the child inherits.

    Returns:
        The whole environment, or None where there is nothing to change.
    """
    source = os.environ if given is None else given
    names = environment.fields()
    there = {name: source[name] for name in names if name in source}
    own = {name: value for name, value in there.items() if value != _variables.get(name)}
    if given is not None and any(value != os.environ.get(name) for name, value in own.items()):
        return None
    with going_to(THIS_MACHINE):
        fresh = environment.variables(rooted(get_current()))
    if fresh == there or (own and not fresh):
        return None
    return {**environment.without(source, names), **fresh}


def _trace_id(context: Context) -> int:
    return trace.get_current_span(context).get_span_context().trace_id
