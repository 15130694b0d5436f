"""A search finds the traces that satisfy it and no others, whatever the texts in it are."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.query.house import House
from tests.sent import T0, Sent, fresh

LARGE = "history " * 400
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
relaxed = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
INJECTIONS = [
    "' OR 1 = 1 --",
    "'; DROP TABLE spans; --",
    "\\",
    "\\'",
    "\\\\' OR ''='",
    "%",
    "{service:String}",
    "{key_0:String}",
    "/* tags */",
    "*/ OR 1 /*",
    "\n\t\r\b\f",
    "\x00",
    "'\x00'",
    "`",
    '"',
    "🦜",
    "NULL",
    "\\N",
    "[]",
    "')) UNION ALL SELECT hash FROM payloads --",
]


@pytest.mark.parametrize(
    ("condition", "others"),
    [
        ({"operation": "work"}, {"name": "play"}),
        ({"start_ns": T0}, {"at": -1}),
        ({"end_ns": T0}, {"at": 1}),
        ({"min_duration_ns": 1000}, {"duration": 999}),
        ({"max_duration_ns": 1000}, {"duration": 1001}),
        ({"tags": {"color": "red"}}, {"tags": {"color": "blue"}}),
        ({"tags": {"color": "red"}}, {"tags": {"colour": "red"}}),
        ({"tags": {"color": "red"}}, {"tags": {}}),
    ],
    ids=str,
)
def test_a_condition_leaves_out_what_does_not_satisfy_it(
    house: House, service: str, condition: dict[str, Any], others: dict[str, Any]
) -> None:
    wanted = Sent(service, tags={"color": "red"})
    unwanted = Sent(service, **{"tags": {"color": "red"}, **others})
    house.send(wanted, unwanted)
    assert set(house.find(service)) == {wanted.trace, unwanted.trace}
    assert house.find(service, **condition) == [wanted.trace]
    assert house.find("nobody", **condition) == []


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "operation": ({"operation": "work"}, {"name": "play"}),
    "start": ({"start_ns": T0}, {"at": -1}),
    "duration": ({"min_duration_ns": 1000}, {"duration": 1}),
    "tag": ({"tags": {"color": "red"}}, {"tags": {"color": "blue"}}),
}


@pytest.mark.parametrize("pair", list(itertools.combinations(CONDITIONS, 2)), ids="+".join)
def test_one_span_must_satisfy_all_conditions(house: House, service: str, pair: tuple[str, str]) -> None:
    """Two spans of a trace that satisfy one condition each are no match."""
    (one, not_one), (two, not_two) = (CONDITIONS[name] for name in pair)
    right = {"tags": {"color": "red"}}
    both, half = Sent(service, **right), Sent(service, **{**right, **not_one})
    other_half = Sent(service, trace=half.trace, **{**right, **not_two})
    house.send(both, half, other_half)
    assert set(house.find(service, **one)) == {both.trace, half.trace}
    assert house.find(service, **one, **two) == [both.trace]


def test_two_tags_must_be_of_one_span(house: House, service: str) -> None:
    both = Sent(service, tags={"a": "1", "b": "2"})
    half = Sent(service, tags={"a": "1"})
    house.send(both, half, Sent(service, trace=half.trace, tags={"b": "2"}))
    assert house.find(service, tags={"a": "1", "b": "2"}) == [both.trace]


@pytest.mark.parametrize("place", ["tags", "resource", "scope", "event", "link"])
@pytest.mark.parametrize("value", ["red", LARGE], ids=["small", "large"])
def test_a_tag_is_found_wherever_it_stands(house: House, service: str, place: str, value: str) -> None:
    tag = {"color": value}
    wanted = {
        "tags": Sent(service, tags=tag),
        "resource": Sent(service, resource=tag),
        "scope": Sent(service, scope=tag),
        "event": Sent(service, events=[{"other": "x"}, tag]),
        "link": Sent(service, links=[{"other": "x"}, tag]),
    }[place]
    house.send(wanted, Sent(service, tags={"color": value + "!"}), Sent(service))
    assert house.find(service, tags=tag) == [wanted.trace]
    assert house.find(service, tags=tag, operation="work", min_duration_ns=1) == [wanted.trace]
    assert house.find(service, tags={"color": value[:-1]}) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (-1, "-1"),
        (0.5, "0.5"),
        (["a", "b"], '["a","b"]'),
        (b"\x00\xff", "AP8="),
    ],
)
def test_a_tag_of_any_type_is_found_by_its_text(house: House, service: str, value: object, text: str) -> None:
    wanted = Sent(service, tags={"value": value})
    house.send(wanted, Sent(service, tags={"value": "other"}))
    assert house.find(service, tags={"value": text}) == [wanted.trace]


@pytest.mark.parametrize(
    ("tag", "span"),
    [
        (("error", "true"), {"error": True}),
        (("span.kind", "server"), {"kind": 2}),
        (("span.kind", "client"), {"kind": 3}),
        (("span.kind", "producer"), {"kind": 4}),
        (("span.kind", "consumer"), {"kind": 5}),
        (("otel.status_code", "ERROR"), {"error": True}),
        (("otel.status_description", "no ink"), {"message": "no ink"}),
        (("otel.scope.name", "scope"), {"scope_name": "scope"}),
        (("otel.scope.version", "1.2"), {"scope_version": "1.2"}),
    ],
    ids=str,
)
def test_a_tag_that_jaeger_shows_but_nobody_sent_is_found(
    house: House, service: str, tag: tuple[str, str], span: dict[str, Any]
) -> None:
    wanted = Sent(service, **span)
    house.send(wanted, Sent(service))
    assert house.find(service, tags=dict([tag])) == [wanted.trace]
    assert house.find(service, tags={tag[0]: tag[1] + "x"}) == []


def test_error_false_finds_the_spans_without_an_error(house: House, service: str) -> None:
    good = Sent(service)
    house.send(good, Sent(service, error=True))
    assert house.find(service, tags={"error": "false"}) == [good.trace]


def test_an_attribute_named_like_a_special_tag_is_found_too(house: House, service: str) -> None:
    wanted = Sent(service, tags={"error": "true", "otel.scope.name": "mine"})
    house.send(wanted, Sent(service))
    assert house.find(service, tags={"error": "true"}) == [wanted.trace]
    assert house.find(service, tags={"otel.scope.name": "mine"}) == [wanted.trace]


def test_an_empty_value_is_found_where_it_is_and_nowhere_else(house: House, service: str) -> None:
    wanted = Sent(service, tags={"note": ""}, events=[{"event.note": ""}], scope={"scope.note": ""})
    house.send(wanted, Sent(service, events=[{"a": "b"}], links=[{"a": "b"}]))
    for key in ("note", "event.note", "scope.note"):
        assert house.find(service, tags={key: ""}) == [wanted.trace], key
    for key in ("nothing", "otel.status_code", "otel.scope.name", "otel.status_description"):
        assert house.find(service, tags={key: ""}) == [], key


@relaxed
@given(name=texts, key=texts, value=texts)
@example(name="\x00", key="\x00", value="\x00")
@example(name="'", key="\\", value="\\'")
@example(name="\t", key="\n", value="\r")
def test_any_text_is_found_by_itself(house: House, name: str, key: str, value: str) -> None:
    service = f"{name}{fresh()}"
    places: list[dict[str, Any]] = [
        {"tags": {key: value}},
        {"resource": {key: value}},
        {"events": [{key: value}]},
        {"scope": {key: value}},
    ]
    sent = [Sent(service, name, **place) for place in places]
    house.send(*sent, Sent(service, "x" + name, tags={key: "x" + value}))
    expected = {span.trace for span in sent}
    assert service in house.ask.services()
    assert (name, 1) in house.ask.operations(service)
    assert set(house.find(service, operation=name, tags={key: value})) == expected
    assert {one.root_name for one in house.ask.summaries(10, service)} == {name, "x" + name}


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_that_is_asked_becomes_part_of_a_statement(house: House, service: str, text: str) -> None:
    span = Sent(service, tags={"color": "red"})
    house.send(span)
    assert house.find(text) == []
    assert house.find(service, operation=text) == []
    assert house.find(service, tags={text: "red"}) == []
    assert house.find(service, tags={"color": text}) == []
    assert house.find(service, tags={"color": text + LARGE}) == []
    assert house.ask.operations(text) == []
    assert house.ask.summaries(10, text) == []
    assert house.find(service, tags={"color": "red"}) == [span.trace]


@pytest.mark.parametrize("far", [-(1 << 70), 1 << 70])
def test_numbers_beyond_every_column_are_no_error(house: House, service: str, far: int) -> None:
    span = Sent(service)
    house.send(span)
    everything = far < 0
    assert bool(house.find(service, start_ns=far)) == everything
    assert bool(house.find(service, end_ns=far)) != everything
    assert bool(house.find(service, min_duration_ns=far)) == everything
    assert bool(house.find(service, max_duration_ns=far)) != everything
    assert bool(house.find(service, limit=far)) != everything
    assert bool(house.ask.summaries(far, service)) != everything
    house.ask.dependencies(far, -far)


def test_a_service_without_a_name_has_jaegers_name(house: House) -> None:
    for name, resource in (("missing-service-name", False), ("empty-service-name", True)):
        span = Sent("", name)
        request = span.request()
        if not resource:
            request.resource_spans[0].ClearField("resource")
        house.intake.submit(request.SerializeToString()).result(30)
        assert span.trace in house.find(name)
