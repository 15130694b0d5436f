"""What is changed in a trace to show it, and that `raw` leaves it alone."""

from typing import Any

import orjson
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.present.jaeger.standin import START_NS, TRACE_ID, attributes, request, span, table

from weft.present.jaeger.traces import traces

CLIENT, SERVER = Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER


def shown(*requests: Any, raw: bool = False) -> dict[str, Any]:
    (trace,) = traces(table(*requests), raw).values()
    return orjson.loads(trace)


def family(trace: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """The id and the parent's id of each span by its name."""
    return {
        each["operationName"]: (
            int(each["spanID"], 16),
            int(each["references"][0]["spanID"], 16) if each["references"] else 0,
        )
        for each in trace["spans"]
    }


def tags(each: dict[str, Any]) -> dict[str, Any]:
    return {tag["key"]: tag["value"] for tag in each["tags"]}


SHARED_ID = [
    request(span(7, 5, name="call", kind=CLIENT), span(1, name="used")),
    request(span(7, 5, name="serve", kind=SERVER), span(8, 7, name="below")),
]


def test_a_server_span_with_the_id_of_its_client_gets_one_of_its_own() -> None:
    assert family(shown(*SHARED_ID)) == {"call": (7, 5), "used": (1, 0), "serve": (2, 7), "below": (8, 2)}


def test_raw_traces_keep_shared_ids() -> None:
    assert family(shown(*SHARED_ID, raw=True)) == {
        "call": (7, 5),
        "used": (1, 0),
        "serve": (7, 5),
        "below": (8, 7),
    }


@pytest.mark.parametrize("kind", [SERVER, Span.SPAN_KIND_INTERNAL])
def test_ids_that_no_client_shares_are_kept(kind: Any) -> None:
    trace = shown(request(span(7, name="a", kind=kind)), request(span(7, name="b", kind=kind)))
    assert family(trace) == {"a": (7, 0), "b": (7, 0)}


def test_ids_are_shared_within_one_trace_only() -> None:
    other = bytes(15) + b"\x05"
    written = traces(table(request(span(7, kind=CLIENT), span(7, trace_id=other, kind=SERVER))))
    assert orjson.loads(written[other])["spans"][0]["spanID"] == "0000000000000007"


def test_ids_that_fill_all_64_bits_are_kept() -> None:
    assert family(shown(request(span(2**64 - 1, 2**63, name="a")))) == {"a": (2**64 - 1, 2**63)}


def test_numbers_that_are_ip_addresses_are_written_with_dots() -> None:
    sent = request(
        span(1, tags={"ip": 0x01020304, "peer.ipv4": float(0x05060708), "port": 80}),
        span(2, 1, tags={"ip": "localhost", "peer.ipv4": True}),
        resource={"service.name": "planner", "ip": 0x7F000001},
    )
    trace = shown(sent)
    assert [tags(each) for each in trace["spans"]] == [
        {"ip": "1.2.3.4", "peer.ipv4": "5.6.7.8", "port": 80},
        {"ip": "localhost", "peer.ipv4": True},
    ]
    assert tags(trace["processes"]["p1"]) == {"ip": "127.0.0.1"}
    assert tags(shown(sent, raw=True)["spans"][0])["ip"] == 0x01020304
    assert tags(shown(sent, raw=True)["processes"]["p1"]) == {"ip": 0x7F000001}


def test_numbers_in_events_are_no_ip_addresses() -> None:
    event = Span.Event(time_unix_nano=START_NS, attributes=attributes({"ip": 0x01020304}))
    assert shown(request(span(1, events=[event])))["spans"][0]["logs"][0]["fields"][0]["value"] == 0x01020304


LIBRARY = request(
    span(1, tags={"telemetry.sdk.name": "opentelemetry", "telemetry.distro.name": "weft", "own": 1}),
    span(2, 1, tags={"telemetry.sdk.language": "go", "telemetry.distro.version": 2}),
    resource={"service.name": "planner", "telemetry.sdk.language": "python", "telemetry.distro.version": 2},
)


def test_what_spans_say_of_the_library_is_moved_to_the_process() -> None:
    trace = shown(LIBRARY)
    assert [tag["key"] for tag in trace["spans"][0]["tags"]] == ["own"]
    assert trace["spans"][0]["warnings"] is None
    assert tags(trace["processes"]["p1"]) == {
        "telemetry.distro.version": 2,
        "telemetry.sdk.language": "python",
        "telemetry.distro.name": "weft",
        "telemetry.sdk.name": "opentelemetry",
    }


def test_what_the_process_says_otherwise_stays_with_the_span() -> None:
    contrary = shown(LIBRARY)["spans"][1]
    assert tags(contrary) == {"telemetry.sdk.language": "go", "telemetry.distro.version": 2}
    assert contrary["warnings"] == [
        "conflicting values between Span and Resource for attribute telemetry.distro.version",
        "conflicting values between Span and Resource for attribute telemetry.sdk.language",
    ]


def test_raw_traces_keep_what_spans_say_of_the_library() -> None:
    trace = shown(LIBRARY, raw=True)
    assert "telemetry.sdk.name" in tags(trace["spans"][0])
    assert [each["warnings"] for each in trace["spans"]] == [None, None]


def test_the_library_of_one_trace_is_not_that_of_another() -> None:
    other = bytes(15) + b"\x05"
    written = traces(table(request(span(1, tags={"telemetry.sdk.name": "x"}), span(1, trace_id=other))))
    assert orjson.loads(written[other])["processes"]["p1"]["tags"] == []
    assert orjson.loads(written[TRACE_ID])["processes"]["p1"]["tags"] != []


def test_equal_resources_are_one_process_whatever_the_order_of_their_attributes() -> None:
    sent = [
        request(span(1), resource={"service.name": "planner", "a": "1", "b": 2}),
        request(span(2, 1), resource={"b": 2, "a": "1", "service.name": "planner"}),
        request(span(3, 1), resource={"service.name": "planner", "a": 1, "b": 2}),
    ]
    assert [each["processID"] for each in shown(*sent)["spans"]] == ["p1", "p1", "p2"]


def test_processes_are_numbered_in_the_order_of_their_spans() -> None:
    trace = shown(
        request(span(1, start_ns=START_NS + 2), resource={"service.name": "late"}),
        request(span(2, start_ns=START_NS + 1), resource={"service.name": "early"}),
    )
    assert {key: each["serviceName"] for key, each in trace["processes"].items()} == {
        "p1": "early",
        "p2": "late",
    }
    assert [each["processID"] for each in trace["spans"]] == ["p1", "p2"]


EVENTS = [
    Span.Event(time_unix_nano=START_NS + 3_000, name="a", attributes=attributes({"z": 1, "b": 2})),
    Span.Event(time_unix_nano=START_NS + 1_000, name="b"),
    Span.Event(time_unix_nano=START_NS + 2_000, name="c"),
]


def test_events_and_their_attributes_are_in_order() -> None:
    each = shown(request(span(1, events=EVENTS), span(2, 1, events=EVENTS[:1])))["spans"][0]
    assert [log["fields"][0]["value"] for log in each["logs"]] == ["b", "c", "a"]
    assert [field["key"] for field in each["logs"][2]["fields"]] == ["event", "b", "z"]


def test_raw_events_are_in_the_order_in_which_they_came() -> None:
    each = shown(request(span(1, events=EVENTS)), raw=True)["spans"][0]
    assert [log["fields"][0]["value"] for log in each["logs"]] == ["a", "b", "c"]
    assert [field["key"] for field in each["logs"][0]["fields"]] == ["event", "z", "b"]


def test_links_to_no_trace_are_left_out_and_counted_in_warnings() -> None:
    links = [Span.Link(trace_id=trace_id, span_id=b"12345678") for trace_id in (b"", TRACE_ID, bytes(16))]
    sent = request(span(1, links=links))
    (each,) = shown(sent)["spans"]
    assert [reference["traceID"] for reference in each["references"]] == [TRACE_ID.hex()]
    assert each["warnings"] == ["Invalid span link removed"] * 2
    (each,) = shown(sent, raw=True)["spans"]
    assert [reference["traceID"] for reference in each["references"]] == ["0" * 16, TRACE_ID.hex(), "0" * 16]
    assert each["warnings"] is None
