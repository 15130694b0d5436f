"""Jaeger's JSON read as a trace."""

import copy
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError
from weft.model.span import Event, Kind, Link, Value, text
from weft.model.trace import Trace
from weft.model.work import NO_WORK, Work

AGENTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "terminal" / "agents.json").read_text()
)
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
ONE: dict[str, Any] = {
    "traceID": TRACE_ID,
    "spans": [
        {
            "traceID": TRACE_ID,
            "spanID": "00f067aa0ba902b7",
            "operationName": "execute_tool search",
            "references": [],
            "startTime": 1_795_615_402_000_001,
            "duration": 250,
            "tags": [],
            "logs": [],
            "processID": "p1",
            "warnings": None,
        }
    ],
    "processes": {"p1": {"serviceName": "agent", "tags": []}},
    "warnings": None,
}


def one(**changes: Any) -> dict[str, Any]:
    """The smallest trace, its span changed."""
    trace = copy.deepcopy(ONE)
    trace["spans"][0] |= changes
    return trace


def reference(span_id: str, kind: str = "CHILD_OF", trace_id: str = TRACE_ID) -> dict[str, str]:
    return {"refType": kind, "traceID": trace_id, "spanID": span_id}


def tag(key: str, value: object, kind: str = "string") -> dict[str, object]:
    return {"key": key, "type": kind, "value": value}


def test_a_recorded_workflow_is_one_connected_trace() -> None:
    trace = read_trace(AGENTS)

    assert trace.connected
    assert trace.summary().spans == 20
    assert trace.summary().errors == 5
    assert trace.services == ("agent-orchestrator", "agent-researcher", "agent-writer", "agent-reviewer")


def test_microseconds_become_nanoseconds() -> None:
    span = read_trace(ONE).spans[0]

    assert (span.start_ns, span.end_ns) == (1_795_615_402_000_001_000, 1_795_615_402_000_251_000)


def test_a_value_that_is_nested_too_deeply_is_no_failure() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]

    assert read_trace(one(tags=[tag("deep", value)])).spans[0].attributes == {"deep": "nested too deeply"}


def test_times_may_have_a_fraction() -> None:
    span = read_trace(one(startTime=1_655_759_368_183_644.25, duration=0.5)).spans[0]

    assert (span.start_ns, span.end_ns) == (1_655_759_368_183_644_250, 1_655_759_368_183_644_750)


def test_a_parent_is_read_where_older_exports_wrote_it() -> None:
    assert read_trace(one(parentSpanID="A1")).spans[0].parent_id == "00000000000000a1"
    assert read_trace(one(parentSpanID="a1", references=[reference("02")])).spans[0].parent_id == "2".zfill(
        16
    )
    assert read_trace(one(parentSpanID="0")).spans[0].parent_id is None
    assert read_trace(one(parentSpanID=7)).spans[0].parent_id is None


def test_the_work_of_a_span_is_read_by_who_knows_its_dialects() -> None:
    def read_work(attributes: Mapping[str, Value], *, name: str, kind: Kind, scope: str) -> Work:
        return Work(agent=f"{name} {kind} {scope} {attributes['model']}")

    tags = [tag("otel.scope.name", "weft"), tag("model", "m"), tag("span.kind", "client")]
    span = read_trace(one(tags=tags), read_work).spans[0]

    assert span.work.agent == "execute_tool search client weft m"
    assert read_trace(one(tags=tags)).spans[0].work == NO_WORK


def test_tags_that_stand_for_fields_become_fields() -> None:
    tags = [
        tag("otel.scope.name", "weft"),
        tag("span.kind", "consumer"),
        tag("otel.status_code", "ERROR"),
        tag("error", True, "bool"),
        tag("otel.status_description", "no page"),
    ]
    span = read_trace(one(tags=tags)).spans[0]

    assert (span.kind, span.status, span.status_message) == ("consumer", "error", "no page")
    assert span.attributes == {"otel.scope.name": "weft", "error": True}


def test_an_error_tag_alone_is_an_error() -> None:
    assert read_trace(one(tags=[tag("error", True, "bool")])).spans[0].failed
    assert not read_trace(one(tags=[tag("error", False, "bool")])).spans[0].failed
    assert not read_trace(one(tags=[tag("error", "unset")])).spans[0].failed


def test_values_have_the_type_that_their_tag_states() -> None:
    tags = [
        tag("text", "a"),
        tag("int", 7, "int64"),
        tag("large", "9007199254740993", "int64"),
        tag("float", 0.5, "float64"),
        tag("bytes", "AP8=", "binary"),
        tag("not a number", "seven", "int64"),
        tag("not base64", "?", "binary"),
        tag("far too large", "9" * 5_000, "int64"),
        tag("yes as text", "true", "bool"),
        tag("neither", "maybe", "bool"),
        tag("float as text", "0.5", "float64"),
        tag("not finite", "NaN", "float64"),
        tag("nothing", None),
        tag("a list", ["é", 1]),
    ]
    assert read_trace(one(tags=tags)).spans[0].attributes == {
        "text": "a",
        "int": 7,
        "large": 9_007_199_254_740_993,
        "float": 0.5,
        "bytes": b"\x00\xff",
        "not a number": "seven",
        "not base64": "?",
        "far too large": "9" * 5_000,
        "yes as text": True,
        "neither": "maybe",
        "float as text": 0.5,
        "not finite": "NaN",
        "nothing": "",
        "a list": '["é",1]',
    }


@pytest.mark.parametrize(
    ("references", "parent", "links"),
    [
        ([], None, 0),
        ([reference("01")], "0000000000000001", 0),
        ([reference("02", "FOLLOWS_FROM"), reference("01")], "0000000000000001", 1),
        ([reference("02", "FOLLOWS_FROM")], "0000000000000002", 0),
        ([reference("01", trace_id="ff")], None, 1),
        ([reference("01", trace_id="ff"), reference("02", "FOLLOWS_FROM")], "0000000000000002", 1),
    ],
)
def test_the_parent_is_the_first_child_of_reference_into_the_trace(
    references: list[object], parent: str | None, links: int
) -> None:
    span = read_trace(one(references=references)).spans[0]

    assert span.parent_id == parent
    assert len(span.links) == links


def test_a_reference_without_a_target_is_left_out() -> None:
    none = [reference("0"), reference(""), reference("1" * 17), reference("01", trace_id="x" * 32)]
    span = read_trace(one(references=none)).spans[0]

    assert span.parent_id is None
    assert span.links == ()


def test_a_link_keeps_its_trace_id_in_full() -> None:
    span = read_trace(one(references=[reference("A1", trace_id="Ff")])).spans[0]

    assert span.links == (Link(trace_id="ff".rjust(32, "0"), span_id="a1".rjust(16, "0")),)


def test_logs_become_events() -> None:
    log = {"timestamp": 5, "fields": [tag("event", "exception"), tag("exception.type", "ValueError")]}

    assert read_trace(one(logs=[log])).spans[0].events == (
        Event(name="exception", time_ns=5_000, attributes={"exception.type": "ValueError"}),
    )


def test_a_trace_id_of_64_bits_is_written_in_full() -> None:
    trace = copy.deepcopy(ONE) | {"traceID": "00634564CBF93FBD"}
    trace["spans"][0]["references"] = [reference("01", trace_id="00634564cbf93fbd")]

    assert read_trace(trace).trace_id == "000000000000000000634564cbf93fbd"
    assert read_trace(trace).spans[0].parent_id == "0000000000000001"


def test_a_process_inside_the_span_is_read() -> None:
    span = read_trace(one(process={"serviceName": "inline", "tags": None})).spans[0]

    assert span.service == "inline"


def test_warnings_of_the_trace_are_kept() -> None:
    assert read_trace(ONE | {"warnings": ["cut at 10 spans"]}).warnings == ("cut at 10 spans",)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (None, "trace should be an object, not nothing"),
        ([], "trace should be an object, not a list"),
        ({}, "trace.traceID should be text, not nothing"),
        (ONE | {"spans": None}, "trace.spans should be a list, not nothing"),
        (ONE | {"spans": []}, "trace.spans is empty"),
        (ONE | {"spans": [3]}, "trace.spans[0] should be an object, not 3"),
        (ONE | {"processes": {"p1": []}}, "trace.processes['p1'] should be an object, not a list"),
        (one(spanID="xyz"), "trace.spans[0].spanID should be an id of up to 16 hex digits, not 'xyz'"),
        (one(operationName=None), "trace.spans[0].operationName should be text, not nothing"),
        (
            one(processID="p9"),
            "trace.spans[0].processID names a process that trace.processes does not have: 'p9'",
        ),
        (one(references="x"), "trace.spans[0].references should be a list, not 'x'"),
        (one(references=[{}]), "trace.spans[0].references[0].refType should be text, not nothing"),
        (one(tags=[{"key": 1}]), "trace.spans[0].tags[0].key should be text, not 1"),
        (
            one(logs=[{}]),
            "trace.spans[0].logs[0].timestamp should be a whole number from 0 to 2^64 - 1, not nothing",
        ),
        (
            one(startTime=-0.5),
            "trace.spans[0].startTime should be a whole number from 0 to 2^64 - 1, not -0.5",
        ),
        (
            one(startTime=math.inf),
            "trace.spans[0].startTime should be a whole number from 0 to 2^64 - 1, not inf",
        ),
        (one(logs=[3]), "trace.spans[0].logs[0] should be an object, not 3"),
        (
            one(duration=10**5_000),
            "trace.spans[0].duration should be a whole number from 0 to 2^64 - 1, not a number too large",
        ),
    ],
)
def test_another_shape_is_one_error_that_names_the_place(value: object, complaint: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read_trace(value)
    assert str(caught.value) == complaint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(JSON, st.data())
def test_whatever_stands_in_any_place_is_read_or_refused(put: object, data: st.DataObject) -> None:
    trace = copy.deepcopy(AGENTS)
    place: Any = trace
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and place[key] and data.draw(st.integers(0, 3)):
            place = place[key]
        else:
            break
    place[key] = put

    try:
        read = read_trace(trace)
    except ShapeError:
        return
    assert isinstance(read, Trace)
    assert len(list(read.walk())) == len(trace["spans"])


def test_a_value_is_written_as_text() -> None:
    assert [text(each) for each in (None, "a", 7, True, b"\xffok")] == ["", "a", "7", "True", "\ufffdok"]
