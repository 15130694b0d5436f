"""The spans that begin without a parent hang under the context that this process was started with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import wrapt
from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind

from weft.instrument.processes import ambient

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_log = logging.getLogger("weft.instrument")


def instrument(sdk: ModuleType) -> None:
    """Where the environment holds a context, give roots a parent (``opentelemetry.sdk.trace``).

    The tracer is the one place where every instrumentation's spans begin. Weft's own scopes ask `ambient`
    themselves, so that the baggage of the environment is current inside them as well.
    """
    if ambient.begin():
        wrapt.wrap_function_wrapper(sdk, "Tracer.start_span", _start_span)


def _start_span(start: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``start_span(name, context=None, kind=INTERNAL, ...)``."""
    try:
        given = args[1] if len(args) > 1 else kwargs.get("context")
        kind = args[2] if len(args) > 2 else kwargs.get("kind", SpanKind.INTERNAL)
        context = ambient.rooted(get_current() if given is None else given, kind)
    except Exception:  # noqa: BLE001 - the span begins all the same, as a root
        _log.debug("the parent of a root could not be found", exc_info=True)
        return start(*args, **kwargs)
    if len(args) > 1:
        return start(args[0], context, *args[2:], **kwargs)
    return start(*args, **{**kwargs, "context": context})
