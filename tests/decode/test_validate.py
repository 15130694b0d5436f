"""Spans without valid ids are left out and counted for their own sender; their neighbours stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.decode.requests import SPAN_ID, TRACE_ID, one_span, spans_of

from weft.decode.request import decode
from weft.decode.validate import validate

GOOD: list[dict[str, Any]] = [
    {},
    {"parent_span_id": b""},
    {"parent_span_id": SPAN_ID},
    {"parent_span_id": bytes(8)},  # all zero means none
    {"trace_id": bytes(15) + b"\1", "span_id": bytes(7) + b"\1"},
]
BAD: list[dict[str, Any]] = [
    {"trace_id": b""},
    {"trace_id": TRACE_ID[:15]},
    {"trace_id": TRACE_ID + b"\0"},
    {"trace_id": TRACE_ID * 1000},
    {"trace_id": bytes(16)},
    {"span_id": b""},
    {"span_id": SPAN_ID[:7]},
    {"span_id": SPAN_ID * 2},
    {"span_id": bytes(8)},
    {"parent_span_id": SPAN_ID[:7]},
    {"parent_span_id": TRACE_ID},
    {"parent_span_id": b"\0"},
    {"trace_id": b"", "span_id": b"", "parent_span_id": b"x"},
]


@pytest.mark.parametrize("fields", GOOD, ids=str)
def test_a_span_with_valid_ids_is_kept(fields: dict[str, Any]) -> None:
    request, _ = one_span(**fields)
    kept, [verdict] = validate(spans_of(request), 1)
    assert (len(kept), verdict.spans, verdict.rejected, verdict.message) == (1, 1, 0, "")


@pytest.mark.parametrize("fields", BAD, ids=lambda fields: str(fields)[:60])
def test_a_span_with_an_invalid_id_is_left_out_once(fields: dict[str, Any]) -> None:
    request, _ = one_span(**fields)
    kept, [verdict] = validate(spans_of(request), 1)
    assert (len(kept), verdict.spans, verdict.rejected) == (0, 1, 1)
    assert verdict.message.startswith("1 span(s) left out: trace_id must be 16 bytes")


def test_a_span_that_ends_before_it_starts_is_kept_and_remarked_on() -> None:
    """One without an end has not ended: that is no reason for a remark."""
    early, _ = one_span(start_time_unix_nano=2, end_time_unix_nano=1)
    never, _ = one_span(start_time_unix_nano=2, end_time_unix_nano=0)
    fine, _ = one_span(start_time_unix_nano=2, end_time_unix_nano=2)
    huge, _ = one_span(start_time_unix_nano=1, end_time_unix_nano=2**64 - 1)
    kept, verdicts = validate(spans_of(early, never, fine, huge), 4)
    assert len(kept) == 4
    assert [verdict.rejected for verdict in verdicts] == [0] * 4
    assert [bool(verdict.message) for verdict in verdicts] == [True, False, False, False]
    assert "1 span(s) end before they start" in verdicts[0].message


def test_both_are_told_together() -> None:
    request, _ = one_span(start_time_unix_nano=2, end_time_unix_nano=1)
    request.MergeFrom(one_span(trace_id=b"x")[0])
    [verdict] = decode([request.SerializeToString()]).verdicts
    assert "left out" in verdict.message
    assert "end before they start" in verdict.message


#: A body: for each resource, for each scope, spans that are good, or bad, or end early.
bodies = st.lists(
    st.lists(st.lists(st.lists(st.sampled_from("gbe"), max_size=3), max_size=3), max_size=3), max_size=6
)


@given(shape=bodies)
def test_each_body_is_judged_by_its_own_spans(shape: list[list[list[list[str]]]]) -> None:
    requests, expected, names = [], [], []
    for body in shape:
        request = ExportTraceServiceRequest()
        for resource in body:
            resource_spans = request.resource_spans.add()
            for scope in resource:
                scope_spans = resource_spans.scope_spans.add()
                for kind in scope:
                    span = scope_spans.spans.add(
                        trace_id=b"" if kind == "b" else TRACE_ID,
                        span_id=SPAN_ID,
                        name=str(len(names)),
                        start_time_unix_nano=2 if kind == "e" else 1,
                        end_time_unix_nano=1,
                    )
                    names.append((span.name, kind))
        requests.append(request.SerializeToString())
        flat = [kind for resource in body for scope in resource for kind in scope]
        expected.append((len(flat), flat.count("b"), "e" in flat))
    decoded = decode(requests)
    assert [(v.spans, v.rejected, "end before" in v.message) for v in decoded.verdicts] == expected
    assert decoded.spans.spans.field("name").to_pylist() == [name for name, kind in names if kind != "b"]
    assert len(decoded) == len(decoded.tables({})["spans"])
