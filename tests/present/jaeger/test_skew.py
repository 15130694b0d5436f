"""Warnings about clocks. No span is ever moved."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from tests.present.jaeger.standin import START_NS, any_value, request, span, table

from weft.present.jaeger.skew import host_key
from weft.present.jaeger.spans import Resource, Spans
from weft.present.jaeger.traces import traces

MS = 1_000_000


def warnings_of(*requests: Any) -> list[list[str] | None]:
    (trace,) = traces(table(*requests)).values()
    return [each["warnings"] for each in orjson.loads(trace)["spans"]]


def skewed(delta: str) -> list[str]:
    return [f"clock skew adjustment disabled; not applying calculated delta of {delta}"]


def parent_and_child(start_ms: int, duration_ms: int, **hosts: Mapping[str, Any]) -> list[Any]:
    """A parent of 100 ms, and a child that starts so long after it, which is shown second."""
    start_ns = START_NS + start_ms * MS
    return [
        request(span(1, duration_ns=100 * MS), resource={"service.name": "a", **hosts.get("parent", {})}),
        request(
            span(2, 1, start_ns=start_ns, duration_ns=duration_ms * MS),
            resource={"service.name": "b", **hosts.get("child", {})},
        ),
    ]


@pytest.mark.parametrize(("start_ms", "duration_ms"), [(0, 100), (0, 1), (50, 50), (99, 1)])
def test_a_child_within_its_parent_is_fine(start_ms: int, duration_ms: int) -> None:
    assert warnings_of(*parent_and_child(start_ms, duration_ms)) == [None, None]


@pytest.mark.parametrize(
    ("start_ms", "duration_ms", "delta"),
    [(200, 50, "-175ms"), (51, 50, "-26ms"), (150, 1, "-100.5ms"), (1000, 100, "-1s")],
)
def test_a_child_after_its_parent_would_be_moved_into_its_middle(
    start_ms: int, duration_ms: int, delta: str
) -> None:
    assert warnings_of(*parent_and_child(start_ms, duration_ms)) == [None, skewed(delta)]


def test_a_child_before_its_parent_would_be_moved_into_its_middle() -> None:
    assert warnings_of(*parent_and_child(-60, 50)) == [skewed("85ms"), None]


def test_a_longer_child_that_starts_first_would_be_moved_to_the_start_of_its_parent() -> None:
    assert warnings_of(*parent_and_child(-20, 300)) == [skewed("20ms"), None]


def test_a_longer_child_that_starts_later_may_be_asynchronous() -> None:
    assert warnings_of(*parent_and_child(20, 300)) == [None, None]


@pytest.mark.parametrize("key", ["host.id", "host.name", "host.ip"])
def test_spans_of_one_host_have_one_clock(key: str) -> None:
    hosts = {"parent": {key: "one"}, "child": {key: "one"}}
    assert warnings_of(*parent_and_child(200, 50, **hosts)) == [None, None]


def test_spans_of_two_hosts_have_two_clocks() -> None:
    hosts = {"parent": {"host.id": "one"}, "child": {"host.id": "two"}}
    assert warnings_of(*parent_and_child(200, 50, **hosts)) == [None, skewed("-175ms")]


def test_what_is_off_on_a_host_is_off_for_what_it_calls_itself() -> None:
    here, there = {"host.id": "here"}, {"host.id": "there"}
    sent = [
        request(span(1, duration_ns=100 * MS), resource=here),
        request(
            span(2, 1, start_ns=START_NS + 200 * MS, duration_ns=50 * MS),
            span(3, 2, start_ns=START_NS + 201 * MS, duration_ns=MS),
            resource=there,
        ),
        request(span(4, 3, start_ns=START_NS + 201 * MS, duration_ns=MS), resource=here),
    ]
    assert warnings_of(*sent) == [None, skewed("-175ms"), skewed("-175ms"), None]


def test_a_span_whose_parent_is_missing_says_so() -> None:
    assert warnings_of(request(span(2, 0xABCDEF))) == [
        ["parent span ID=0000000000abcdef is not in the trace; skipping clock skew adjustment"]
    ]


def test_the_second_span_of_an_id_says_so() -> None:
    sent = request(span(1, name="a"), span(1, name="b", start_ns=START_NS + 1))
    assert warnings_of(sent) == [None, ["duplicate span IDs; skipping clock skew adjustment"]]


def test_spans_in_a_circle_are_no_endless_loop() -> None:
    assert warnings_of(request(span(1, 2), span(2, 1), span(3, 3))) == [None, None, None]


def test_a_trace_deeper_than_the_stack_is_walked() -> None:
    deep = [span(n + 1, n, start_ns=START_NS + n) for n in range(5_000)]
    assert len(warnings_of(request(*deep))) == 5_000


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ({}, ""),
        ({"host.id": "i", "host.ip": "1.1.1.1", "host.name": "n"}, "i"),
        ({"host.id": 5, "host.name": "n"}, ""),
        ({"host.ip": "1.1.1.1", "host.name": "n"}, "1.1.1.1"),
        ({"host.ip": ["1.1.1.1", "::1"], "host.name": "n"}, "1.1.1.1"),
        ({"host.ip": [], "host.name": "n"}, "n"),
        ({"host.ip": {"a": "b"}, "host.name": "n"}, "n"),
        ({"host.ip": 5, "host.name": "n"}, "n"),
        ({"host.name": True}, ""),
    ],
)
def test_a_host_is_known_by_its_id_its_address_or_its_name(attributes: dict[str, Any], key: str) -> None:
    resource = {name: any_value(value) for name, value in attributes.items()}
    (only,) = Spans.of(table(request(span(1), resource=resource))).resources
    assert isinstance(only, Resource)
    assert host_key(only) == key
