"""The propagator of a process: the format's rules inside, the policy of the process around them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter, default_setter

from weft.context.arrival import refused
from weft.context.propagator import put
from weft.instrument.processes import ambient
from weft.instrument.trust import egress, ingress, policy
from weft.instrument.trust.policy import EVERYTHING

if TYPE_CHECKING:
    from opentelemetry.propagators.textmap import Getter, Setter

    from weft.context.propagator import Propagator


class Boundary(TextMapPropagator):
    """Reads what the door believes, and writes what the destination may have.

    A request at a server's door begins its context there: whatever happens to be current where the server
    runs (a span around ``uvicorn.run``) is not its parent.

    Args:
        propagator: What reads and writes.
    """

    def __init__(self, propagator: Propagator) -> None:
        self._propagator = propagator

    @property
    def fields(self) -> set[str]:
        """The names of the fields that are written, in lower case."""
        return self._propagator.fields

    def extract(
        self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter
    ) -> Context:
        """Read a carrier, as far as it is believed where it arrived."""
        where = ingress.where(carrier, getter)
        if where is not None and context is None:
            context = Context()
        found = self._propagator.extract(carrier, context, getter)
        rules = policy.current()
        if not rules.ingress:
            return found
        action = rules.action(where)
        if action == "trust":
            return found
        return refused(context, found, "linked" if action == "link" else "restarted")

    def inject(
        self, carrier: Any, context: Context | None = None, setter: Setter[Any] = default_setter
    ) -> None:
        """Write the context into a carrier, as far as its destination may have it."""
        now = ambient.handed_on(context)
        leave = egress.leave_for(now)
        if leave is EVERYTHING:
            self._propagator.inject(carrier, now, setter)
        elif leave.trace or leave.baggage:
            with suppress(Exception):  # carriers and setters may raise anything
                fields = self._propagator.written(now, with_trace=leave.trace, with_baggage=leave.baggage)
                put(carrier, fields, setter)
