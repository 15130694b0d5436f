"""Dashboards written for the OpenTelemetry Collector's ClickHouse exporter can read our table."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.decode.request import decode
from weft.store.commit import Commit, Committer
from weft.store.store import Store

TRACE_ID, SPAN_ID = bytes(range(16)), bytes(range(1, 9))


class NoJournal:
    """A stand-in: this test commits rows that no journal holds."""

    identity = "0" * 32
    damaged = ()


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "writer"
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "scope", "1"
    span = scope_spans.spans.add(trace_id=TRACE_ID, span_id=SPAN_ID, name="write", kind=5, trace_state="a=b")
    span.start_time_unix_nano, span.end_time_unix_nano = 1_700_000_000_000_000_001, 1_700_000_000_500_000_001
    span.attributes.add(key="tokens").value.int_value = 7
    span.status.code, span.status.message = 2, "no ink"
    for name in ("first", "second"):
        span.events.add(name=name, time_unix_nano=1_700_000_000_000_000_002).attributes.add(
            key="of"
        ).value.string_value = name
    span.links.add(trace_id=b"\xff" * 16, span_id=b"\xfe" * 8, trace_state="c=d")
    scope_spans.spans.add(
        trace_id=TRACE_ID, span_id=b"\x09" * 8, parent_span_id=SPAN_ID, name="child", end_time_unix_nano=1
    )

    store = Store(tmp_path / "store")
    committer = Committer(NoJournal(), store, decode, tmp_path / "refused")  # type: ignore[arg-type]
    commit = Commit(0, 0, 1_700_000_000)
    commit.add(decode([request.SerializeToString()]), 1)
    for _ in range(2):  # sent twice, seen once
        committer._insert(commit)
        commit.stop += 1
    found: list[dict[str, Any]] = store.read("SELECT * FROM otel_traces ORDER BY SpanName DESC").to_pylist()
    store.close()
    return found


def test_a_span_reads_as_the_collector_would_have_written_it(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == 2
    span = rows[0]
    assert span["Timestamp"].value == 1_700_000_000_000_000_001
    assert (span["TraceId"], span["SpanId"], span["ParentSpanId"]) == (TRACE_ID.hex(), SPAN_ID.hex(), "")
    assert (span["SpanName"], span["SpanKind"], span["ServiceName"]) == ("write", "Consumer", "writer")
    assert (span["Duration"], span["StatusCode"], span["StatusMessage"]) == (500_000_000, "Error", "no ink")
    assert (span["ScopeName"], span["ScopeVersion"], span["TraceState"]) == ("scope", "1", "a=b")
    assert span["SpanAttributes"] == [("tokens", "7")]
    assert span["ResourceAttributes"] == [("service.name", "writer")]
    assert span["Events.Name"] == ["first", "second"]
    assert span["Events.Attributes"] == [[("of", "first")], [("of", "second")]]
    assert span["Links.TraceId"] == ["ff" * 16]
    assert span["Links.SpanId"] == ["fe" * 8]
    assert span["Links.TraceState"] == ["c=d"]


def test_a_span_without_events_and_links_has_empty_lists(rows: list[dict[str, Any]]) -> None:
    child = rows[1]
    assert child["ParentSpanId"] == SPAN_ID.hex()
    assert (child["Events.Name"], child["Links.TraceId"]) == ([], [])
