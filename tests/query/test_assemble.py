"""Rows of three tables become one row a span again."""

import json
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.query.assemble import assemble

MAP = pa.map_(pa.string(), pa.string())
KEY = pa.schema(
    {
        "trace_id": pa.binary(16),
        "start_ns": pa.uint64(),
        "span_id": pa.binary(8),
        "kind": pa.int32(),
        "service": pa.string(),
    }
)
EVENT: dict[str, pa.DataType] = {
    "number": pa.uint32(),
    "time_ns": pa.uint64(),
    "name": pa.string(),
    "attributes": MAP,
    "attribute_types": pa.string(),
    "dropped_attributes": pa.uint32(),
}
LINK: dict[str, pa.DataType] = {
    "number": pa.uint32(),
    "linked_trace_id": pa.binary(),
    "linked_span_id": pa.binary(),
    "trace_state": pa.string(),
    "flags": pa.uint32(),
    "attributes": MAP,
    "attribute_types": pa.string(),
    "dropped_attributes": pa.uint32(),
}


def key(number: int, kind: int = 1, service: str = "agent") -> dict[str, Any]:
    return {
        "trace_id": bytes([number]) * 16,
        "start_ns": 2**64 - 1 - number,
        "span_id": b"\7" * 8,  # the same in every trace: it takes the whole key to tell spans apart
        "kind": kind,
        "service": service,
    }


def resource(**attributes: str) -> str:
    triples = [[name, text, "s"] for name, text in attributes.items()]
    return json.dumps({"attributes": triples, "dropped": 3, "schema_url": "url", "entities": []})


def scope(name: str, version: str = "1") -> str:
    return json.dumps({"name": name, "version": version, "attributes": [], "dropped": 0, "schema_url": ""})


def span(number: int, *, kind: int = 1, service: str = "agent", origin: str = "here") -> dict[str, Any]:
    return key(number, kind, service) | {
        "name": "work",
        "resource": resource(origin=origin),
        "scope": scope(origin),
    }


def event(number: int, place: int, text: str = "x", **of: Any) -> dict[str, Any]:
    return key(number, **of) | {
        "span_name": "work",
        "number": place,
        "time_ns": place,
        "name": text,
        "attributes": [("k", text)],
        "attribute_types": "s",
        "dropped_attributes": place,
    }


def link(number: int, place: int) -> dict[str, Any]:
    return key(number) | {
        "span_name": "work",
        "number": place,
        "linked_trace_id": b"not sixteen",
        "linked_span_id": b"",
        "trace_state": f"state{place}",
        "flags": place,
        "attributes": [],
        "attribute_types": "",
        "dropped_attributes": 0,
    }


def assembled(
    spans: list[dict[str, Any]], events: list[dict[str, Any]], links: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    own = {"name": pa.string(), "resource": pa.string(), "scope": pa.string()}
    child = {"span_name": pa.string()}
    tables = (
        pa.Table.from_pylist(rows, schema=pa.schema([*KEY, *pa.schema(fields)]))
        for rows, fields in ((spans, own), (events, child | EVENT), (links, child | LINK))
    )
    found: list[dict[str, Any]] = assemble(*tables).to_pylist()
    return found


def test_each_span_has_its_own_events_and_links_in_their_order() -> None:
    first, second, third = assembled(
        [span(1), span(2), span(3)],
        [event(1, 0, "a"), event(1, 1, "b"), event(3, 0, "c")],
        [link(3, 0), link(3, 1)],
    )
    assert (first["event_names"], first["event_times_ns"]) == (["a", "b"], [0, 1])
    assert first["event_attributes"] == [[("k", "a")], [("k", "b")]]
    assert first["event_attribute_types"] == ["s", "s"]
    assert first["event_dropped_attributes"] == [0, 1]
    assert first["link_flags"] == []
    assert (second["event_names"], second["link_trace_ids"]) == ([], [])
    assert third["event_names"] == ["c"]
    assert third["link_trace_ids"] == [b"not sixteen"] * 2
    assert third["link_trace_states"] == ["state0", "state1"]


@given(
    events_of=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    links_of=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    seed=st.integers(),
)
def test_the_order_of_the_spans_does_not_matter(events_of: list[int], links_of: list[int], seed: int) -> None:
    spans = [span(number, origin=f"origin{number % 2}") for number in range(len(events_of))]
    events = [event(n, place) for n, count in enumerate(events_of) for place in range(count)]
    links = [link(n, place) for n, count in enumerate(links_of[: len(spans)]) for place in range(count)]
    random.Random(seed).shuffle(spans)
    rows = assembled(spans, events, links)
    assert [row["trace_id"] for row in rows] == [one["trace_id"] for one in spans]
    for row in rows:
        number = row["trace_id"][0]
        assert row["event_times_ns"] == list(range(events_of[number]))
        assert row["link_flags"] == list(range(links_of[number] if number < len(links_of) else 0))
        assert row["resource_attributes"] == [("origin", f"origin{number % 2}")]
        assert row["scope_name"] == f"origin{number % 2}"


@pytest.mark.parametrize("other", [{"kind": 2}, {"service": "other"}])
def test_spans_that_share_their_ids_keep_their_own(other: dict[str, Any]) -> None:
    one, two = assembled([span(1), span(1, **other)], [event(1, 0, "one"), event(1, 0, "two", **other)], [])
    assert (one["event_names"], two["event_names"]) == (["one"], ["two"])


def test_resources_and_scopes_become_columns() -> None:
    entities = json.dumps(
        {
            "attributes": [["service.name", "agent", "s"], ["n", "1", "i"], ["n", "true", "b"]],
            "dropped": 7,
            "schema_url": "schema",
            "entities": [{"type": "host"}],
        }
    )
    [row] = assembled([span(1) | {"resource": entities, "scope": scope("lib", "2")}], [], [])
    assert row["resource_attributes"] == [("service.name", "agent"), ("n", "1"), ("n", "true")]
    assert row["resource_attribute_types"] == "sib"
    assert row["resource_dropped_attributes"] == 7
    assert row["resource_schema_url"] == "schema"
    assert json.loads(row["resource_entities"]) == [{"type": "host"}]
    assert (row["scope_name"], row["scope_version"], row["scope_attribute_types"]) == ("lib", "2", "")
    assert (row["resource"], row["scope"]) == (entities, scope("lib", "2"))


def test_no_rows_make_no_rows() -> None:
    assert assembled([], [], []) == []
