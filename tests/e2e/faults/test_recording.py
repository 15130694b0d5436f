"""The recording keeps what programs sent, and nothing of what they know."""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.e2e.faults.recording import traces

TRACE = bytes(range(16))


def body(service: str, *spans: Span) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    resource.scope_spans.add().spans.extend(spans)
    return request.SerializeToString()


def span(number: int, end_ns: int = 9, **attributes: str) -> Span:
    made = Span(
        trace_id=TRACE, span_id=bytes([number]) * 8, start_time_unix_nano=1, end_time_unix_nano=end_ns
    )
    for key, value in attributes.items():
        made.attributes.add(key=key.replace("_", ".")).value.string_value = value
    return made


def sent(lines: list[str]) -> list[dict[str, Any]]:
    return [
        span
        for line in lines
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def test_marks_are_not_in_the_trace() -> None:
    trace = traces([body("lead", span(1, test_role="origin", gen_ai="kept"))], {})[TRACE.hex()]
    assert trace.spans["01" * 8].attributes == {"test.role": "origin", "gen.ai": "kept"}
    assert [each["key"] for each in sent(trace.lines)[0]["attributes"]] == ["gen.ai"]
    assert sent(trace.lines)[0]["spanId"] == "01" * 8


def test_stacks_are_not_in_the_trace() -> None:
    failed = span(1)
    event = failed.events.add(name="exception")
    event.attributes.add(key="exception.stacktrace").value.string_value = 'File "/home/somebody/agent.py"'
    event.attributes.add(key="exception.type").value.string_value = "ValueError"
    (line,) = traces([body("lead", failed)], {})[TRACE.hex()].lines
    assert "somebody" not in line
    assert "ValueError" in line


def test_an_announcement_is_kept_where_nothing_came_after_it() -> None:
    bodies = [
        body("lead", span(1, end_ns=0), span(2, end_ns=0)),
        body("lead", span(1, end_ns=0, now="later")),
        body("lead", span(2)),
        body("lead", span(2, end_ns=0)),
    ]
    trace = traces(bodies, {})[TRACE.hex()]
    assert [each["spanId"][:2] for each in sent(trace.lines)] == ["01", "02"]
    assert {span_id[:2]: each.end_ns for span_id, each in trace.spans.items()} == {"01": 0, "02": 9}
    assert trace.spans["01" * 8].attributes == {"now": "later"}


def test_what_an_agent_never_reported_is_lost() -> None:
    bodies = [body("lead", span(1)), body("writer", span(2))]
    assert set(traces(bodies, {TRACE.hex(): "writer"})[TRACE.hex()].spans) == {"01" * 8}
