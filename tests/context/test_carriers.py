"""Carriers in every shape that headers come in."""

from __future__ import annotations

from email.message import Message
from typing import Any

import httpx
import pytest
import requests.structures
import starlette.datastructures
import werkzeug.datastructures
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from weft.context.carriers import MAX_VALUE_CHARS, CarrierGetter, CarrierSetter, remove

getter = CarrierGetter()
setter = CarrierSetter()

names = st.text(st.characters(codec="ascii", categories=["L", "N", "Pd"]), min_size=1, max_size=12)
values = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=40)


def _message(pairs: dict[str, str]) -> Message:
    message = Message()
    for name, value in pairs.items():
        message[name] = value
    return message


@pytest.mark.parametrize("key", ["traceparent", "Traceparent", "TRACEPARENT", "TraceParent"])
@pytest.mark.parametrize(
    "carrier",
    [
        lambda key: {key: "value"},
        lambda key: {key: b"value"},
        lambda key: {key.encode(): b"value"},
        lambda key: {key: ["value"]},
        lambda key: {key: (b"value",)},
        lambda key: {key: " value\t"},
        lambda key: [(key, "value")],
        lambda key: [(key.encode(), b"value")],
        lambda key: [[key, "value"]],
        lambda key: ((key.encode(), b"value"),),
        lambda key: [("other", 1), None, ("a", "b", "c"), (key, bytearray(b"value"))],
        lambda key: httpx.Headers({key: "value"}),
        lambda key: requests.structures.CaseInsensitiveDict({key: "value"}),
        lambda key: starlette.datastructures.Headers({key: "value"}),
        lambda key: werkzeug.datastructures.Headers({key: "value"}),
        lambda key: CIMultiDictProxy(CIMultiDict({key: "value"})),
        lambda key: _message({key: "value"}),
    ],
)
def test_a_field_is_read_in_any_shape_and_any_case(carrier: Any, key: str) -> None:
    assert getter.get(carrier(key), "traceparent") == ["value"]
    assert "traceparent" in getter.keys(carrier(key))


def test_a_repeated_field_is_read_as_all_its_values_in_order() -> None:
    assert getter.get([(b"tracestate", b"a=1"), (b"x", b"y"), (b"TraceState", b"b=2")], "tracestate") == [
        "a=1",
        "b=2",
    ]


@pytest.mark.parametrize(
    "carrier", [None, 7, "text", b"bytes", [], {}, [1, 2], {"traceparent": 7}, {7: "x"}, object()]
)
def test_what_is_no_header_reads_as_absent(carrier: object) -> None:
    assert getter.get(carrier, "traceparent") is None


def test_a_value_longer_than_any_propagator_accepts_reads_as_absent() -> None:
    assert getter.get({"baggage": "a" * MAX_VALUE_CHARS}, "baggage") is not None
    assert getter.get({"baggage": "a" * (MAX_VALUE_CHARS + 1)}, "baggage") is None


@pytest.mark.parametrize(
    ("carrier", "written"),
    [
        ({}, {"traceparent": "new"}),
        ({"Traceparent": "old", "TRACEPARENT": "older", "a": "b"}, {"a": "b", "traceparent": "new"}),
        ({b"TraceParent": b"old"}, {b"traceparent": b"new"}),
        ([], [("traceparent", "new")]),
        ([("Traceparent", "old"), ("a", "b")], [("a", "b"), ("traceparent", "new")]),
        ([(b"TRACEPARENT", b"old")], [(b"traceparent", b"new")]),
        ([["a", "b"]], [["a", "b"], ["traceparent", "new"]]),
    ],
)
def test_a_field_is_written_in_the_carriers_own_shape_and_replaces_its_like(
    carrier: Any, written: Any
) -> None:
    setter.set(carrier, "traceparent", "new")
    assert carrier == written


@pytest.mark.parametrize(
    "carrier",
    [
        httpx.Headers({"Traceparent": "old"}),
        requests.structures.CaseInsensitiveDict({"Traceparent": "old"}),
        starlette.datastructures.MutableHeaders({"Traceparent": "old"}),
        werkzeug.datastructures.Headers([("Traceparent", "old"), ("traceparent", "older")]),
        CIMultiDict([("Traceparent", "old"), ("traceparent", "older")]),
        _message({"TRACEPARENT": "old"}),
    ],
)
def test_the_header_classes_of_libraries_are_written_without_a_second_field(carrier: Any) -> None:
    setter.set(carrier, "traceparent", "new")
    assert getter.get(carrier, "traceparent") == ["new"]
    assert [name.lower() for name, _ in carrier.items()].count("traceparent") == 1


@settings(deadline=None)
@given(
    others=st.dictionaries(names, values, max_size=4),
    binary=st.booleans(),
    as_list=st.booleans(),
    name=names,
    value=values,
)
def test_what_is_written_is_read_back_and_the_rest_stays(
    others: dict[str, str], binary: bool, as_list: bool, name: str, value: str
) -> None:
    pairs: list[Any] = [(n.encode(), v.encode()) if binary else (n, v) for n, v in others.items()]
    carrier: Any = pairs if as_list else dict(pairs)
    setter.set(carrier, name, value)
    assert getter.get(carrier, name) == [value]
    for other in others:
        if other.lower() != name.lower():
            assert getter.get(carrier, other) is not None
    remove(carrier, name.swapcase())
    assert getter.get(carrier, name) is None
