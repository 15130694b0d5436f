"""Rows read as traces: the same as the same rows read through Jaeger's JSON."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from tests.present.jaeger.standin import START_NS, TRACE_ID, attributes, request, span, table
from tests.present.jaeger.test_traces import requests_of_few_traces, rich_trace

from weft.decode.dialects.read import read as read_work
from weft.model import values
from weft.model.jaeger import read_trace
from weft.model.pending import OPEN_NS
from weft.model.span import Link, Span
from weft.model.work import NO_WORK, Tokens, Work
from weft.present.jaeger.traces import traces as jaeger_json
from weft.query.attributes import value
from weft.query.traces import spans, traces


def one(**fields: object) -> Span:
    """What is read of one span."""
    [read] = spans(table(request(span(1, **fields), scope="weft", version="2")))
    return read


def comparable(own: Span, through_jaeger: Span) -> tuple[Span, Span]:
    """Both without what Jaeger's JSON cannot say: nanoseconds, and whether a link is a parent."""
    start_ns = own.start_ns // 1_000 * 1_000
    own = replace(
        own,
        start_ns=start_ns,
        end_ns=start_ns + own.duration_ns // 1_000 * 1_000,
        events=tuple(replace(event, time_ns=event.time_ns // 1_000 * 1_000) for event in own.events),
    )
    if own.parent_id != through_jaeger.parent_id is not None:
        assert Link(trace_id=own.trace_id, span_id=through_jaeger.parent_id) in own.links
        own = replace(own, parent_id=None, links=())
        through_jaeger = replace(through_jaeger, parent_id=None, links=())
    return own, through_jaeger


def check_both_ways(*requests: ExportTraceServiceRequest) -> None:
    rows = table(*requests)
    expected = [read_trace(orjson.loads(each), read_work) for each in jaeger_json(rows, raw=True).values()]
    found = traces(rows)
    assert [trace.trace_id for trace in found] == [trace.trace_id for trace in expected]
    for trace, other in zip(found, expected, strict=True):
        for pair in zip(trace.spans, other.spans, strict=True):
            own, through_jaeger = comparable(*pair)
            assert own == through_jaeger


def test_a_rich_trace_is_the_same_both_ways() -> None:
    still_open = Sent(trace_id=TRACE_ID, span_id=b"open\0\0\0\0", start_time_unix_nano=START_NS, name="open")
    lost = Sent(
        trace_id=TRACE_ID,
        span_id=b"lost\0\0\0\0",
        start_time_unix_nano=START_NS,
        name="lost",
        attributes=attributes({OPEN_NS: 5_000_000}),
    )
    check_both_ways(*rich_trace(), request(still_open, lost))


@given(requests_of_few_traces)
@settings(deadline=None, max_examples=25)
def test_any_trace_is_the_same_both_ways(sent: ExportTraceServiceRequest) -> None:
    check_both_ways(sent)


def test_no_rows_make_no_traces() -> None:
    assert traces(table(request(span(1))).slice(0, 0)) == []


def test_nanoseconds_are_kept() -> None:
    read = one(start_ns=START_NS, duration_ns=7, events=[Sent.Event(name="e", time_unix_nano=START_NS + 1)])

    assert (read.start_ns, read.end_ns, read.events[0].time_ns) == (START_NS, START_NS + 7, START_NS + 1)


def test_the_scope_and_the_trace_state_are_attributes() -> None:
    assert one(tags={"a": 1}, trace_state="k=v").attributes == {
        "otel.scope.name": "weft",
        "otel.scope.version": "2",
        "a": 1,
        "w3c.tracestate": "k=v",
    }


def test_attributes_fill_only_fields_that_say_nothing() -> None:
    tags = {"span.kind": "server", "otel.status_code": "ERROR", "otel.status_description": "told"}
    read = one(tags=tags)
    assert (read.kind, read.status, read.status_message) == ("server", "error", "told")
    assert read.attributes.keys().isdisjoint(tags)

    read = one(
        tags=tags, kind=Sent.SPAN_KIND_CLIENT, status=Status(code=Status.STATUS_CODE_OK, message="own")
    )
    assert (read.kind, read.status, read.status_message) == ("client", "ok", "own")


AI = {"gen_ai.operation.name": "chat", "gen_ai.agent.name": "planner", "gen_ai.request.model": "m"}
USAGE = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 1, "gen_ai.usage.cost": 0.5}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}


@pytest.mark.parametrize(
    ("tags", "work"),
    [
        ({}, NO_WORK),
        (AI, Work(operation="chat", agent="planner", model="m")),
        (AI | USAGE, Work(operation="chat", agent="planner", model="m", tokens=Tokens(7, 1), cost=0.5)),
        (AI | {"gen_ai.agent.id": "1"}, Work(operation="chat", agent="planner", model="m", agent_id="1")),
        (TOOL, Work(operation="execute_tool", tool="search")),
        (
            TOOL | {"gen_ai.tool.call.arguments": "{}"},
            Work(operation="execute_tool", tool="search", arguments="{}"),
        ),
    ],
)
def test_the_work_of_a_span_is_read_both_ways(tags: dict[str, object], work: Work) -> None:
    sent = request(span(1, tags=tags), span(2))
    found = {each.span_id: each.work for each in spans(table(sent))}

    assert found == {f"{1:016x}": work, f"{2:016x}": NO_WORK}
    check_both_ways(sent)


def test_numbers_that_no_kind_or_status_has_say_nothing() -> None:
    read = one(kind=77, status=Status(code=-3))  # type: ignore[arg-type]

    assert (read.kind, read.status) == ("unspecified", "unset")


def test_spans_of_one_process_share_its_resource() -> None:
    rows = table(request(span(1), span(2), resource={"service.name": "a", "host.name": "h"}))
    one, two = spans(rows)

    assert one.resource == {"host.name": "h"}
    assert one.resource is two.resource


def test_a_link_is_not_a_parent() -> None:
    linked = Sent.Link(trace_id=TRACE_ID, span_id=(2).to_bytes(8))
    read = one(links=[linked])

    assert read.parent_id is None
    assert read.links == (Link(trace_id=TRACE_ID.hex(), span_id="2".zfill(16)),)


@pytest.mark.parametrize("length", [0, 9])
def test_a_link_to_nothing_is_left_out(length: int) -> None:
    assert one(links=[Sent.Link(trace_id=b"other" * 3 + b"!", span_id=bytes(length))]).links == ()


@pytest.mark.parametrize("code", [values.OTLP, values.BYTES, values.RAW, values.JSON])
def test_the_hash_of_a_content_that_is_gone_stays(code: int) -> None:
    gone = "d" * 31
    assert value(gone, code) == gone
