"""Spans that have not ended, in Jaeger's JSON."""

from typing import Any

import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.present.jaeger.standin import SECOND_NS, START_NS, request, span, table

from weft.model.jaeger import read_trace
from weft.model.pending import OPEN_NS
from weft.present.jaeger.traces import traces


def open_span(number: int, name: str, open_ns: int = 7 * SECOND_NS, parent: int = 0) -> Span:
    """A span as an agent announces it."""
    return span(number, parent, name=name, tags={OPEN_NS: open_ns}, duration_ns=-START_NS)


def written(*spans: Span, raw: bool = False) -> list[dict[str, Any]]:
    (trace,) = traces(table(request(*spans)), raw).values()
    found: list[dict[str, Any]] = orjson.loads(trace)["spans"]
    return found


def pending_tags(one: dict[str, Any]) -> dict[str, Any]:
    return {tag["key"]: tag["value"] for tag in one["tags"] if tag["key"].startswith("weft.pending")}


@pytest.mark.parametrize("raw", [False, True])
def test_an_open_span_has_tags_and_a_warning_and_lasts_until_it_was_announced(raw: bool) -> None:
    [one] = written(open_span(1, "running"), raw=raw)
    assert one["duration"] == 7_000_000
    assert pending_tags(one) == {"weft.pending": True, "weft.pending.silent_s": 3, OPEN_NS: 7 * SECOND_NS}
    assert one["warnings"] == ["still running, last heard of 3 s ago"]


def test_a_lost_span_says_so() -> None:
    [one] = written(open_span(1, "lost"))
    assert pending_tags(one)["weft.pending.lost"] is True
    assert one["warnings"] == ["process lost, last heard of 5 min ago"]


def test_spans_that_have_ended_beside_one_that_has_not_say_nothing_of_it() -> None:
    before, one, after = written(span(1), open_span(2, "running", parent=1), span(3, 1))
    assert pending_tags(before) == pending_tags(after) == {}
    assert before["warnings"] is after["warnings"] is None
    assert one["references"][0]["spanID"] == before["spanID"]


def test_what_is_written_of_them_is_read_back() -> None:
    spans = (span(1), open_span(2, "running", parent=1), open_span(3, "lost", parent=1))
    (trace,) = traces(table(request(*spans)), raw=True).values()
    read = read_trace(orjson.loads(trace))
    assert [(each.state, each.silent_s) for each in read.spans] == [("ended", 0), ("open", 3), ("lost", 300)]
    assert [each.duration_ns // SECOND_NS for each in read.spans] == [1, 7, 7]
    assert not any("weft.pending" in each.attributes for each in read.spans)
    summary = read.summary()
    assert (summary.open, summary.lost) == (1, 1)
