"""Requests of unusual size and shape are decoded like any other."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import otlp
from tests.decode.requests import SPAN_ID, TRACE_ID, one_span

from weft.decode.protobuf import MalformedBody
from weft.decode.request import decode
from weft.model.payloads import content_hash


def test_ten_thousand_attributes_on_a_span() -> None:
    request, span = one_span()
    for number in range(10_000):
        span.attributes.add(key=f"key{number}").value.int_value = number
    decoded = decode([request.SerializeToString()])
    [row] = decoded.tables({})["spans"].to_pylist()
    assert row["attributes"] == [(f"key{number}", str(number)) for number in range(10_000)]
    assert row["attribute_types"] == "i" * 10_000


def test_ten_thousand_events_and_links_on_a_span() -> None:
    request, span = one_span()
    for number in range(10_000):
        span.events.add(time_unix_nano=number)
        span.links.add(trace_id=TRACE_ID, span_id=SPAN_ID, flags=number)
    tables = decode([request.SerializeToString()]).tables({})
    for table in ("events", "links"):
        assert tables[table].column("number").to_pylist() == list(range(10_000))


def test_a_value_of_ten_megabytes() -> None:
    text = os.urandom(5_000_000).hex()
    request, span = one_span()
    span.attributes.add(key="text").value.string_value = text
    span.attributes.add(key="bytes").value.bytes_value = text.encode()
    span.attributes.add(key="array").value.array_value.values.add().string_value = text
    payloads: dict[str, str] = {}
    [row] = decode([request.SerializeToString()]).tables(payloads)["spans"].to_pylist()
    assert row["attribute_types"] == "SXJ"
    assert row["attributes"][0] == ("text", content_hash(text))
    assert payloads[content_hash(text)] == text
    assert payloads[row["attributes"][2][1]] == f'["{text}"]'


def test_a_hundred_thousand_spans_in_one_body() -> None:
    one, span = one_span(name="work")
    span.attributes.add(key="k").value.string_value = "v"
    scope_spans = one.resource_spans[0].scope_spans[0]
    scope_spans.spans.extend([span] * 99_999)
    decoded = decode([one.SerializeToString()])
    assert len(decoded) == decoded.verdicts[0].spans == 100_000
    spans = decoded.tables({})["spans"]
    assert len(spans) == 100_000
    assert len(spans.column("attributes").combine_chunks().items.dictionary) == 1


def test_a_body_whose_every_attribute_is_unique() -> None:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number in range(1, 5001):
        span = scope_spans.spans.add(
            trace_id=TRACE_ID, span_id=number.to_bytes(8, "big"), name=f"{number}", end_time_unix_nano=1
        )
        for place in range(4):
            span.attributes.add(key=f"{number}.{place}").value.string_value = f"v{number}.{place}"
    rows = decode([request.SerializeToString()]).tables({})["spans"].to_pylist()
    assert rows[-1]["attributes"] == [(f"5000.{place}", f"v5000.{place}") for place in range(4)]
    assert len({row["name"] for row in rows}) == 5000


def test_a_resource_and_a_scope_for_each_span() -> None:
    request = ExportTraceServiceRequest()
    for number in range(2000):
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = f"s{number}"
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = f"scope{number}"
        scope_spans.spans.add(trace_id=TRACE_ID, span_id=SPAN_ID, end_time_unix_nano=1)
    rows = decode([request.SerializeToString()]).tables({})["spans"].to_pylist()
    assert [row["service"] for row in rows] == [f"s{number}" for number in range(2000)]


def test_many_bodies_at_once() -> None:
    bodies = [one_span(name=str(number))[0].SerializeToString() for number in range(500)]
    decoded = decode(bodies)
    assert len(decoded.verdicts) == len(decoded) == 500
    assert decoded.tables({})["spans"].column("name").to_pylist() == [str(number) for number in range(500)]


def test_no_bodies_and_empty_bodies() -> None:
    for bodies in ([], [b""], [b"", b""]):
        decoded = decode(bodies)
        assert [verdict.spans for verdict in decoded.verdicts] == [0] * len(bodies)
        assert len(decoded) == 0
        assert all(len(table) == 0 for table in decoded.tables({}).values())


@pytest.mark.parametrize("place", ["name", "trace_state", "key", "text"])
def test_text_that_is_not_utf8_is_malformed(place: str) -> None:
    request, span = one_span(name="MARK" if place == "name" else "n")
    if place == "trace_state":
        span.trace_state = "MARK"
    span.attributes.add(key="MARK" if place == "key" else "k").value.string_value = "MARK"
    body = request.SerializeToString()
    with pytest.raises(MalformedBody, match="UTF-8"):
        decode([body.replace(b"MARK", b"\xff\xfe\xc0\x80")])


def test_nul_is_text_like_any_other() -> None:
    request, span = one_span(name="\0", trace_state="\0")
    span.attributes.add(key="\0").value.string_value = "a\0b"
    [row] = decode([request.SerializeToString()]).tables({})["spans"].to_pylist()
    assert (row["name"], row["trace_state"], row["attributes"]) == ("\0", "\0", [("\0", "a\0b")])


def test_a_parser_that_panics_is_a_malformed_body() -> None:
    with pytest.raises(MalformedBody):
        decode([b"\x0a" + b"\xff" * 9 + b"\x01"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    request=otlp.requests,
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(["set", "flip", "insert", "delete"]), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    ),
)
def test_whatever_is_accepted_can_be_made_into_rows(
    request: ExportTraceServiceRequest, changes: list[tuple[float, str, int]]
) -> None:
    """What is answered is indexed later: a body that only fails then would hold up everything behind it."""
    body = bytearray(request.SerializeToString())
    for where, what, byte in changes:
        at = int(where * len(body))
        match what:
            case "insert":
                body.insert(at, byte)
            case "delete":
                del body[at : at + 1]
            case "set":
                body[at : at + 1] = bytes([byte])
            case "flip" if at < len(body):
                body[at] ^= 1 << byte % 8
    try:
        decoded = decode([bytes(body)])
    except MalformedBody:
        return
    tables = decoded.tables({})
    assert len(tables["spans"]) == len(decoded) == decoded.verdicts[0].spans - decoded.verdicts[0].rejected
