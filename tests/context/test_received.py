"""Which fields of a carrier are found, in every shape that servers and clients have."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import werkzeug.datastructures
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from opentelemetry.instrumentation.asgi import ASGIGetter
from opentelemetry.instrumentation.wsgi import WSGIGetter
from opentelemetry.propagators.textmap import Getter, default_getter

from weft.context.carriers import MAX_VALUE_CHARS, CarrierGetter
from weft.context.received import is_baggage_field, is_trace_field, received, spoken

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "asgi": {"version": "3.0"}, "headers": list(headers)}


def environ(**headers: str) -> dict[str, Any]:
    return {"wsgi.version": (1, 0), **{f"HTTP_{name}": value for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("carrier", "getter"),
    [
        ({"traceparent": PARENT, "tracestate": "a=1"}, default_getter),
        ({"Traceparent": PARENT, "TRACESTATE": "a=1"}, default_getter),
        ({b"TraceParent": PARENT.encode(), b"tracestate": b"a=1"}, default_getter),
        ({"traceparent": [PARENT], "tracestate": ("a=1",)}, default_getter),
        ([("traceparent", PARENT), ("tracestate", "a=1")], CarrierGetter()),
        ([(b"TRACEPARENT", PARENT.encode()), (b"tracestate", b"a=1")], CarrierGetter()),
        (({"traceparent": f"\t {PARENT} \t", "tracestate": " a=1 "}), default_getter),
        (httpx.Headers({"Traceparent": PARENT, "tracestate": "a=1"}), default_getter),
        (CIMultiDict({"Traceparent": PARENT, "tracestate": "a=1"}), default_getter),
        (werkzeug.datastructures.Headers({"Traceparent": PARENT, "tracestate": "a=1"}), default_getter),
        (scope((b"traceparent", PARENT.encode()), (b"tracestate", b"a=1")), ASGIGetter()),
        (scope((b"TraceParent", PARENT.encode()), (b"TRACESTATE", b"a=1")), ASGIGetter()),
        (environ(TRACEPARENT=PARENT, TRACESTATE="a=1"), WSGIGetter()),
    ],
)
def test_2_2_names_are_found_in_any_case_and_shape(carrier: Any, getter: Getter[Any]) -> None:
    assert received(carrier, getter) == {"traceparent": [PARENT], "tracestate": ["a=1"]}


@pytest.mark.parametrize(
    ("carrier", "getter"),
    [
        ({"traceparent": [PARENT, OTHER]}, default_getter),
        ({"traceparent": PARENT, "Traceparent": OTHER}, default_getter),
        ({"traceparent": PARENT, b"traceparent": OTHER.encode()}, default_getter),
        ([("traceparent", PARENT), ("TRACEPARENT", OTHER)], CarrierGetter()),
        (CIMultiDict([("traceparent", PARENT), ("Traceparent", OTHER)]), default_getter),
        (werkzeug.datastructures.Headers([("traceparent", PARENT), ("Traceparent", OTHER)]), default_getter),
        (scope((b"traceparent", PARENT.encode()), (b"Traceparent", OTHER.encode())), ASGIGetter()),
    ],
)
def test_a_field_that_came_twice_has_two_values_in_order(carrier: Any, getter: Getter[Any]) -> None:
    assert received(carrier, getter) == {"traceparent": [PARENT, OTHER]}


@pytest.mark.parametrize(
    ("carrier", "getter"),
    [
        (httpx.Headers([("traceparent", PARENT), ("traceparent", OTHER)]), default_getter),
        (environ(TRACEPARENT=f"{PARENT},{OTHER}"), WSGIGetter()),
    ],
)
def test_where_the_carrier_has_joined_them_they_stay_joined(carrier: Any, getter: Getter[Any]) -> None:
    (value,) = received(carrier, getter)["traceparent"]
    assert value.replace(" ", "") == f"{PARENT},{OTHER}"


@pytest.mark.parametrize("useless", ["", "  ", "x" * (MAX_VALUE_CHARS + 1)])
def test_a_useless_traceparent_beside_a_good_one_makes_two(useless: str) -> None:
    for values in ([useless, PARENT], [PARENT, useless]):
        assert len(received([("traceparent", value) for value in values])["traceparent"]) == 2
        assert len(received({"traceparent": values})["traceparent"]) == 2
        headers = [(b"traceparent", value.encode()) for value in values]
        assert len(received(scope(*headers), ASGIGetter())["traceparent"]) == 2
    assert received({"traceparent": useless}) == {"traceparent": [""]}
    assert received({"tracestate": useless, "baggage": ["a=1", useless]}) == {"baggage": ["a=1"]}


@pytest.mark.parametrize(
    "name", ["trace-parent", "trace.parent", "trace_parent", "traceparent ", "x-traceparent", ""]
)
def test_another_name_is_not_the_field(name: str) -> None:
    assert received({name: PARENT}) == {}
    assert received(scope((name.encode(), PARENT.encode())), ASGIGetter()) == {}


def test_every_format_and_its_baggage_are_looked_for() -> None:
    headers = {
        "b3": "0",
        "Uber-Trace-Id": "1:2:0:1",
        "uberctx-Tenant": "7",
        "OT-BAGGAGE-user": "x",
        "accept": "*/*",
    }
    found = received(headers)
    assert found == {
        "b3": ["0"],
        "uber-trace-id": ["1:2:0:1"],
        "uberctx-tenant": ["7"],
        "ot-baggage-user": ["x"],
    }
    assert received(environ(B3="0", UBERCTX_TENANT="7", ACCEPT="*/*"), WSGIGetter()) == {
        "b3": ["0"],
        "uberctx-tenant": ["7"],
    }
    assert spoken(found) == ("b3", "uber-trace-id", "uberctx-*", "ot-baggage-*")
    assert [name for name in found if is_trace_field(name)] == ["b3", "uber-trace-id"]
    assert [name for name in found if is_baggage_field(name)] == ["uberctx-tenant", "ot-baggage-user"]
    assert (is_trace_field("baggage"), is_baggage_field("baggage")) == (False, True)


class WithoutKeys(Getter[Any]):
    """As Celery's: it answers, and lists nothing."""

    def get(self, carrier: Any, key: str) -> list[str] | None:
        return carrier.get(key)  # type: ignore[no-any-return]

    def keys(self, carrier: Any) -> list[str]:
        return []


class Exact(WithoutKeys):
    """As those of message clients: names are compared as they are."""

    def keys(self, carrier: Any) -> list[str]:
        return list(carrier)


def test_a_getter_of_others_is_asked() -> None:
    assert received({"traceparent": PARENT}, WithoutKeys()) == {"traceparent": [PARENT]}
    assert received({"TraceParent": [PARENT]}, Exact()) == {"traceparent": [PARENT]}
    assert received({"TraceParent": PARENT, "traceparent": OTHER}, Exact()) == {
        "traceparent": [PARENT, OTHER]
    }


anything = st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5)
contents = anything | st.lists(anything, max_size=3) | st.just(PARENT) | st.just(PARENT.encode())
some_names = st.sampled_from(
    ["traceparent", b"Traceparent", "tracestate", "uberctx-a", b"uberctx-\xff", 7, None]
)


@given(
    st.lists(st.tuples(some_names, contents) | anything | st.tuples(some_names), max_size=5)
    | st.dictionaries(some_names, contents, max_size=4)
    | anything,
)
def test_no_carrier_makes_it_raise_and_all_that_is_found_is_text(carrier: Any) -> None:
    for found in (
        received(carrier),
        received({"type": "http", "headers": carrier}, ASGIGetter()) if isinstance(carrier, list) else {},
    ):
        for name, values in found.items():
            assert is_trace_field(name) or is_baggage_field(name)
            assert all(isinstance(value, str) and value == value.strip(" \t") for value in values)
