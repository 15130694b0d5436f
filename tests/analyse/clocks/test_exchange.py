"""What a call, a message and a nested span say of two clocks."""

from typing import Any

from tests.analyse.traces import MS, at, id_of, span, trace

from weft.analyse.clocks.exchange import Exchange, exchanges
from weft.model import keys

#: Times are written in microseconds, and during a call of 20 ms clocks drift apart by one more.
WRITTEN = 1_000
ROUGH = 2 * WRITTEN


def call(**server: Any) -> list[Exchange]:
    client = span("client", "root", 10, 30, kind="client", host="a")
    made = {"start": 17, "end": 25, "kind": "server", "host": "b"} | server
    return list(
        exchanges(trace(span("root", None, 0, 100, host="a"), client, span("server", "client", **made)))
    )


def test_a_call_limits_the_difference_on_both_sides() -> None:
    assert call() == [Exchange("call", "a", "b", at(20), -5 * MS - ROUGH, 7 * MS + ROUGH)]


def test_spans_of_one_host_say_nothing() -> None:
    assert call(host="a") == []


def test_spans_without_a_host_say_nothing() -> None:
    assert call(host=None) == []


def test_a_server_at_work_for_longer_than_its_client_waited_limits_one_side_only() -> None:
    assert call(end=60) == [Exchange("call", "a", "b", at(20), None, 7 * MS + ROUGH)]


def test_a_server_that_has_not_ended_limits_one_side_only() -> None:
    assert call(state="open") == [Exchange("call", "a", "b", at(20), None, 7 * MS + ROUGH)]


def test_the_moment_of_sending_is_the_tighter_limit() -> None:
    (found,) = call(attributes={keys.PROPAGATION_SENT_NS: at(12)})
    assert found.high_ns == 5 * MS + ROUGH


def test_a_moment_of_sending_outside_the_client_is_not_believed() -> None:
    for sent in (at(9), at(31), "12"):
        (found,) = call(attributes={keys.PROPAGATION_SENT_NS: sent})
        assert found.high_ns == 7 * MS + ROUGH


def test_a_moment_of_sending_of_another_span_is_not_used() -> None:
    evidence = {keys.PROPAGATION_SENT_NS: at(12), keys.PROPAGATION_SENDER_SPAN_ID: id_of("root")}
    (found,) = call(attributes=evidence)
    assert found.high_ns == 7 * MS + ROUGH


def test_a_message_limits_one_side_only() -> None:
    sent = span("sent", None, 0, 1, kind="producer", host="a")
    taken = span("taken", "sent", 4, 9, kind="consumer", host="b")
    assert list(exchanges(trace(sent, taken))) == [
        Exchange("message", "a", "b", at(0), None, 4 * MS + WRITTEN + 50)
    ]


def test_a_span_whose_caller_is_missing_is_inside_the_root_and_in_the_gap_that_it_fits_into() -> None:
    root = span("root", None, 0, 100, host="a", kind="server")
    other = span("other", "root", 60, 90, host="a", kind="client")
    lost = span("lost", "gone", 13, 53, host="b", kind="server")
    assert list(exchanges(trace(root, other, lost))) == [
        Exchange("inside", "a", "b", at(50), -47 * MS - 6 * WRITTEN, 13 * MS + 6 * WRITTEN),
        Exchange("between", "a", "b", at(30), -7 * MS - 6 * WRITTEN, 13 * MS + 6 * WRITTEN),
    ]


def test_a_span_that_fits_into_several_gaps_is_in_none_for_certain() -> None:
    root = span("root", None, 0, 100, host="a", kind="server")
    other = span("other", "root", 45, 55, host="a", kind="client")
    lost = span("lost", "gone", 13, 53, host="b", kind="server")
    found = exchanges(trace(root, other, lost))
    assert [each.kind for each in found] == ["inside"]


def test_a_message_whose_sender_is_missing_says_of_the_root_that_it_came_later() -> None:
    root = span("root", None, 0, 100, kind="producer", host="a")
    found = exchanges(trace(root, span("taken", "gone", 13, 90, host="b", kind="consumer")))
    assert [each.kind for each in found] == ["inside", "between"]
