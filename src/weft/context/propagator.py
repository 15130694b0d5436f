"""The propagator: W3C Trace Context Level 2 and Baggage, all other formats that agents meet, evidence."""

from __future__ import annotations

import logging
import os
import random
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import TextMapPropagator, default_getter, default_setter
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, TraceFlags

from weft.context import baggage, evidence, traceparent, tracestate
from weft.context.arrival import KEY, SPAN_KEY, Arrival, arrived
from weft.context.carriers import remove
from weft.context.formats.format import Denied, Found, Malformed
from weft.context.formats.order import FORMATS
from weft.context.received import W3C_FIELDS, is_baggage_field, received, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from opentelemetry.propagators.textmap import Getter, Setter

    from weft.context.arrival import Outcome
    from weft.context.formats.format import Format, Reading

W3C: Final = "tracecontext"
BAGGAGE: Final = "baggage"

_LOW_64: Final = (1 << 64) - 1
_FLAGS: Final = tuple(TraceFlags(flags) for flags in range(4))
_log = logging.getLogger("weft.context")


class Propagator(TextMapPropagator):
    """Reads every format, writes the ones that are wanted.

    Reading: of several parents in one carrier the first one counts, in this order: the formats that are
    written, as OTEL_PROPAGATORS names them; W3C; then `formats.order`. One that is malformed is passed over.
    What else was there is in the context's `Arrival`, for the receiving span to tell.

    With no context given, a carrier with a parent starts from an empty context (nothing ambient leaks into
    the sender's trace), and one without a parent leaves the current context as it is, so that a span is
    never cut off from its surroundings (OpenTelemetry specification, context/api-propagators.md).

    Neither direction raises, whatever it is given. Where nothing is written (OTEL_PROPAGATORS=none) nothing
    is read either.

    Args:
        formats: What is written: ``tracecontext``, ``baggage``, and names of `formats.order`.
        others: Propagators of other packages, read where nothing else was found, and written as well.
        agent: Gives the name of the agent that sends, for the evidence; OTEL_SERVICE_NAME by default.
        baggage_keys: The baggage that is taken in and handed on; None for all of it.
    """

    def __init__(
        self,
        formats: Sequence[str] = (W3C, BAGGAGE),
        *,
        others: Sequence[TextMapPropagator] = (),
        agent: Callable[[Context], str] | None = None,
        baggage_keys: Collection[str] | None = None,
    ) -> None:
        by_name = {each.name: each for each in FORMATS}
        self._writes_w3c = W3C in formats
        self._writes_baggage = BAGGAGE in formats
        self._writes = [by_name[name] for name in formats if name in by_name]
        first = [None if name == W3C else by_name[name] for name in formats if name == W3C or name in by_name]
        self._reads = bool(formats or others)
        self._order: list[Format | None] = list(dict.fromkeys([*first, None, *FORMATS]))  # None: W3C
        self._others = tuple(others)
        service = os.environ.get("OTEL_SERVICE_NAME", "")
        self._agent = agent if agent is not None else lambda _: service
        self._baggage_keys = baggage_keys

    @property
    def fields(self) -> set[str]:
        """The names of the fields that are written, in lower case."""
        names = {field for each in self._writes for field in each.fields}
        names |= {field.lower() for each in self._others for field in each.fields}
        if self._writes_w3c:
            names |= {traceparent.FIELD, tracestate.FIELD}
        return names | {baggage.FIELD} if self._writes_baggage else names

    def extract(
        self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter
    ) -> Context:
        """Read a carrier; see the class for what the answer holds."""
        try:
            return self._read(carrier, context, getter)
        except Exception:  # noqa: BLE001 - carriers and getters may raise anything
            _log.debug("trace context could not be read from a %s", type(carrier).__name__, exc_info=True)
            return get_current() if context is None else context

    def inject(
        self, carrier: Any, context: Context | None = None, setter: Setter[Any] = default_setter
    ) -> None:
        """Write the context into a carrier; one that cannot be written stays as it is."""
        try:
            put(carrier, self.written(get_current() if context is None else context), setter)
        except Exception:  # noqa: BLE001 - carriers and setters may raise anything
            _log.debug("trace context could not be written into a %s", type(carrier).__name__, exc_info=True)

    def written(
        self, context: Context, *, with_trace: bool = True, with_baggage: bool = True
    ) -> dict[str, str]:
        """The fields that a context is written as.

        Args:
            context: The context.
            with_trace: Whether the fields that name its trace are wanted.
            with_baggage: Whether those that hold its baggage are.
        """
        fields: dict[str, str] = {}
        held: Any = context.get(baggage.CONTEXT_KEY) if with_baggage else None
        if with_trace:
            if with_baggage and self._others:
                self._write_others(fields, context)
            span: Any = context.get(SPAN_KEY)  # as trace.get_current_span does, in a fifth of its time
            if span is not None:
                self._write_trace(fields, span.get_span_context(), context)
            if self._writes and span is not None:
                texts = {key: baggage.as_text(value) for key, value in self._wanted(held or {}).items()}
                carried = {key: text for key, text in texts.items() if text is not None}
                for each in self._writes:
                    fields.update(each.write(span.get_span_context(), carried))
        if held and self._writes_baggage:
            text = baggage.write(held, self._baggage_keys)
            if text:
                fields[baggage.FIELD] = text
        return fields

    def _write_trace(self, fields: dict[str, str], span_context: SpanContext, context: Context) -> None:
        """Write traceparent and tracestate: the vendors' members, and ours before them, where there is room.

        Behind a traceparent that is handed on as it came, so is the tracestate: it must not be changed then
        (W3C Trace Context, section 3.4). A span that is not recorded leaves no evidence of itself.
        """
        trace_id, span_id, is_remote, flags, members, is_valid = span_context
        if not is_valid or not self._writes_w3c:
            return
        if members and not is_remote and evidence.KEY in members:
            members = members.delete(evidence.KEY)  # somebody else read it: it is of another span
        fields[traceparent.FIELD] = traceparent.write(trace_id, span_id, flags)
        if is_remote:
            arrival = context.get(KEY)
            if isinstance(arrival, Arrival) and arrival.remote is span_context:
                state = arrival.tracestate
            else:
                state = members.to_header()
        elif not flags & traceparent.SAMPLED:
            state = members.to_header()
        else:
            state = evidence.member(span_id, time_ns(), self._agent(context))
            if members:
                state = evidence.beside(state, members.to_header(), len(members))
        if state:
            fields[tracestate.FIELD] = state

    def _write_others(self, fields: dict[str, str], context: Context) -> None:
        for other in self._others:
            try:
                other.inject(fields, context=context)
            except Exception:  # noqa: BLE001 - ours is written in any case
                _log.debug("%s could not write", type(other).__name__, exc_info=True)
        if self._baggage_keys is not None:
            for name in [name for name in fields if is_baggage_field(name.lower())]:
                text = fields.pop(name)
                if name.lower() == baggage.FIELD:
                    allowed, _ = baggage.read([text], self._baggage_keys)
                    fields.update({baggage.FIELD: baggage.write(allowed)} if allowed else {})

    def _read(self, carrier: Any, context: Context | None, getter: Getter[Any]) -> Context:
        if not self._reads:
            return get_current() if context is None else context
        fields = received(carrier, getter)
        arrival, brought = self._arrival(fields)
        if baggage.FIELD in fields:
            taken, dropped = baggage.read(fields[baggage.FIELD], self._baggage_keys)
            brought = {**brought, **taken} if brought else taken
            if dropped:
                problem = f"{baggage.FIELD}: {dropped} left out"
                arrival = replace(arrival, problems=(*arrival.problems, problem))
        if arrival.remote is not None:
            return arrived(Context() if context is None else context, arrival, brought)
        base = get_current() if context is None else context
        ambient = trace.get_current_span(base).get_span_context()
        for other in self._others:
            try:
                read = other.extract(carrier, context=base, getter=getter)
            except Exception:  # noqa: BLE001 - the next one may read it
                _log.debug("%s could not read", type(other).__name__, exc_info=True)
                continue
            remote = trace.get_current_span(read).get_span_context()
            if remote.is_valid and remote is not ambient:
                arrival = replace(
                    arrival, outcome="continued", format=type(other).__name__, parent=remote, remote=remote
                )
                if self._baggage_keys is not None:
                    held: Any = read.get(baggage.CONTEXT_KEY) or {}
                    read = Context({**read, baggage.CONTEXT_KEY: self._wanted(held)})
                return arrived(read, arrival, brought)
        return arrived(base, replace(arrival, parent=ambient), brought)

    def _arrival(self, fields: Mapping[str, Sequence[str]]) -> tuple[Arrival, Mapping[str, object] | None]:
        """What the fields say of a parent, and the baggage that its format brought in fields of its own."""
        names = tuple(fields)
        if fields.keys() <= W3C_FIELDS:  # nearly always
            alone = _w3c(fields, names)
            if alone is None:
                return Arrival("absent", "", names, INVALID_SPAN_CONTEXT), None
            if isinstance(alone, str):
                return Arrival("malformed", "", names, INVALID_SPAN_CONTEXT, problems=(alone,)), None
            return alone, None
        names = spoken(fields)
        chosen: Arrival | None = None
        brought: Mapping[str, object] | None = None
        problems: list[str] = []
        conflicts: list[str] = []
        for each in self._order:
            reading = each.read(fields) if each is not None else None
            parent = _w3c(fields, names) if each is None else _other(reading, each.name, names)
            if parent is None:
                continue
            if isinstance(parent, str):
                problems.append(parent)
            elif chosen is None:
                chosen = parent
                brought = self._wanted(reading.baggage) if isinstance(reading, Found) else None
            elif not _same_trace(chosen.parent, parent.parent):
                conflicts.append(parent.format)
        if chosen is None:
            outcome: Outcome = "malformed" if problems else "absent"
            return Arrival(outcome, "", names, INVALID_SPAN_CONTEXT, problems=tuple(problems)), None
        problems[:0] = chosen.problems
        return replace(chosen, problems=tuple(problems), conflicts=tuple(conflicts)), brought

    def _wanted(self, entries: Mapping[str, object]) -> Mapping[str, object]:
        """The baggage that is taken in and handed on, of what can be."""
        keys = self._baggage_keys
        return {
            key: value
            for key, value in entries.items()
            if (keys is None or key in keys) and baggage.is_key(key)
        }


def _w3c(fields: Mapping[str, Sequence[str]], names: tuple[str, ...]) -> Arrival | str | None:
    """What traceparent and tracestate name, or what is wrong with them; None without a traceparent."""
    values = fields.get(traceparent.FIELD)
    if values is None:
        return None
    parent = traceparent.read(values)
    if isinstance(parent, str):
        return f"{traceparent.FIELD}: {parent}"
    trace_id, span_id, flags = parent
    states = fields.get(tracestate.FIELD)
    if states is None:
        span = SpanContext(trace_id, span_id, True, _FLAGS[flags], tracestate.EMPTY)
        return Arrival("continued", W3C, names, span, span)
    # The spans of this process do not carry the last sender's evidence: it would be stored with each of them.
    taken = tracestate.take(states, evidence.KEY)
    if isinstance(taken, str):
        span = SpanContext(trace_id, span_id, True, _FLAGS[flags], tracestate.EMPTY)
        return Arrival("continued", W3C, names, span, span, problems=(f"{tracestate.FIELD}: {taken}",))
    state, ours, whole = taken
    span = SpanContext(trace_id, span_id, True, _FLAGS[flags], state)
    return Arrival("continued", W3C, names, span, span, whole, ours)


def _other(reading: Reading, name: str, names: tuple[str, ...]) -> Arrival | str | None:
    """What another format names. A decision that the sender left open is taken in favour of recording."""
    if reading is None:
        return None
    if isinstance(reading, Malformed):
        return reading.reason
    if isinstance(reading, Denied):
        # Samplers obey a parent, and nothing else that they are told: one that is never recorded says no.
        ids = random.getrandbits(128) or 1, random.getrandbits(64) or 1
        span = SpanContext(*ids, True, _FLAGS[0], tracestate.EMPTY)
    else:
        flags = (reading.sampled is not False) * traceparent.SAMPLED | reading.random * traceparent.RANDOM
        span = SpanContext(reading.trace_id, reading.span_id, True, _FLAGS[flags], tracestate.EMPTY)
    return Arrival("continued", name, names, span, span)


def _same_trace(one: SpanContext, other: SpanContext) -> bool:
    """Whether two formats name the same trace; where one of them has room for 64 bits only, by these."""
    if one.trace_id >> 64 and other.trace_id >> 64:
        return one.trace_id == other.trace_id
    return one.trace_id & _LOW_64 == other.trace_id & _LOW_64


def put(carrier: Any, fields: Mapping[str, str], setter: Setter[Any]) -> None:
    """Write fields into a carrier, in place of those that are there, whatever their case.

    A tracestate without a traceparent of its own would be taken for the one that is written.
    """
    if isinstance(carrier, dict):
        if carrier:
            gone = {name.lower() for name in fields}
            if traceparent.FIELD in gone:
                gone.add(tracestate.FIELD)
            for name in [name for name in carrier if isinstance(name, str) and name.lower() in gone]:
                del carrier[name]
        if setter is default_setter and type(carrier) is dict:
            carrier.update(fields)
            return
    elif isinstance(carrier, list):
        for name in fields:
            remove(carrier, name)  # Kafka's setter adds a second one
    if traceparent.FIELD in fields and tracestate.FIELD not in fields:
        remove(carrier, tracestate.FIELD)
    for name, value in fields.items():
        setter.set(carrier, name, value)
