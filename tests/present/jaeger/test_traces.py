"""Traces as Jaeger's JSON."""

import base64
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests import otlp
from tests.present.jaeger import oracle, shape
from tests.present.jaeger.standin import SECOND_NS, START_NS, TRACE_ID, attributes, request, span, table

from weft.present.jaeger.envelope import array, indented
from weft.present.jaeger.traces import traces

GOLDEN = Path(__file__).parent / "fixtures" / "rich_trace.json"
OTHER_TRACE_ID = bytes.fromhex("000000000000000053995c3f42cd8ad8")


def spans_of(*requests: ExportTraceServiceRequest, raw: bool = False) -> list[dict[str, Any]]:
    (trace,) = traces(table(*requests), raw).values()
    return orjson.loads(trace)["spans"]


def tags_of(**fields: Any) -> dict[str, Any]:
    (written,) = spans_of(request(span(1, **fields)))
    return {tag["key"]: tag["value"] for tag in written["tags"]}


def rich_trace() -> list[ExportTraceServiceRequest]:
    """Two services; every kind of value; events, links, an error, a trace state, times that do not fit."""
    planner = request(
        span(
            0xA1,
            name="invoke_workflow plan",
            kind=Span.SPAN_KIND_SERVER,
            duration_ns=2 * SECOND_NS + 345_678,
            trace_state="weft=1,vendor=x",
            flags=0x101,
            status=Status(code=Status.STATUS_CODE_OK),
            tags={
                "text": 'quoted "text" with \n, é and \U0001f600',
                "integer": -7,
                "large": 2**53,
                "small": -(2**53 - 1),
                "yes": True,
                "no": False,
                "double": 0.1,
                "whole": 2.0,
                "not_a_number": float("nan"),
                "infinite": float("-inf"),
                "bytes": b"\x00\xff",
                "array": ["stop", 1, 2.5, True, None],
                "map": {"b": 1, "a": [b"\x01", float("inf")]},
                "nothing": None,
                "ip": 0x01020304,
                "telemetry.distro.name": "weft",
            },
            events=[
                Span.Event(
                    time_unix_nano=START_NS + 2_000, name="b", attributes=attributes({"z": 1, "y": "2"})
                ),
                Span.Event(time_unix_nano=START_NS + 1_999, name="", attributes=attributes({"event": "own"})),
                Span.Event(time_unix_nano=START_NS + 2_000, name="a"),
            ],
        ),
        resource={
            "service.name": "planner",
            "service.instance.id": "p-1",
            "process.pid": 42,
            "host.name": "one",
            "telemetry.sdk.name": "opentelemetry",
        },
        scope="weft",
        version="0.1.0",
    )
    writer = request(
        span(
            0xB1,
            0xA1,
            name="execute_tool search",
            kind=Span.SPAN_KIND_CLIENT,
            start_ns=START_NS + SECOND_NS,
            duration_ns=3 * SECOND_NS,
            status=Status(code=Status.STATUS_CODE_ERROR, message="it is down"),
            tags={"error.type": "ConnectError"},
            links=[
                Span.Link(trace_id=TRACE_ID, span_id=(0xA1).to_bytes(8)),
                Span.Link(trace_id=OTHER_TRACE_ID, span_id=(0xC1).to_bytes(8)),
                Span.Link(
                    trace_id=TRACE_ID,
                    span_id=(0xB2).to_bytes(8),
                    attributes=attributes({"opentracing.ref_type": "child_of"}),
                ),
                Span.Link(trace_id=bytes(16), span_id=(1).to_bytes(8)),
            ],
        ),
        span(0xB2, 0xA1, name="", start_ns=START_NS - 5_000, duration_ns=-1_000),
        span(0xB3, 0xFF, kind=Span.SPAN_KIND_CONSUMER, start_ns=START_NS + 2 * SECOND_NS, duration_ns=0),
        resource={"service.name": "writer", "host.name": "two"},
    )
    return [planner, writer]


def test_a_rich_trace_is_written_as_in_the_golden_file() -> None:
    """The file was checked by hand, field by field, against docs/reference/jaeger-api.md."""
    written = indented(array(traces(table(*rich_trace())).values()))
    assert written.decode() == GOLDEN.read_text().removesuffix("\n")


def test_the_golden_file_has_the_shape_that_clients_demand() -> None:
    data = orjson.loads(GOLDEN.read_bytes())
    shape.check_traces({"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None})


def _with_trace_ids(sent: ExportTraceServiceRequest, choices: list[bytes]) -> ExportTraceServiceRequest:
    """Spans of two traces, with ids of their own, some the parent of others; service names are text."""
    for resource_spans in sent.resource_spans:
        for pair in resource_spans.resource.attributes:
            if pair.key == "service.name":
                pair.value.string_value = pair.value.string_value
    for number, each in enumerate(otlp.spans_of(sent)):
        each.trace_id = choices[number % len(choices)]
        each.span_id = (number + 1).to_bytes(8)
        if each.parent_span_id[-1:] < b"\x80":
            each.parent_span_id = (number // 2).to_bytes(8)
    return sent


requests_of_few_traces = st.builds(
    _with_trace_ids,
    otlp.requests,
    st.lists(st.sampled_from([TRACE_ID, OTHER_TRACE_ID]), min_size=1),
)


@given(requests_of_few_traces)
@settings(deadline=None)
def test_the_columns_say_what_the_spans_say_one_by_one(sent: ExportTraceServiceRequest) -> None:
    written = [orjson.loads(trace) for trace in traces(table(sent), raw=True).values()]
    expected = oracle.spans_by_trace(sent)
    assert {trace["traceID"]: oracle.comparable(trace) for trace in written} == {
        trace_id: oracle.comparable_spans(spans) for trace_id, spans in expected.items()
    }


@given(requests_of_few_traces)
@settings(deadline=None)
def test_any_trace_has_the_shape_that_clients_demand(sent: ExportTraceServiceRequest) -> None:
    for raw in (False, True):
        data = [orjson.loads(trace) for trace in traces(table(sent), raw).values()]
        assert sum(len(trace["spans"]) for trace in data) == len(otlp.spans_of(sent))
        answer = {"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None}
        for trace in data:
            for each in trace["spans"]:  # links may hold ids of any length
                each["references"] = [ref for ref in each["references"] if len(ref["traceID"]) <= 32]
        shape.check_traces(answer)


def _encodings(rows: pa.Table) -> dict[str, pa.Table]:
    """The forms in which a store may deliver the same rows."""
    low = pa.dictionary(pa.int32(), pa.string())
    fields = {"service": low, "name": low, "scope_name": low, "scope_version": low}
    fields |= {"resource_attribute_types": low, "scope_attribute_types": low}
    fields |= {name: pa.map_(low, low) for name in ("attributes", "resource_attributes")}
    schema = pa.schema([(field.name, fields.get(field.name, field.type)) for field in rows.schema])
    columns = [pa.array(column.to_pylist(), schema.field(n).type) for n, column in enumerate(rows.columns)]
    dictionaries = pa.Table.from_arrays(columns, schema=schema)
    middle = rows.num_rows // 2
    return {
        "dictionaries": dictionaries,
        "chunks": pa.concat_tables([rows.slice(0, middle), rows.slice(middle)]),
        "dictionaries in chunks": pa.concat_tables(
            [dictionaries.slice(0, middle), dictionaries.slice(middle)]
        ),
        "a slice": pa.concat_tables([rows, rows]).combine_chunks().slice(rows.num_rows),
        "views of ids": rows.set_column(
            rows.schema.get_field_index("trace_id"), "trace_id", rows.column("trace_id").cast(pa.binary())
        ),
    }


@pytest.mark.parametrize(
    "form", ["dictionaries", "chunks", "dictionaries in chunks", "a slice", "views of ids"]
)
def test_the_form_in_which_columns_arrive_makes_no_difference(form: str) -> None:
    rows = table(*rich_trace())
    for raw in (False, True):
        assert traces(_encodings(rows)[form], raw) == traces(rows, raw)


def test_link_ids_may_be_called_text() -> None:
    """ClickHouse keeps them as strings, and says so over Arrow."""
    rows = table(*rich_trace())
    as_text = rows
    for name in ("link_trace_ids", "link_span_ids"):
        lists = rows.column(name).combine_chunks()
        text = pa.Array.from_buffers(pa.string(), len(lists.values), lists.values.buffers())
        renamed = pa.ListArray.from_arrays(lists.offsets, text)
        as_text = as_text.set_column(as_text.schema.get_field_index(name), name, renamed)
    assert traces(as_text) == traces(rows)


def test_no_spans_are_no_traces() -> None:
    assert traces(table(request(span(1))).slice(0, 0)) == {}


def test_traces_are_kept_apart() -> None:
    written = traces(table(request(span(1), span(2, 1), span(1, trace_id=OTHER_TRACE_ID))))
    assert list(written) == [OTHER_TRACE_ID, TRACE_ID]
    assert [len(orjson.loads(trace)["spans"]) for trace in written.values()] == [1, 2]


def test_a_trace_id_of_64_bits_is_written_in_16_digits_everywhere() -> None:
    link = Span.Link(trace_id=OTHER_TRACE_ID, span_id=(9).to_bytes(8))
    trace = traces(table(request(span(2, 1, trace_id=OTHER_TRACE_ID, links=[link]))))[OTHER_TRACE_ID]
    assert b"0000000000000000" not in trace.replace(b"0000000000000001", b"").replace(
        b"0000000000000002", b""
    )
    assert orjson.loads(trace)["traceID"] == "53995c3f42cd8ad8"


@pytest.mark.parametrize(
    ("kind", "name"),
    [(0, None), (1, "internal"), (2, "server"), (3, "client"), (4, "producer"), (5, "consumer"), (6, None)],
)
def test_the_kind_of_a_span_is_a_tag(kind: int, name: str | None) -> None:
    assert tags_of(kind=kind).get("span.kind") == name


def test_a_status_is_up_to_three_tags() -> None:
    assert "otel.status_code" not in tags_of()
    assert tags_of(status=Status(code=Status.STATUS_CODE_OK)) == {"otel.status_code": "OK"}
    assert tags_of(status=Status(code=Status.STATUS_CODE_ERROR, message="why")) == {
        "otel.status_code": "ERROR",
        "error": True,
        "otel.status_description": "why",
    }


def test_tags_stand_in_jaegers_order() -> None:
    sent = request(
        span(
            1,
            kind=Span.SPAN_KIND_SERVER,
            trace_state="a=b",
            status=Status(code=Status.STATUS_CODE_ERROR, message="why"),
            tags={"zebra": 1, "apple": 2},
        ),
        scope="library",
        version="1",
    )
    expected = ["otel.scope.name", "otel.scope.version", "zebra", "apple", "span.kind", "otel.status_code"]
    expected += ["error", "otel.status_description", "w3c.tracestate"]
    assert [tag["key"] for tag in spans_of(sent, raw=True)[0]["tags"]] == expected
    expected[2:4] = ["apple", "zebra"]
    assert [tag["key"] for tag in spans_of(sent)[0]["tags"]] == expected


@pytest.mark.parametrize(
    ("value", "kind"), [("child_of", "CHILD_OF"), ("other", "FOLLOWS_FROM"), (1, "FOLLOWS_FROM")]
)
def test_a_link_may_say_that_it_is_to_a_parent(value: Any, kind: str) -> None:
    link = Span.Link(
        trace_id=TRACE_ID, span_id=(9).to_bytes(8), attributes=attributes({"opentracing.ref_type": value})
    )
    (written,) = spans_of(request(span(1, links=[link])))
    assert [reference["refType"] for reference in written["references"]] == [kind]


def test_an_attribute_named_event_takes_the_place_of_the_name() -> None:
    events = [
        Span.Event(
            time_unix_nano=START_NS, name="name", attributes=attributes({"event": "attribute", "a": 1})
        ),
        Span.Event(time_unix_nano=START_NS + 1, name="name"),
    ]
    (written,) = spans_of(request(span(1, events=events)))
    assert [[field["value"] for field in log["fields"]] for log in written["logs"]] == [
        [1, "attribute"],
        ["name"],
    ]


def test_only_the_sampled_flag_is_shown() -> None:
    flags = [
        written.get("flags") for written in spans_of(request(span(1, flags=0x301), span(2, 1, flags=0x300)))
    ]
    assert flags == [1, None]


def test_times_are_whole_microseconds() -> None:
    (written,) = spans_of(request(span(1, start_ns=1_999, duration_ns=2_999)))
    assert (written["startTime"], written["duration"]) == (1, 2)


def test_a_span_that_ends_before_it_starts_lasts_no_time_and_says_so() -> None:
    (written,) = spans_of(request(span(1, start_ns=1_700_000_000_000_000_000, duration_ns=-1_500_000_000)))
    assert written["duration"] == 0
    (warning,) = written["warnings"]
    assert warning == (
        "Negative duration detected, sanitizing end timestamp. "
        "Original end timestamp: 2023-11-14 22:13:18.5 +0000 UTC, "
        "adjusted to: 2023-11-14 22:13:20.000000001 +0000 UTC"
    )


@pytest.mark.parametrize(
    ("resource", "service"),
    [
        ({"service.name": "planner"}, "planner"),
        ({"service.name": 7}, "7"),
        ({"service.name": ""}, "empty-service-name"),
        ({"host.name": "one"}, "missing-service-name"),
        ({}, "missing-service-name"),
    ],
)
def test_every_process_has_a_service_name(resource: dict[str, Any], service: str) -> None:
    (trace,) = traces(table(request(span(1), resource=resource))).values()
    (process,) = orjson.loads(trace)["processes"].values()
    assert process["serviceName"] == service
    assert "service.name" not in [tag["key"] for tag in process["tags"]]


def test_a_large_value_is_shown_in_full() -> None:
    assert tags_of(tags={"prompt": "long " * 1_000}) == {"prompt": "long " * 1_000}


def wire(field: int, payload: bytes) -> bytes:
    """A field of bytes in protobuf's wire format."""
    size, prefix = len(payload), bytearray([field << 3 | 2])
    while size > 0x7F:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(prefix) + bytes([size]) + payload


def test_an_array_nested_too_deep_to_parse_is_shown_as_its_bytes() -> None:
    """Protobuf's own objects cannot be nested that deep: the body is put together by hand."""
    value = wire(1, b"bottom")
    for _ in range(120):
        value = wire(5, wire(1, value))
    sent = span(1).SerializeToString() + wire(9, wire(1, b"deep") + wire(2, value))
    (trace,) = traces(table(wire(1, wire(2, wire(2, sent))))).values()
    (tag,) = orjson.loads(trace)["spans"][0]["tags"]
    assert (tag["key"], tag["type"]) == ("deep", "binary")
    assert base64.b64decode(tag["value"]) == value
