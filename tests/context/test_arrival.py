"""What arrived: its record, and the context that is made of it."""

from __future__ import annotations

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, SpanContext, TraceFlags

from weft.context.arrival import Arrival, arrival_in, arrived, refused
from weft.context.current import attached

REMOTE = SpanContext(1, 2, True, TraceFlags(1))
LOCAL = SpanContext(3, 4, False, TraceFlags(1))


def continued(value: str = "") -> Arrival:
    return Arrival("continued", "tracecontext", ("traceparent", "tracestate"), REMOTE, REMOTE, evidence=value)


def within(span_context: SpanContext, context: Context | None = None) -> Context:
    return trace.set_span_in_context(
        NonRecordingSpan(span_context), Context() if context is None else context
    )


def test_the_record_of_a_parent_with_evidence_of_itself() -> None:
    assert continued("1;0000000000000002;7;researcher").attributes() == {
        "weft.propagation.outcome": "continued",
        "weft.propagation.received": "traceparent,tracestate",
        "weft.propagation.format": "tracecontext",
        "weft.propagation.sent_ns": 7,
        "weft.propagation.sender.agent": "researcher",
    }


def test_the_record_names_the_sender_where_somebody_else_is_the_parent() -> None:
    attributes = continued("1;00000000000000ff;7;").attributes()
    assert attributes["weft.propagation.sender.span_id"] == "00000000000000ff"
    assert "weft.propagation.sender.agent" not in attributes


@pytest.mark.parametrize("value", ["", "2;0000000000000002;7;x", "anything"])
def test_evidence_that_is_not_understood_is_not_told(value: str) -> None:
    assert set(continued(value).attributes()) == {
        f"weft.propagation.{each}" for each in ("outcome", "received", "format")
    }


def test_the_record_of_nothing() -> None:
    assert Arrival("absent", "", (), INVALID_SPAN_CONTEXT).attributes() == {
        "weft.propagation.outcome": "absent",
        "weft.propagation.received": "",
    }


def test_the_record_of_trouble() -> None:
    arrival = Arrival(
        "malformed",
        "",
        ("traceparent",),
        INVALID_SPAN_CONTEXT,
        problems=("traceparent: why",),
        conflicts=("b3",),
    )
    attributes = arrival.attributes()
    assert attributes["weft.propagation.problems"] == ("traceparent: why",)
    assert attributes["weft.propagation.conflicts"] == ("b3",)


def test_an_arrival_belongs_to_the_context_in_which_its_parent_is_current() -> None:
    context = arrived(Context(), continued())
    assert arrival_in(context) is not None
    assert arrival_in(within(LOCAL, context)) is None
    assert arrival_in(within(REMOTE, context)) is not None
    assert arrival_in(Context()) is None
    assert arrival_in(None) is None
    with attached(context):
        assert arrival_in(None) is not None


def test_baggage_that_arrived_is_added_to_what_is_there() -> None:
    base = baggage.set_baggage("a", "1", baggage.set_baggage("b", "1", Context()))
    assert dict(baggage.get_all(arrived(base, continued(), {"b": "2", "c": "3"}))) == {
        "a": "1",
        "b": "2",
        "c": "3",
    }
    assert dict(baggage.get_all(arrived(base, continued(), {}))) == {"a": "1", "b": "1"}
    assert dict(baggage.get_all(base)) == {"a": "1", "b": "1"}


@pytest.mark.parametrize("outcome", ["restarted", "linked"])
def test_a_parent_that_is_refused_leaves_nothing_but_its_record(outcome: str) -> None:
    base = baggage.set_baggage("mine", "1", within(LOCAL))
    found = arrived(base, continued(), {"theirs": "2"})
    context = refused(base, found, outcome)  # type: ignore[arg-type]
    assert not trace.get_current_span(context).get_span_context().is_valid
    assert dict(baggage.get_all(context)) == {}
    arrival = arrival_in(context)
    assert arrival is not None
    assert (arrival.outcome, arrival.remote) == (outcome, REMOTE)


def test_where_no_parent_came_there_is_none_to_refuse_and_no_baggage_either() -> None:
    base = baggage.set_baggage("mine", "1", within(LOCAL))
    absent = Arrival("absent", "", ("baggage",), LOCAL)
    with attached(base):
        context = refused(None, arrived(base, absent, {"theirs": "2"}), "restarted")
    assert trace.get_current_span(context).get_span_context() is LOCAL
    assert dict(baggage.get_all(context)) == {"mine": "1"}
    arrival = arrival_in(context)
    assert arrival is not None
    assert arrival.outcome == "absent"
