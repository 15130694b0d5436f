"""Context as it goes from process to process inside one program: exact, and past every policy of its doors.

A worker is the program itself. What OTEL_PROPAGATORS writes for others, and whom `weft.instrument.trust`
believes or tells, does not concern it: a task in a pool is never a restarted trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current

from weft.context.arrival import KEY as ARRIVAL
from weft.context.arrival import Arrival
from weft.context.carriers import CarrierGetter
from weft.context.propagator import Propagator

if TYPE_CHECKING:
    from collections.abc import Mapping

_propagator: Final = Propagator()
_getter: Final = CarrierGetter()


def packed(context: Context | None = None) -> dict[str, str]:
    """Write a context, the current one by default, as text; empty where there is nothing to carry."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, get_current() if context is None else context)
    return carrier


def taken(carrier: Mapping[str, str], by: str, taken_ns: int | None = None) -> Context:
    """Read what `packed` wrote. An empty carrier is an empty context, with nothing of the reader's own.

    Args:
        carrier: The context as text.
        by: What carried it, for the span that tells what arrived: a value of `keys.PROPAGATION_CARRIER`.
        taken_ns: When it was taken out of a queue, nanoseconds since the Unix epoch.
    """
    context = _propagator.extract(carrier, Context(), _getter)
    if trace.get_current_span(context).get_span_context().is_valid:
        arrival = context.get(ARRIVAL)
        if isinstance(arrival, Arrival):
            arrival.carrier, arrival.taken_ns = by, taken_ns
        return context
    # There was no span to begin with. A root that told of an absent parent would look like a broken hop.
    return Context({key: value for key, value in context.items() if key != ARRIVAL})
