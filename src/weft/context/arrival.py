"""What arrived with a request or a message: kept in its context until a span begins there, to be told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from opentelemetry import trace
from opentelemetry.context import Context, create_key, get_current
from opentelemetry.trace import INVALID_SPAN, INVALID_SPAN_CONTEXT, NonRecordingSpan

from weft.context import baggage, evidence
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

Outcome = Literal["continued", "absent", "malformed", "restarted", "linked"]

#: The key of an `Arrival` in a context.
KEY: Final = create_key("weft.arrival")
#: The key under which OpenTelemetry's API keeps the current span: it has no name there, so it is asked for.
(SPAN_KEY,) = trace.set_span_in_context(INVALID_SPAN, Context()).keys()


@dataclass(slots=True, eq=False)
class Arrival:
    """What a carrier held, and what became of it. Not to be changed, but for what comes after `conflicts`.

    Attributes:
        outcome: ``continued``: the sender's span is the parent. ``absent``: there was none. ``malformed``:
            there was one that cannot be read. ``restarted``, ``linked``: there was one that policy did not
            believe.
        format: The format of the parent that was found; empty without one.
        fields: The fields that came, in lower case.
        parent: The parent of a span that begins in this context.
        remote: The sender's span, if one was found.
        tracestate: The field as it came, for handing it on untouched.
        evidence: The value of the ``weft`` member of the tracestate.
        problems: What was wrong with the fields, in a few words each; never with their values.
        conflicts: Formats that name another trace than the one that was continued.
        carrier: What carried it inside one machine; empty for what came from outside.
        taken_ns: When it was taken out of a queue, nanoseconds since the Unix epoch; None for no queue.
        told: Whether a span has told it already: what arrived once is told once, however many spans begin
            in its context. The time since it was sent would mean nothing on the second.
    """

    outcome: Outcome
    format: str
    fields: tuple[str, ...]
    parent: SpanContext
    remote: SpanContext | None = None
    tracestate: str = ""
    evidence: str = ""
    problems: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    carrier: str = field(default="", init=False)
    taken_ns: int | None = field(default=None, init=False)
    told: bool = field(default=False, init=False)

    def attributes(self) -> dict[str, str | int | tuple[str, ...]]:
        """The record as the receiving span's attributes (docs/reference/evidence.md).

        The sender's span id is among them only where it is not the parent's: then somebody between the two
        has put a span of its own there.
        """
        found: dict[str, str | int | tuple[str, ...]] = {
            keys.PROPAGATION_OUTCOME: self.outcome,
            keys.PROPAGATION_RECEIVED: ",".join(self.fields),
        }
        if self.format:
            found[keys.PROPAGATION_FORMAT] = self.format
        if self.problems:
            found[keys.PROPAGATION_PROBLEMS] = self.problems
        if self.conflicts:
            found[keys.PROPAGATION_CONFLICTS] = self.conflicts
        if self.carrier:
            found[keys.PROPAGATION_CARRIER] = self.carrier
        if self.taken_ns is not None:
            found[keys.PROPAGATION_TAKEN_NS] = self.taken_ns
        sender = evidence.read(self.evidence) if self.evidence else None
        if sender is not None:
            found[keys.PROPAGATION_SENT_NS] = sender.sent_ns
            if sender.agent:
                found[keys.PROPAGATION_SENDER_AGENT] = sender.agent
            if self.remote is not None and sender.span_id != self.remote.span_id:
                found[keys.PROPAGATION_SENDER_SPAN_ID] = f"{sender.span_id:016x}"
        return found


def arrival_in(context: Context | None) -> Arrival | None:
    """The arrival that a span tells which begins in this context; None where it is an inner span's context.

    Args:
        context: The span's parent context; the current one by default.
    """
    context = get_current() if context is None else context
    arrival = context.get(KEY)
    if not isinstance(arrival, Arrival):
        return None
    span: Any = context.get(SPAN_KEY, INVALID_SPAN)
    return arrival if span.get_span_context() is arrival.parent else None


def arrived(base: Context, arrival: Arrival, received_baggage: Mapping[str, object] | None = None) -> Context:
    """Make the context of an arrival: its remote span is the current one, where there is one.

    Args:
        base: What else is in the context.
        arrival: What arrived.
        received_baggage: Baggage that is added to what `base` has.
    """
    # One copy of the context, where the API's setters would make one each (0.6 µs, measured).
    values: dict[str, object] = {**base, KEY: arrival}
    if arrival.remote is not None and arrival.parent is arrival.remote:
        values[SPAN_KEY] = NonRecordingSpan(arrival.remote)
    if received_baggage:
        held: Any = base.get(baggage.CONTEXT_KEY)
        values[baggage.CONTEXT_KEY] = {**held, **received_baggage} if held else received_baggage
    return Context(values)


def refused(base: Context | None, found: Context, outcome: Literal["restarted", "linked"]) -> Context:
    """Take back what arrived, by policy: the trace begins here, and nothing of the sender's is handed on.

    Where no sender's span arrived there is no trace to take back: the span that is current stays the parent.

    Args:
        base: The context that was given to reading.
        found: What reading made of it.
        outcome: What to tell of it.
    """
    arrival = found.get(KEY)
    if not isinstance(arrival, Arrival) or arrival.remote is None:
        return Context({**(get_current() if base is None else base), KEY: arrival})
    values = {key: value for key, value in (base or {}).items() if key != baggage.CONTEXT_KEY}
    values[KEY] = replace(arrival, outcome=outcome, parent=INVALID_SPAN_CONTEXT)
    values[SPAN_KEY] = INVALID_SPAN
    return Context(values)
