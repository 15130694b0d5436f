"""Nested messages become flat rows, each with what the levels above it say."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import otlp
from tests.decode.requests import SPAN_ID, TRACE_ID, one_span, spans_of

from weft.decode.dialects.columns import TEXT_COLUMNS, TOKEN_COLUMNS
from weft.decode.request import decode

relaxed = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def tables(*requests: ExportTraceServiceRequest) -> dict[str, pa.Table]:
    """The rows of requests; dictionaries and sizes of chunks are nobody's concern here."""
    return decode([request.SerializeToString() for request in requests]).tables({})


def rows(*requests: ExportTraceServiceRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tables(*requests)["spans"].to_pylist()
    return found


def shaped(shape: list[list[int]], first: int = 0) -> ExportTraceServiceRequest:
    """A request: for each resource, for each scope, so many spans; each span's name is its number."""
    request = ExportTraceServiceRequest()
    number = first
    for at, scopes in enumerate(shape):
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = f"service{at}"
        for place, spans in enumerate(scopes):
            scope_spans = resource_spans.scope_spans.add()
            scope_spans.scope.name = f"scope{at}.{place}"
            for _ in range(spans):
                scope_spans.spans.add(
                    trace_id=TRACE_ID, span_id=SPAN_ID, name=str(number), end_time_unix_nano=1
                )
                number += 1
    return request


@pytest.mark.parametrize("shape", [[], [[]], [[], []], [[0]], [[0, 0], [], [0]]], ids=str)
def test_without_spans_there_are_no_rows_but_all_columns(shape: list[list[int]]) -> None:
    found = tables(shaped(shape))
    full = tables(shaped([[1]]))
    for table in ("spans", "events", "links"):
        assert len(found[table]) == 0
        assert found[table].column_names == full[table].column_names
        assert found[table].schema.equals(full[table].schema)


@given(shapes=st.lists(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=3), max_size=4))
def test_every_span_has_its_own_resource_and_scope(shapes: list[list[list[int]]]) -> None:
    requests = [shaped(shape, first=1000 * body) for body, shape in enumerate(shapes)]
    expected = [
        (span.name, f"service{at}", f"scope{at}.{place}")
        for request in requests
        for at, resource in enumerate(request.resource_spans)
        for place, scope in enumerate(resource.scope_spans)
        for span in scope.spans
    ]
    found = [(row["name"], row["service"], json.loads(row["scope"])["name"]) for row in rows(*requests)]
    assert found == expected


def test_resources_and_scopes_without_spans_are_not_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs as much as several spans, and two bytes are enough to send one."""
    request = shaped([[0, 1, 0], [], [0, 0], [2]])
    request.MergeFrom(shaped([[]] * 50))
    used = spans_of(request).in_use()
    assert (len(used.resources), len(used.scopes), len(used)) == (2, 2, 3)
    assert used.bodies_of_spans().tolist() == [0, 0, 0]
    assert [row["service"] for row in rows(request)] == ["service0", "service3", "service3"]


def test_what_left_out_spans_came_in_is_not_described_either() -> None:
    request = shaped([[1], [1]])
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
    decoded = decode([request.SerializeToString()])
    assert len(decoded.spans.in_use().resources) == 1
    assert [row["service"] for row in decoded.tables({})["spans"].to_pylist()] == ["service1"]


def test_equal_resources_are_one_value_of_the_dictionary() -> None:
    """The store refuses a dictionary whose values repeat."""
    spans = tables(*[shaped([[1, 1], [1]])] * 5)["spans"]
    for name, distinct in (("service", 2), ("resource", 2), ("scope", 3)):
        assert len(spans.column(name).combine_chunks().dictionary.unique()) == distinct
        assert len(spans.column(name).combine_chunks().dictionary) == distinct


def test_the_fields_of_a_span_are_its_columns() -> None:
    request, span = one_span(
        parent_span_id=b"parentid",
        trace_state="a=b",
        flags=0x301,
        name="work",
        kind=5,
        start_time_unix_nano=100,
        end_time_unix_nano=350,
        dropped_attributes_count=1,
        dropped_events_count=2,
        dropped_links_count=2**32 - 1,
    )
    span.status.code, span.status.message = 2, "no ink"
    span.attributes.add(key="k").value.int_value = 1
    [row] = rows(request)
    said = {"has_tokens", "cost", *TEXT_COLUMNS, *TOKEN_COLUMNS, "operation"}  # see dialects
    assert {name: row[name] for name in row if name not in {"resource", "scope", *said}} == {
        "trace_id": TRACE_ID,
        "span_id": SPAN_ID,
        "parent_span_id": b"parentid",
        "trace_state": "a=b",
        "flags": 0x301,
        "service": "missing-service-name",
        "name": "work",
        "kind": 5,
        "start_ns": 100,
        "duration_ns": 250,
        "status_code": 2,
        "status_message": "no ink",
        "attributes": [("k", "1")],
        "attribute_types": "i",
        "dropped_attributes": 1,
        "dropped_events": 2,
        "dropped_links": 2**32 - 1,
    }


@given(start=st.integers(0, 2**64 - 1), end=st.integers(1, 2**64 - 1))
def test_any_pair_of_times_comes_back(start: int, end: int) -> None:
    request, _ = one_span(start_time_unix_nano=start, end_time_unix_nano=end)
    [row] = rows(request)
    assert row["start_ns"] == start
    assert (row["start_ns"] + row["duration_ns"]) % 2**64 == end


@pytest.mark.parametrize("parent", [b"", bytes(8)])
def test_a_root_has_a_parent_of_zeros_among_spans_that_have_one(parent: bytes) -> None:
    request, _ = one_span(parent_span_id=parent)
    request.MergeFrom(one_span(parent_span_id=b"parentid")[0])
    assert [row["parent_span_id"] for row in rows(request)] == [bytes(8), b"parentid"]


def test_events_and_links_are_numbered_within_their_span() -> None:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number, count in enumerate([0, 2, 0, 1, 3]):
        span = scope_spans.spans.add(
            trace_id=TRACE_ID,
            span_id=bytes(7) + bytes([number + 1]),
            name=f"span{number}",
            kind=number,
            end_time_unix_nano=1,
        )
        for place in range(count):
            span.events.add(name=f"event{place}", time_unix_nano=place).attributes.add(
                key="of"
            ).value.string_value = span.name
            span.links.add(trace_id=b"any length", span_id=b"", flags=place, trace_state=span.name)
    found = tables(request)
    events, links = found["events"].to_pylist(), found["links"].to_pylist()
    expected = [("span1", 0), ("span1", 1), ("span3", 0), ("span4", 0), ("span4", 1), ("span4", 2)]
    assert [(row["span_name"], row["number"]) for row in events] == expected
    assert [(row["span_name"], row["number"]) for row in links] == expected
    for row in events:
        assert row["name"] == f"event{row['number']}"
        assert row["attributes"] == [("of", row["span_name"])]
        assert row["span_id"][7] - 1 == row["kind"] == int(row["span_name"][4:])
    for row in links:
        assert (row["flags"], row["trace_state"]) == (row["number"], row["span_name"])
        assert (row["linked_trace_id"], row["linked_span_id"]) == (b"any length", b"")


@relaxed
@given(requests=st.lists(otlp.requests, max_size=3))
def test_bodies_that_are_decoded_together_have_the_rows_that_they_have_alone(
    requests: list[ExportTraceServiceRequest],
) -> None:
    """What is committed again after a crash may be cut into other groups: its rows must be the same."""
    together = tables(*requests)
    alone = [tables(request) for request in requests]
    for name, table in together.items():
        assert table.to_pylist() == [row for each in alone for row in each[name].to_pylist()]


@relaxed
@given(request=otlp.requests)
def test_every_list_of_a_span_is_counted(request: ExportTraceServiceRequest) -> None:
    found = tables(request)
    spans = otlp.spans_of(request)
    assert len(found["spans"]) == len(spans)
    assert len(found["events"]) == sum(len(span.events) for span in spans)
    assert len(found["links"]) == sum(len(span.links) for span in spans)
    for row, span in zip(found["spans"].to_pylist(), spans, strict=True):
        assert len(row["attributes"]) == len(row["attribute_types"]) == len(span.attributes)
