"""inject and extract: trace context into a carrier, and out of one. Neither raises, whatever it is given."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TypeVar, cast, overload

from opentelemetry.context import Context, get_current

from weft.context import propagators, traceparent, tracestate
from weft.context.carriers import CarrierGetter, CarrierSetter, remove

C = TypeVar("C")

_log = logging.getLogger("weft.context")
_getter = CarrierGetter()
_setter = CarrierSetter()


@overload
def inject(carrier: dict[str, str] | None = None, context: Context | None = None) -> dict[str, str]: ...
@overload
def inject(carrier: C, context: Context | None = None) -> C: ...
def inject(carrier: C | None = None, context: Context | None = None) -> C | dict[str, str]:
    """Write the trace context into a carrier, in every format that OTEL_PROPAGATORS names.

    A field that is there already is replaced, whatever its case; there is never a second one. A
    ``tracestate`` that belonged to the ``traceparent`` now replaced goes with it (W3C Trace Context, section
    3.3).

    Args:
        carrier: A mutable mapping or a list of pairs, of ``str`` or ``bytes``; without one, a new dict is
            made.
        context: The context to write; the current one by default.

    Returns:
        The carrier itself, so that ``headers=weft.inject({})`` reads well. One that cannot be written comes
        back as it was.
    """
    if carrier is None:
        return inject(cast(dict[str, str], {}), context)
    try:
        written: dict[str, str] = {}
        propagators.current().inject(written, context=context)
        if traceparent.FIELD in written and tracestate.FIELD not in written:
            remove(carrier, tracestate.FIELD)
        for name, value in written.items():
            _setter.set(carrier, name, value)
    except Exception:  # noqa: BLE001 - a carrier may raise anything; propagation never reaches user code
        _log.debug("trace context could not be written into a %s", type(carrier).__name__, exc_info=True)
    return carrier


def extract(carrier: object, context: Context | None = None) -> Context:
    """Read the trace context from a carrier.

    Where the carrier has none, the answer is the current context: passing it on as a parent then keeps the
    span where it would have been anyway, instead of cutting it off as a root.

    Args:
        carrier: A mapping or a list of pairs, of ``str`` or ``bytes``, keys in any case.
        context: What to fall back on, and to add to; the current context by default.

    Returns:
        A context for ``weft.attached(...)``, or for the ``context=`` of ``weft.agent`` and of OpenTelemetry's
        tracers.
    """
    given = context if isinstance(context, Context) else None
    try:
        return propagators.current().extract(carrier, context=given, getter=_getter)
    except Exception:  # noqa: BLE001 - a carrier may raise anything; propagation never reaches user code
        _log.debug("trace context could not be read from a %s", type(carrier).__name__, exc_info=True)
    return given if given is not None else get_current()


def fields() -> set[str]:
    """The field names that the configured propagators write, in lower case."""
    with suppress(Exception):
        return {name.lower() for name in propagators.current().fields}
    return set()
