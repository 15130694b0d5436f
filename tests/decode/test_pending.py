"""Spans without an end are rows of a table of their own, with all that was said of them so far."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests import otlp
from tests.decode.requests import attribute_lists, one_span

from weft.decode.pending import open_ns
from weft.decode.request import decode
from weft.model.pending import OPEN_NS


def tables(*requests: ExportTraceServiceRequest) -> dict[str, pa.Table]:
    return decode([request.SerializeToString() for request in requests]).tables({})


def open_span(**fields: object) -> tuple[ExportTraceServiceRequest, Any]:
    return one_span(**{"end_time_unix_nano": 0, **fields})


def said(*values: AnyValue) -> list[KeyValue]:
    return [KeyValue(key=OPEN_NS, value=value) for value in values]


def test_only_spans_that_have_ended_are_in_the_span_table() -> None:
    open_one, span = open_span(name="open", start_time_unix_nano=7)
    span.events.add(name="step")
    found = tables(one_span(name="ended")[0], open_one, one_span(name="ended too")[0])
    assert found["spans"].column("name").to_pylist() == ["ended", "ended too"]
    assert found["pending"].column("name").to_pylist() == ["open"]
    assert len(found["events"]) == 0


def test_where_all_spans_have_ended_there_is_no_such_table() -> None:
    assert set(tables(one_span()[0])) == {"events", "links", "spans"}


def test_a_span_without_an_end_is_no_reason_for_a_remark() -> None:
    request, _ = open_span(start_time_unix_nano=7)
    [verdict] = decode([request.SerializeToString()]).verdicts
    assert (verdict.spans, verdict.rejected, verdict.message) == (1, 0, "")


def test_a_row_has_the_events_and_links_of_its_span() -> None:
    requests = []
    for events, links in ((0, 2), (0, 0), (3, 1)):
        request, span = open_span(name=f"{events} {links}")
        for place in range(events):
            event = span.events.add(name=f"e{place}", time_unix_nano=place, dropped_attributes_count=place)
            event.attributes.add(key="n").value.int_value = place
        for place in range(links):
            span.links.add(trace_id=b"\xff" * 16, span_id=b"any", trace_state=f"s{place}", flags=place)
        requests.append(request)
    first, second, third = tables(*requests)["pending"].to_pylist()
    assert first["link_linked_trace_id"] == [b"\xff" * 16] * 2
    assert first["link_trace_state"] == ["s0", "s1"]
    assert (first["event_name"], second["event_name"], second["link_flags"]) == ([], [], [])
    assert (third["event_name"], third["event_time_ns"]) == (["e0", "e1", "e2"], [0, 1, 2])
    assert third["event_attributes"] == [[("n", "0")], [("n", "1")], [("n", "2")]]
    assert third["event_attribute_types"] == ["i"] * 3
    assert (third["event_dropped_attributes"], third["link_linked_span_id"]) == ([0, 1, 2], [b"any"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0),
        ([AnyValue(int_value=5_000_000_000)], 5_000_000_000),
        ([AnyValue(int_value=2**63 - 1)], 2**63 - 1),
        ([AnyValue(int_value=-1)], 0),
        ([AnyValue(string_value="5")], 0),
        ([AnyValue(double_value=5.0)], 0),
        ([AnyValue()], 0),
        ([AnyValue(int_value=1), AnyValue(int_value=2)], 2),
    ],
    ids=str,
)
def test_how_long_a_span_has_been_open_is_its_own_word(values: list[AnyValue], expected: int) -> None:
    other = KeyValue(key="other", value=AnyValue(int_value=9))
    lists = attribute_lists([other], [other, *said(*values)], [])
    assert open_ns(lists).to_pylist() == [0, expected, 0]


def test_a_key_without_a_value_says_nothing() -> None:
    assert open_ns(attribute_lists([KeyValue(key=OPEN_NS)])).to_pylist() == [0]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=otlp.requests, data=st.data())
def test_every_span_is_in_one_of_the_two_tables(
    request: ExportTraceServiceRequest, data: st.DataObject
) -> None:
    """Also beside spans that are left out, and alike whether bodies are decoded together or alone."""
    for span in otlp.spans_of(request):
        span.end_time_unix_nano *= data.draw(st.booleans())
    names = {True: [], False: []}
    for span in otlp.spans_of(request):
        names[bool(span.end_time_unix_nano)].append(span.name)
    found = tables(request, request)
    assert found["spans"].column("name").to_pylist() == names[True] * 2
    rows = found["pending"].to_pylist() if "pending" in found else []
    assert [row["name"] for row in rows] == names[False] * 2
    alone = tables(request)
    assert rows == (alone["pending"].to_pylist() * 2 if "pending" in alone else [])
