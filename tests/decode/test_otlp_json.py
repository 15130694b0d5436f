"""OTLP JSON becomes the protobuf request that it says, and everything else one kind of error."""

import base64
import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import otlp

from weft.decode import otlp_json
from weft.decode.otlp_json import to_protobuf
from weft.decode.protobuf import MalformedBody
from weft.decode.request import decode

TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def in_hex(found: Any, upper: bool = False) -> Any:
    """Protobuf's JSON with the ids of spans and links in hex, and so OTLP's."""
    match found:
        case list():
            return [in_hex(item, upper) for item in found]
        case dict():
            return {
                key: hexed(item, upper) if key in IDS else in_hex(item, upper) for key, item in found.items()
            }
    return found


def hexed(text: str, upper: bool) -> str:
    digits = base64.b64decode(text).hex()
    return digits.upper() if upper else digits


@relaxed
@given(request=otlp.requests, upper=st.booleans(), proto_names=st.booleans(), ascii_only=st.booleans())
def test_a_request_comes_back_from_its_json(
    request: ExportTraceServiceRequest, upper: bool, proto_names: bool, ascii_only: bool
) -> None:
    document = MessageToDict(request, use_integers_for_enums=True, preserving_proto_field_name=proto_names)
    body = json.dumps(in_hex(document, upper), ensure_ascii=ascii_only).encode()
    again = ExportTraceServiceRequest.FromString(to_protobuf(body))
    assert otlp.flat(again) == otlp.flat(request)
    assert len(again.resource_spans) == len(request.resource_spans)


def span(**fields: Any) -> bytes:
    one = {"traceId": TRACE_ID, "spanId": SPAN_ID} | fields
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}).encode()


def read(body: bytes) -> Any:
    return otlp.spans_of(ExportTraceServiceRequest.FromString(to_protobuf(body)))[0]


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"startTimeUnixNano": "1544712660000000000"}, "start_time_unix_nano", 1544712660000000000),
        ({"startTimeUnixNano": 1544712660000000000}, "start_time_unix_nano", 1544712660000000000),
        ({"startTimeUnixNano": "18446744073709551615"}, "start_time_unix_nano", 2**64 - 1),
        ({"startTimeUnixNano": 18446744073709551615}, "start_time_unix_nano", 2**64 - 1),
        ({"kind": 2}, "kind", 2),
        ({"kind": 99}, "kind", 99),
        ({"flags": 257}, "flags", 257),
        ({"parentSpanId": ""}, "parent_span_id", b""),
        ({"parentSpanId": None}, "parent_span_id", b""),
        ({"unknown": [{"traceId": 7}], "name": "n"}, "name", "n"),
        ({"name": "\x00"}, "name", "\x00"),
        ({"name": "é🦜"}, "name", "é🦜"),
    ],
    ids=str,
)
def test_what_the_specification_allows_is_read(fields: dict[str, Any], name: str, expected: object) -> None:
    assert getattr(read(span(**fields)), name) == expected


@pytest.mark.parametrize(
    "bad",
    ["xyz", "5b8eff", TRACE_ID + "00", TRACE_ID[:-1], f"{TRACE_ID[:16]} {TRACE_ID[16:]}", "0x" + TRACE_ID],
)
def test_an_id_that_is_not_one_costs_its_span_only(bad: str) -> None:
    """Spaces in hex digits are no digits, whatever Python says."""
    good = json.loads(span(traceId=bad))
    good["resourceSpans"].append(json.loads(span())["resourceSpans"][0])
    decoded = decode([to_protobuf(json.dumps(good).encode())])
    assert (len(decoded), decoded.verdicts[0].rejected) == (1, 1)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "empty"),
        (b"nonsense", "line 1"),
        (b'{"resourceSpans":[', "line 1"),
        (b"[]", "expected an object"),
        (b'"text"', "expected an object"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\xff"}]}]}]}', "UTF-8"),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\\ud800"}]}]}]}', "surrogate"),
        (b'{"resourceSpans":{}}', "resourceSpans must be a list"),
        (b'{"resourceSpans":[7]}', "resourceSpans must be a list of objects"),
        (span(traceId=7), "traceId must be a hex string"),
        (span(name=7), "resourceSpans.scopeSpans.spans.name: "),
        (span(startTimeUnixNano="soon"), "resourceSpans.scopeSpans.spans.startTimeUnixNano: "),
        (span(startTimeUnixNano=-1), "startTimeUnixNano"),
        (span(flags=2**32), "flags"),
        (span(attributes=[{"key": "k", "value": {"bytesValue": "A"}}]), "attributes.value.bytesValue"),
        (span(attributes=[{"key": "k", "value": {"intValue": 2**63}}]), "intValue"),
        (span(links="x"), "links must be a list of objects"),
        (b"[" * 1_000_000, "depth"),
        (b'{"a":' * 1_000_000, "depth"),
    ],
    ids=lambda given: repr(given)[:60],
)
def test_what_is_not_a_request_is_malformed_and_says_where(body: bytes, cause: str) -> None:
    with pytest.raises(MalformedBody) as raised:
        to_protobuf(body)
    assert cause in str(raised.value)
    assert len(str(raised.value)) <= 300
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("levels", [10, 40, 60, 200, 500, 5000])
def test_values_nested_as_deep_as_protobuf_goes_are_read_and_deeper_ones_malformed(levels: int) -> None:
    open_one, close_one = b'{"arrayValue":{"values":[', b"]}}"
    value = open_one * levels + b'{"intValue":1}' + close_one * levels
    body = span(attributes="HERE").replace(b'"HERE"', b'[{"key":"k","value":' + value + b"}]")
    if levels <= 40:
        assert read(body).attributes[0].value.array_value.values
    else:
        with pytest.raises(MalformedBody, match=r"deep|depth"):
            to_protobuf(body)


def test_a_document_of_too_many_pieces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_json, "CONTAINERS", 1000)
    with pytest.raises(MalformedBody, match="1,000"):
        to_protobuf(b'{"resourceSpans":[' + b"{}," * 1000 + b"{}]}")
    assert to_protobuf(b'{"resourceSpans":[' + b"{}," * 900 + b"{}]}")


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
names = st.sampled_from(
    [
        "resourceSpans", "scopeSpans", "spans", "resource", "scope", "attributes", "key", "value", "name",
        "stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue",
        "values", "traceId", "spanId", "parentSpanId", "kind", "startTimeUnixNano", "status", "code",
        "events", "links", "flags", "entityRefs", "resource_spans", "trace_id", "@type", "",
    ]
)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | numbers
    | st.text(max_size=6)
    | st.sampled_from(
        [
            TRACE_ID,
            SPAN_ID,
            "-1",
            "1e5",
            "NaN",
            "Infinity",
            "AAA=",
            "\N{FULLWIDTH DIGIT ONE}",
            "SPAN_KIND_SERVER",
        ]
    )
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


def judged(body: bytes) -> None:
    """Either a request that goes all the way to columns, or malformed; nothing else."""
    try:
        protobuf = to_protobuf(body)
    except MalformedBody as error:
        assert 0 < len(str(error)) <= 300  # noqa: PT017 - either outcome is right
    else:
        decode([protobuf]).tables({})


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents)
def test_any_json_is_a_request_or_malformed(document: Any) -> None:
    judged(json.dumps(document).encode())


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields=st.dictionaries(names, documents, max_size=4))
@example(fields={"traceId": 0})
@example(fields={"traceId": False, "attributes": [None]})
def test_any_span_in_json_is_a_request_or_malformed(fields: dict[str, Any]) -> None:
    judged(span(**fields))


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_request_or_malformed(body: bytes) -> None:
    judged(body)
