"""Spans that have not ended, in every answer: once, by their last announcement, until they have ended."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.query.house import EVER, House
from tests.sent import T0, Sent, fresh

from weft.model.pending import STATES

SECOND = 1_000_000_000
LARGE = "history " * 400
FIRST, THEN = "announced first", "ended first"


def announced(span: Sent, seconds: float = 5, **changes: Any) -> Sent:
    """The span as it is announced after some seconds."""
    return replace(span, open_ns=int(seconds * SECOND), **changes)


def states(house: House, trace: bytes) -> list[tuple[str, str]]:
    """Name and state of each span of a trace."""
    rows = house.ask.spans([trace]).select(["name", "state"]).to_pylist()
    return [(row["name"], STATES[row["state"]]) for row in rows]


def send(house: House, *spans: Sent, apart: bool) -> None:
    """Send spans one after the other, in commits of their own or together."""
    for span in spans:
        house.send(span)
        if apart:
            house.ask.services()


def test_an_open_span_is_in_every_answer_that_is_asked_for_it(house: House, service: str) -> None:
    callee = f"callee-{fresh()}"
    root = Sent(service, "plan", tags={"color": "red"}, error=True)
    child = Sent(callee, "write", trace=root.trace, parent=root.span, at=SECOND)
    house.send(announced(root), announced(child, 7))
    assert {service, callee} <= set(house.ask.services())
    assert house.ask.operations(service) == [("plan", 1)]
    assert house.find(service) == house.find(callee, operation="write") == [root.trace]
    assert (service, callee, 1) in house.ask.dependencies(0, EVER)
    [summary] = house.ask.summaries(10, service)
    assert (summary.spans, summary.errors, summary.open, summary.lost) == (2, 1, 2, 0)
    assert (summary.root_name, summary.start_ns, summary.end_ns) == ("plan", T0, T0 + 8 * SECOND)
    assert states(house, root.trace) == [("plan", "open"), ("write", "open")]


@pytest.mark.parametrize("apart", [True, False], ids=["commits of their own", "one commit"])
@pytest.mark.parametrize("order", [FIRST, THEN])
@pytest.mark.parametrize("name", ["work", "renamed"])
def test_a_span_that_has_ended_is_not_open_any_more_in_any_answer(
    house: House, service: str, order: str, apart: bool, name: str
) -> None:
    callee = f"callee-{fresh()}"
    root = Sent(service, name, duration=9 * SECOND, kind=2, tags={"color": "blue"})
    child = Sent(callee, trace=root.trace, parent=root.span, at=1)
    said = [announced(root, 5, name="work", tags={"color": "red"}), announced(root, 7, name="work")]
    send(house, *([*said, root] if order == FIRST else [root, *said]), child, apart=apart)
    assert states(house, root.trace) == [(name, "ended"), ("work", "ended")]
    assert [row["duration_ns"] for row in house.ask.spans([root.trace]).to_pylist()] == [9 * SECOND, 1000]
    assert house.ask.operations(service) == [(name, 2)]
    assert house.find(service) == [root.trace]
    assert house.find(service, tags={"color": "red"}) == house.find(service, max_duration_ns=8 * SECOND) == []
    assert house.find(service, tags={"color": "blue"}) == [root.trace]
    assert house.find(service, operation="work") == ([root.trace] if name == "work" else [])
    assert house.find(service, tags={"weft.pending": "true"}) == []
    assert (service, callee, 1) in house.ask.dependencies(0, EVER)
    [summary] = house.ask.summaries(10, service)
    assert (summary.spans, summary.open, summary.lost) == (2, 0, 0)
    assert (summary.root_name, summary.end_ns) == (name, T0 + 9 * SECOND)


@pytest.mark.parametrize("apart", [True, False], ids=["commits of their own", "one commit"])
@pytest.mark.parametrize("order", list(itertools.permutations([5, 10, 15])), ids=str)
def test_the_last_announcement_counts_whatever_order_they_come_in(
    house: House, service: str, order: tuple[int, ...], apart: bool
) -> None:
    span = Sent(service)
    said = [announced(span, n, name=f"after {n}", tags={"n": n}, events=[{"n": n}]) for n in order]
    send(house, *said, *said, apart=apart)
    [row] = house.ask.spans([span.trace]).to_pylist()
    assert (row["name"], row["duration_ns"]) == ("after 15", 15 * SECOND)
    assert row["event_attributes"] == [[("n", "15")]]
    assert house.find(service, tags={"n": "15"}) == [span.trace]
    assert house.find(service, tags={"n": "5"}) == house.find(service, operation="after 10") == []
    assert house.ask.operations(service) == [("after 15", 1)]
    [summary] = house.ask.summaries(10, service)
    assert (summary.spans, summary.end_ns) == (1, T0 + 15 * SECOND)


def test_all_that_was_said_of_an_open_span_is_read(house: House, service: str) -> None:
    """Beside a span that has ended, and with large values in their place."""
    span = Sent(
        service,
        tags={"text": LARGE, "whole": 7},
        events=[{"n": 1}, {"text": LARGE}],
        links=[{"of": "l"}],
        resource={"host": "here"},
        scope_name="lib",
        scope_version="2",
        message="so far",
    )
    before, after = (Sent(service, name, trace=span.trace, at=at) for name, at in (("a", -1), ("z", 1)))
    house.send(after, announced(span), before)
    ended, row, _ = house.ask.spans([span.trace]).to_pylist()
    assert (ended["name"], ended["state"], ended["silent_s"]) == ("a", 0, 0)
    assert row["attributes"][1:] == [("text", LARGE), ("whole", "7")]
    assert row["attribute_types"] == "isi"
    assert row["event_attributes"] == [[("n", "1")], [("text", LARGE)]]
    assert row["event_attribute_types"] == ["i", "s"]
    assert (row["event_names"], row["link_attributes"]) == (["event", "event"], [[("of", "l")]])
    assert (row["link_trace_ids"], row["link_span_ids"]) == ([bytes(16)], [bytes(8)])
    assert row["resource_attributes"] == [("service.name", service), ("host", "here")]
    assert (row["scope_name"], row["scope_version"], row["status_message"]) == ("lib", "2", "so far")
    assert house.ask.spans([span.trace]).column_names == house.ask.spans([fresh().to_bytes(16)]).column_names


@pytest.mark.parametrize(
    ("condition", "others"),
    [
        ({"operation": "work"}, {"name": "play"}),
        ({"start_ns": T0}, {"at": -1}),
        ({"end_ns": T0}, {"at": 1}),
        ({"min_duration_ns": 5 * SECOND}, {"open_ns": 5 * SECOND - 1}),
        ({"max_duration_ns": 5 * SECOND}, {"open_ns": 5 * SECOND + 1}),
        ({"tags": {"color": "red"}}, {"tags": {"color": "blue"}}),
        ({"tags": {"of.event": "e"}}, {"events": [{"of.event": "f"}]}),
        ({"tags": {"of.event": LARGE}}, {"events": [{"of.event": "f"}]}),
        ({"tags": {"of.link": "l"}}, {"links": []}),
        ({"tags": {"host": "here"}}, {"resource": {}}),
        ({"tags": {"of.scope": "s"}}, {"scope": {}}),
        ({"tags": {"otel.scope.name": "lib"}}, {"scope_name": ""}),
        ({"tags": {"error": "true"}}, {"error": False}),
        ({"tags": {"span.kind": "server"}}, {"kind": 3}),
        ({"tags": {"empty": ""}}, {"tags": {"color": "red"}}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_open_span_is_found_by_what_it_says(
    house: House, service: str, condition: dict[str, Any], others: dict[str, Any]
) -> None:
    wanted = announced(
        Sent(
            service,
            tags={"color": "red", "empty": ""},
            events=[{"of.event": "e"}, {"of.event": LARGE}],
            links=[{"of.link": "l"}],
            resource={"host": "here"},
            scope={"of.scope": "s"},
            scope_name="lib",
            error=True,
            kind=2,
        )
    )
    fresh_ids = {"trace": fresh().to_bytes(16), "span": fresh().to_bytes(8)}
    unwanted = replace(wanted, **fresh_ids, **others)
    house.send(wanted, unwanted)
    assert set(house.find(service)) == {wanted.trace, unwanted.trace}
    assert house.find(service, **condition) == [wanted.trace]
    assert house.find("nobody", **condition) == []


def test_open_spans_are_found_by_being_open(house: House, service: str) -> None:
    still, ended = Sent(service), Sent(service)
    house.send(announced(still), announced(ended), ended)
    assert house.find(service, tags={"weft.pending": "true"}) == [still.trace]
    assert house.find(service, tags={"weft.pending.lost": "true"}) == []


def test_an_open_span_that_does_not_say_since_when_lasts_until_it_was_received(
    house: House, service: str
) -> None:
    """Senders other than Weft's own leave out the end, and say no more."""
    span = announced(Sent(service), 0)
    house.send(span, announced(Sent(service, "later", trace=span.trace, at=2**63), 0))
    rows = house.ask.spans([span.trace]).to_pylist()
    assert rows[0]["duration_ns"] > 1_000_000 * SECOND  # T0 is years ago
    assert rows[1]["duration_ns"] == 0  # and not less, where its clock is ahead of ours


def test_a_span_is_known_by_its_service_too(house: House, service: str) -> None:
    """Both ends of a call may have one id (Zipkin): that one has ended says nothing of the other."""
    server = Sent(service, "serve", kind=2)
    client = replace(server, service=f"client-{fresh()}", name="call", kind=3)
    house.send(announced(client), server)
    assert sorted(states(house, server.trace)) == [("call", "open"), ("serve", "ended")]


def test_the_same_ids_in_another_trace_are_another_span(house: House, service: str) -> None:
    open_one = Sent(service)
    house.send(announced(open_one), replace(open_one, trace=fresh().to_bytes(16)))
    assert states(house, open_one.trace) == [("work", "open")]


def test_a_span_that_ends_while_it_is_read_is_read_once(house: House, service: str) -> None:
    span = Sent(service)
    house.send(announced(span))
    settle = house.ask._settle
    asked = itertools.count()

    def end(timeout_s: float) -> bool:
        if next(asked) == 1:  # between the read of what is open and that of what has ended
            house.send(span)
        return settle(timeout_s)

    house.ask._settle = end
    try:
        found = states(house, span.trace)
    finally:
        house.ask._settle = settle
    assert found == [("work", "ended")]


def test_thousands_of_open_spans_are_read(house: House, service: str) -> None:
    root = Sent(service, "root")
    spans = [Sent(service, f"n{n}", trace=root.trace, parent=root.span, at=n) for n in range(3000)]
    request = announced(root).request()
    for span in spans:
        request.MergeFrom(announced(span).request())
    assert house.intake.submit(request.SerializeToString()).result(30).rejected == 0
    assert set(states(house, root.trace)) == {("root", "open"), *((f"n{n}", "open") for n in range(3000))}
    ended = root.request()
    for span in spans[::2]:
        ended.MergeFrom(span.request())
    assert house.intake.submit(ended.SerializeToString()).result(30).rejected == 0
    [summary] = house.ask.summaries(10, service)
    assert (summary.spans, summary.open) == (3001, 1500)
    assert sorted(name for name, state in states(house, root.trace) if state == "ended") == sorted(
        ["root", *(span.name for span in spans[::2])]
    )


#: What is sent of a span: after how many seconds it is announced, or 0 for the span itself.
said_of_a_span = st.lists(st.sampled_from([0, 5, 10, 15]), min_size=1, max_size=4)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(spans=st.lists(said_of_a_span, min_size=1, max_size=4), data=st.data())
def test_any_order_of_announcements_and_ends_gives_the_same_answers(
    house: House, spans: list[list[int]], data: st.DataObject
) -> None:
    name = f"service-{fresh()}"
    root = Sent(name)
    everything = []
    expected = []
    for number, moments in enumerate(spans):
        span = Sent(name, f"{number} ended", trace=root.trace, at=number, duration=20 * SECOND)
        for moment in moments:
            label = f"{number} after {moment}"
            everything.append(announced(span, moment, name=label, tags={"n": moment}) if moment else span)
        last = max(moments)
        expected.append(f"{number} ended" if 0 in moments else f"{number} after {last}")
    order = data.draw(st.permutations(everything))
    for span in order:
        house.send(span)
        if data.draw(st.booleans()):
            house.ask.services()
    assert states(house, root.trace) == [
        (label, "ended" if label.endswith("ended") else "open") for label in expected
    ]
    assert house.ask.operations(name) == sorted((label, 1) for label in expected)
    assert house.find(name) == [root.trace]
    for label in expected:
        assert house.find(name, operation=label) == [root.trace]
    [summary] = house.ask.summaries(10, name)
    still = sum(not label.endswith("ended") for label in expected)
    assert (summary.spans, summary.open, summary.lost) == (len(spans), still, 0)
