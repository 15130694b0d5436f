"""inject and extract."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

from weft.context.current import attached
from weft.context.propagation import extract, fields, inject

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


def span_context(context: Context) -> SpanContext:
    return trace.get_current_span(context).get_span_context()


def context_of(traceparent: str, state: TraceState | None = None) -> Context:
    _, trace_id, span_id, flags = traceparent.split("-")
    remote = SpanContext(int(trace_id, 16), int(span_id, 16), True, TraceFlags(int(flags, 16)), state)
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


def test_what_is_injected_is_extracted() -> None:
    context = baggage.set_baggage("tenant", "7", context_of(TRACEPARENT, TraceState([("vendor", "x")])))
    carrier = inject({}, context)
    assert carrier["traceparent"] == TRACEPARENT
    assert carrier["tracestate"] == "vendor=x"
    assert carrier["baggage"] == "tenant=7"
    back = extract(carrier)
    assert span_context(back).span_id == span_context(context).span_id
    assert span_context(back).trace_state == {"vendor": "x"}
    assert baggage.get_baggage("tenant", back) == "7"


def test_the_current_context_is_injected_by_default_into_a_new_carrier() -> None:
    with attached(context_of(TRACEPARENT)):
        assert inject() == {"traceparent": TRACEPARENT}
    assert inject() == {}


def test_injecting_returns_the_very_carrier() -> None:
    carrier: list[tuple[bytes, bytes]] = [(b"host", b"localhost")]
    assert inject(carrier, context_of(TRACEPARENT)) is carrier
    assert (b"traceparent", TRACEPARENT.encode()) in carrier


@pytest.mark.parametrize(
    "carrier", [{"TraceParent": OTHER}, [("TRACEPARENT", OTHER)], [(b"traceparent", OTHER.encode())]]
)
def test_an_existing_traceparent_is_replaced_whatever_its_case(carrier: Any) -> None:
    inject(carrier, context_of(TRACEPARENT))
    assert len(carrier) == 1
    assert span_context(extract(carrier)).trace_id == span_context(context_of(TRACEPARENT)).trace_id


def test_a_tracestate_goes_with_the_traceparent_it_belonged_to() -> None:
    carrier = {"Traceparent": OTHER, "TraceState": "vendor=stale", "Baggage": "tenant=7"}
    assert inject(carrier, context_of(TRACEPARENT)) == {"traceparent": TRACEPARENT, "Baggage": "tenant=7"}


def test_without_a_span_the_carrier_stays_as_it_is() -> None:
    carrier = {"traceparent": OTHER, "tracestate": "vendor=x"}
    assert inject(dict(carrier), Context()) == carrier


@pytest.mark.parametrize(
    "carrier", [{}, [], {"traceparent": "garbage"}, {"traceparent": b"\xff"}, None, 7, "text"]
)
def test_a_carrier_without_a_context_reads_as_the_current_one(carrier: object) -> None:
    with attached(context_of(TRACEPARENT)):
        assert span_context(extract(carrier)) == span_context(get_current())


def test_a_carrier_with_a_context_wins_over_the_current_one_and_its_baggage() -> None:
    with attached(baggage.set_baggage("tenant", "ambient", context_of(OTHER))):
        context = extract({"Traceparent": TRACEPARENT})
    assert span_context(context).span_id == 0xB7AD6B7169203331
    assert baggage.get_baggage("tenant", context) is None


def test_baggage_without_a_span_is_added_to_the_current_context() -> None:
    with attached(context_of(TRACEPARENT)):
        context = extract([(b"baggage", b"tenant=7")])
    assert span_context(context).is_valid
    assert baggage.get_baggage("tenant", context) == "7"


def test_a_given_context_is_what_extraction_falls_back_on() -> None:
    base = context_of(OTHER)
    assert span_context(extract({}, base)) is span_context(base)
    assert span_context(extract({"traceparent": TRACEPARENT}, base)).span_id == 0xB7AD6B7169203331


class Hostile(dict[str, str]):
    """A carrier whose every method fails."""

    def items(self) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def __setitem__(self, key: str, value: str) -> None:
        raise RuntimeError("no")


def test_a_carrier_that_raises_costs_nothing() -> None:
    carrier = Hostile()
    assert inject(carrier, context_of(TRACEPARENT)) is carrier
    assert extract(carrier) == get_current()


@pytest.mark.parametrize("carrier", [(), (("a", "b"),), "text", 7, frozenset({"a"})])
def test_a_carrier_that_cannot_be_written_comes_back_as_it_was(carrier: object) -> None:
    assert inject(carrier, context_of(TRACEPARENT)) is carrier


anything = st.recursive(
    st.none()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats()
    | st.sampled_from([TRACEPARENT, TRACEPARENT.encode()]),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)
field_names = (
    st.sampled_from(["traceparent", "Traceparent", b"TRACEPARENT", "tracestate", "baggage", 7, None])
    | st.text()
)


@settings(deadline=None)
@given(
    st.dictionaries(field_names, anything, max_size=4)
    | st.lists(st.tuples(field_names, anything), max_size=4)
    | anything
)
def test_no_input_makes_either_raise(carrier: Any) -> None:
    context = extract(carrier)
    assert isinstance(context, Context)
    inject(carrier, context_of(TRACEPARENT))


def test_the_fields_are_those_of_the_configured_propagators() -> None:
    assert fields() == {"traceparent", "tracestate", "baggage"}
