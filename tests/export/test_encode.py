"""Spans become requests."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import SpanContext, Status, StatusCode
from tests.export.conftest import forked
from tests.export.grpc_receiver import grpc_receiver

from weft.export.answer import Verdict
from weft.export.cut import TRUNCATED, cut
from weft.export.encode import MAX_REQUEST_BYTES, Encoder
from weft.export.otlp import destination
from weft.export.split import count, split


def span(name: str = "span", number: int = 1, **fields: Any) -> ReadableSpan:
    return ReadableSpan(name, context=SpanContext(1, number, False), start_time=1, end_time=2, **fields)


def encoded(*spans: ReadableSpan) -> list[bytes]:
    with Encoder() as encoder:
        bodies = [body for body, _ in encoder.encode(spans)]
    assert None not in bodies
    return [body for body in bodies if body is not None]


def read(*bodies: bytes) -> list[Any]:
    """The spans of requests, in order."""
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value for each in span.attributes}


def test_a_batch_is_one_request() -> None:
    (body,) = encoded(*(span(str(number)) for number in range(100)))
    assert [each.name for each in read(body)] == [str(number) for number in range(100)]


def test_a_batch_that_comes_out_too_large_is_several_requests_in_order() -> None:
    bodies = encoded(*(span(str(number), attributes={"text": "x" * 1_000_000}) for number in range(10)))
    assert max(map(len, bodies)) <= MAX_REQUEST_BYTES
    assert [each.name for each in read(*bodies)] == [str(number) for number in range(10)]
    assert {len(attributes(each)["text"].string_value) for each in read(*bodies)} == {1_000_000}


def test_a_span_that_no_server_would_take_is_cut_and_says_so() -> None:
    prompts = {f"prompt.{number}": "日" * 500_000 for number in range(5)}
    (body,) = encoded(span(attributes={"model": "small", **prompts}))
    assert MAX_REQUEST_BYTES - 1000 < len(body) <= MAX_REQUEST_BYTES
    found = attributes(read(body)[0])
    assert found["model"].string_value == "small"
    lengths = [len(found[key].string_value.encode()) for key in prompts]
    assert max(lengths) - min(lengths) < 3
    assert all(set(found[key].string_value) == {"日"} for key in prompts)
    assert found[TRUNCATED].int_value == pytest.approx(7_500_000 - sum(lengths), abs=200)


def test_a_grpc_server_with_the_default_limit_takes_the_largest_span() -> None:
    (body,) = encoded(span(attributes={f"prompt.{number}": "x" * 1_000_000 for number in range(8)}))
    with grpc_receiver() as receiver:
        wire = destination(receiver.endpoint, "grpc").wire()
        assert wire.send(body).verdict is Verdict.TAKEN
        wire.close()
    assert [each.name for each in read(*receiver.bodies)] == ["span"]


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": {"list": ["x" * 100] * 100_000}},
        {"attributes": {"map": {str(number): "x" * 40 for number in range(100_000)}}},
        {"attributes": {"bytes": b"x" * 9_000_000}},
        {"events": [Event("event", {"text": "x" * 30}, 1) for _ in range(100_000)]},
        {"attributes": {str(number): "x" * 40 for number in range(100_000)}},
        {"attributes": {"prompt": "x" * 5_000_000}, "events": [Event("e", {"text": "x" * 5_000_000}, 1)]},
    ],
)
def test_whatever_makes_a_span_too_large_it_is_cut(fields: dict[str, Any]) -> None:
    (body,) = encoded(span(**fields))
    assert len(body) <= MAX_REQUEST_BYTES
    (found,) = read(body)
    assert found.name == "span"
    lost = found.dropped_events_count + found.dropped_attributes_count
    assert attributes(found)[TRUNCATED].int_value > 0 or lost


values = st.recursive(
    st.text(max_size=300) | st.binary(max_size=300) | st.integers(-(1 << 63), (1 << 63) - 1),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
attribute_maps = st.dictionaries(st.text(max_size=20), values, max_size=10)


@settings(deadline=None)
@given(attribute_maps, st.lists(attribute_maps, max_size=5), st.integers(400, 5000))
def test_a_cut_span_fits_and_keeps_its_ids(found: Any, events: Any, max_bytes: int) -> None:
    whole = span(attributes=found, events=[Event("event", each, 1) for each in events])
    (body,) = encoded(whole)
    request = ExportTraceServiceRequest.FromString(body)
    fits = cut(request, max_bytes)
    assert fits == (request.ByteSize() <= max_bytes)
    assert fits
    again = read(request.SerializeToString())
    assert [(each.name, each.span_id, each.start_time_unix_nano) for each in again] == [
        ("span", (1).to_bytes(8, "big"), 1)
    ]


def test_text_that_is_not_unicode_costs_nothing_but_itself(caplog: pytest.LogCaptureFixture) -> None:
    broken = span(
        "name \ud83d",
        attributes={"half": "a \ud83d", "whole": "b", "list": ["\udc00"], "large": 1 << 70},
        events=[Event("event \ud83d", {"half \ud83d": "\ud83d"}, 1)],
        status=Status(StatusCode.ERROR, "because \ud83d"),
        resource=Resource({"service.name": "a", "host.name": "\udcff"}),
    )
    (body,) = encoded(span("before"), broken, span("after"))
    before, found, after = sorted(read(body), key=lambda each: ["before", "name ?", "after"].index(each.name))
    assert (before.name, after.name) == ("before", "after")
    assert attributes(found)["half"].string_value == "a ?"
    assert attributes(found)["whole"].string_value == "b"
    assert attributes(found)["list"].array_value.values[0].string_value == "?"
    assert attributes(found)["large"].string_value == str(1 << 70)
    assert found.events[0].name == "event ?"
    assert found.status.message == "because ?"
    assert caplog.records == []


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # since Python 3.12
def test_a_process_that_was_forked_while_its_parent_encoded_mends_too() -> None:
    def child() -> bool:
        (body,) = encoded(span(attributes={"large": 1 << 70}))
        return attributes(read(body)[0])["large"].string_value == str(1 << 70)

    with Encoder():
        assert forked(child) == 0


def test_a_value_nested_without_end_is_cut_off() -> None:
    value: Any = "bottom"
    for _ in range(5000):
        value = [value]
    (body,) = encoded(span(attributes={"deep": value, "flat": 1}))
    found = attributes(read(body)[0])
    assert found["flat"].int_value == 1
    assert found["deep"].WhichOneof("value") == "array_value"


def test_what_others_log_about_encoding_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    from weft.export.encode import ENCODER_LOGGER

    with Encoder():
        pass
    logging.getLogger(ENCODER_LOGGER).warning("theirs")
    assert [record.getMessage() for record in caplog.records] == ["theirs"]


def test_a_request_is_halved_until_single_spans_are_left() -> None:
    (body,) = encoded(*(span(str(number), resource=Resource({"n": number % 3})) for number in range(7)))
    names = [each.name for each in read(body)]
    waiting, done = [(body, 7)], []
    while waiting:
        part, spans = waiting.pop(0)
        assert count(ExportTraceServiceRequest.FromString(part)) == spans
        if spans == 1:
            done += read(part)
        else:
            waiting = [*split(part), *waiting]
    assert [each.name for each in done] == names


def test_a_single_span_is_made_smaller_until_that_makes_no_sense() -> None:
    (body,) = encoded(span(attributes={"prompt": "x" * 1_000_000}))
    sizes = [len(body)]
    while parts := split(body):
        ((body, spans),) = parts
        assert spans == 1
        sizes.append(len(body))
    assert all(after <= before // 2 for before, after in pairwise(sizes))
    assert sizes[-1] <= 16 << 10
    assert read(body)[0].name == "span"


@given(st.binary(max_size=100))
def test_nothing_that_is_split_raises(data: bytes) -> None:
    split(data)
