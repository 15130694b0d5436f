"""The read verbs against a real store: what was acknowledged is found, once, and by what it says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.app import Pipeline, open_pipeline
from weft.decode.request import decode
from weft.query.errors import QueryError
from weft.query.queries import Queries
from weft.query.search import Search
from weft.receive.intake import Intake

HOUR_NS = 3_600_000_000_000
START_NS = 1_790_000_000_000_000_000
ALWAYS = Search(0, 2**64 - 1)
LARGE = "history " * 1000
NASTY = "' OR 1=1; DROP TABLE spans; --\\ {x:String} \x00 \u202e \N{SNOWMAN}"

Add = Callable[..., bytes]


class Traces:
    """Builds requests and has them acknowledged."""

    def __init__(self, intake: Intake[Any]) -> None:
        self._intake = intake
        self._count = 0

    def send(self, service: str, *spans: dict[str, Any], times: int = 1, **origin: dict[str, str]) -> bytes:
        """Send one trace of one service; returns its id."""
        self._count += 1
        trace_id = self._count.to_bytes(16, "big")
        request = ExportTraceServiceRequest()
        self.fill(request, service, trace_id, *spans, **origin)
        for _ in range(times):
            self._intake.submit(request.SerializeToString()).result()
        return trace_id

    def fill(
        self,
        request: ExportTraceServiceRequest,
        service: str,
        trace_id: bytes,
        *spans: dict[str, Any],
        **origin: Any,
    ) -> None:
        resource_spans = request.resource_spans.add()
        _add(resource_spans.resource.attributes, {"service.name": service} | origin.get("resource", {}))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = "the scope", "2"
        _add(scope_spans.scope.attributes, origin.get("scope", {}))
        for number, given in enumerate(spans, start=1):
            start_ns = given.get("start_ns", START_NS)
            span = scope_spans.spans.add(
                trace_id=trace_id,
                span_id=given.get("id", number).to_bytes(8, "big"),
                parent_span_id=given["parent"].to_bytes(8, "big") if "parent" in given else b"",
                name=given.get("name", "work"),
                kind=given.get("kind", 1),
                start_time_unix_nano=start_ns,
                end_time_unix_nano=start_ns + given.get("duration_ns", 1_000_000),
            )
            span.status.code = given.get("status", 0)
            _add(span.attributes, given.get("attributes", {}))
            if "event" in given:
                _add(span.events.add(name="event").attributes, given["event"])
            if "link" in given:
                _add(span.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8).attributes, given["link"])


def _add(attributes: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        pair = attributes.add(key=key)
        match value:
            case bool():
                pair.value.bool_value = value
            case int():
                pair.value.int_value = value
            case float():
                pair.value.double_value = value
            case _:
                pair.value.string_value = value


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    with open_pipeline(tmp_path, 256 << 20) as opened:
        yield opened


@pytest.fixture
def queries(pipeline: Pipeline) -> Queries:
    return pipeline.queries


@pytest.fixture
def traces(pipeline: Pipeline) -> Iterator[Traces]:
    intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver)
    yield Traces(intake)
    intake.close()


def test_an_empty_store_answers_every_verb(queries: Queries) -> None:
    assert queries.services() == []
    assert queries.operations("nobody") == []
    assert queries.find(ALWAYS) == []
    assert len(queries.spans([bytes(16)])) == 0
    assert queries.dependencies(0, 2**64 - 1) == []
    assert queries.summaries(10) == []


def test_services_and_operations_are_distinct_and_sorted(queries: Queries, traces: Traces) -> None:
    traces.send(
        "writer", {"name": "b"}, {"name": "a", "kind": 2}, {"name": "a", "kind": 3}, {"name": "a", "kind": 2}
    )
    traces.send("editor", {"name": "c"})
    assert queries.services() == ["editor", "writer"]
    assert queries.operations("writer") == [("a", 2), ("a", 3), ("b", 1)]
    assert queries.operations("editor") == [("c", 1)]


def test_a_trace_matches_when_one_span_satisfies_everything(queries: Queries, traces: Traces) -> None:
    split = traces.send(
        "writer", {"name": "a", "attributes": {"k": "x"}}, {"name": "b", "attributes": {"k": "y"}}
    )
    whole = traces.send("writer", {"name": "a", "attributes": {"k": "y"}})
    search = replace(ALWAYS, service="writer", operation="a", tags={"k": "y"})
    assert queries.find(search) == [whole]
    assert set(queries.find(replace(search, tags={}))) == {split, whole}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(START_NS, START_NS), ["now"]),
        (Search(START_NS - HOUR_NS, START_NS + HOUR_NS), ["later", "now", "earlier"]),
        (Search(START_NS + 1, 2**64 - 1), ["later"]),
        (Search(0, START_NS - 1), ["earlier"]),
        (replace(ALWAYS, min_duration_ns=2_000_000), ["later"]),
        (replace(ALWAYS, max_duration_ns=999_999), ["earlier"]),
        (replace(ALWAYS, min_duration_ns=1_000_000, max_duration_ns=1_000_000), ["now"]),
        (replace(ALWAYS, limit=2), ["later", "now"]),
        (replace(ALWAYS, limit=0), []),
        (replace(ALWAYS, service="writer"), ["now"]),
        (replace(ALWAYS, service="nobody"), []),
        (replace(ALWAYS, start_ns=-5, end_ns=2**70), ["later", "now", "earlier"]),
    ],
)
def test_times_durations_services_and_limits_narrow_a_search(
    queries: Queries, traces: Traces, search: Search, found: list[str]
) -> None:
    ids = {
        "now": traces.send("writer", {}),
        "earlier": traces.send("editor", {"start_ns": START_NS - HOUR_NS, "duration_ns": 500_000}),
        "later": traces.send("editor", {"start_ns": START_NS + HOUR_NS, "duration_ns": 3_000_000}),
    }
    assert queries.find(search) == [ids[name] for name in found]


@pytest.mark.parametrize(
    "tags",
    [
        {"text": "value"},
        {"whole": "7"},
        {"real": "0.5"},
        {"yes": "true"},
        {"of.event": "e"},
        {"of.link": "l"},
        {"of.resource": "r"},
        {"of.scope": "s"},
        {"large": LARGE},
        {"nasty": NASTY},
        {NASTY: "key"},
        {"error": "true"},
        {"span.kind": "consumer"},
        {"otel.status_code": "ERROR"},
        {"otel.scope.name": "the scope"},
        {"otel.scope.version": "2"},
        {"text": "value", "of.event": "e", "of.resource": "r", "error": "true"},
    ],
)
def test_a_tag_is_found_wherever_it_stands(queries: Queries, traces: Traces, tags: dict[str, str]) -> None:
    other = traces.send("other", {"attributes": {"text": "other"}})
    rich = traces.send(
        "writer",
        {
            "attributes": {
                "text": "value",
                "whole": 7,
                "real": 0.5,
                "yes": True,
                "large": LARGE,
                "nasty": NASTY,
            }
            | {NASTY: "key"},
            "event": {"of.event": "e"},
            "link": {"of.link": "l"},
            "status": 2,
            "kind": 5,
        },
        resource={"of.resource": "r"},
        scope={"of.scope": "s"},
    )
    found = queries.find(replace(ALWAYS, tags=tags))
    assert rich in found
    if not any(key.startswith("otel.scope") for key in tags):
        assert other not in found
    [key, *_] = tags
    assert queries.find(replace(ALWAYS, tags=tags | {key: "something else"})) == []


@pytest.mark.parametrize("key", ["error", "span.kind", "otel.status_code", "missing", "text"])
def test_an_empty_value_does_not_match_what_is_not_there(queries: Queries, traces: Traces, key: str) -> None:
    traces.send("writer", {"attributes": {"text": "value"}})
    found = queries.find(replace(ALWAYS, tags={key: "nothing like it"}))
    assert found == []


def test_questions_are_never_part_of_the_statement(queries: Queries, traces: Traces) -> None:
    kept = traces.send("writer", {})
    assert queries.operations(NASTY) == []
    assert queries.summaries(10, NASTY) == []
    for search in (
        replace(ALWAYS, service=NASTY),
        replace(ALWAYS, operation=NASTY),
        replace(ALWAYS, tags={NASTY: NASTY}),
    ):
        assert queries.find(search) == []
    assert queries.find(ALWAYS) == [kept]


def test_a_span_that_was_sent_twice_is_seen_once_in_every_answer(
    queries: Queries, traces: Traces, pipeline: Pipeline
) -> None:
    trace_id = traces.send(
        "writer", {"name": "a", "event": {"e": "1"}}, {"parent": 1, "link": {"l": "1"}}, times=3
    )
    spans = queries.spans([trace_id])
    assert len(spans) == 2
    assert sorted(map(len, spans.column("event_names").to_pylist())) == [0, 1]
    assert sorted(map(len, spans.column("link_flags").to_pylist())) == [0, 1]
    assert [summary.spans for summary in queries.summaries(10)] == [2]
    assert queries.find(ALWAYS) == [trace_id]
    assert pipeline.indexer.behind == 0


def test_calls_between_services_are_counted_once(
    queries: Queries, pipeline: Pipeline, traces: Traces
) -> None:
    request = ExportTraceServiceRequest()
    trace_id = b"\7" * 16
    traces.fill(request, "caller", trace_id, {"id": 1}, {"id": 2, "parent": 1})
    traces.fill(
        request, "called", trace_id, {"id": 3, "parent": 2}, {"id": 4, "parent": 2}, {"id": 5, "parent": 3}
    )
    traces.fill(request, "alone", trace_id, {"id": 6, "parent": 99})
    for _ in range(2):
        traces._intake.submit(request.SerializeToString()).result()
    assert queries.dependencies(0, 2**64 - 1) == [("caller", "called", 2)]
    assert queries.dependencies(0, START_NS - 1) == []


def test_large_values_come_back_in_their_place(queries: Queries, traces: Traces) -> None:
    trace_id = traces.send(
        "writer",
        {
            "attributes": {"small": "s", "large": LARGE},
            "event": {"large": LARGE + "!"},
            "link": {"large": LARGE + "?"},
        },
        {"attributes": {"large": LARGE}},
    )
    rows = queries.spans([trace_id]).to_pylist()
    assert [dict(row["attributes"]) for row in rows] == [{"small": "s", "large": LARGE}, {"large": LARGE}]
    assert [row["attribute_types"] for row in rows] == ["ss", "s"]
    assert rows[0]["event_attributes"] == [[("large", LARGE + "!")]]
    assert rows[0]["link_attributes"] == [[("large", LARGE + "?")]]


def test_spans_with_the_same_ids_keep_their_own_events(queries: Queries, traces: Traces) -> None:
    """A client and a server that share a span id (Zipkin) are two spans, each with its events."""
    trace_id = traces.send(
        "writer",
        {"id": 1, "kind": 3, "event": {"of": "client"}},
        {"id": 1, "kind": 2, "event": {"of": "server"}},
    )
    rows = queries.spans([trace_id]).to_pylist()
    assert {row["kind"]: row["event_attributes"] for row in rows} == {
        3: [[("of", "client")]],
        2: [[("of", "server")]],
    }


def test_several_traces_come_whole_and_in_order(queries: Queries, traces: Traces) -> None:
    ids = [traces.send("writer", {"start_ns": START_NS + 5}, {"parent": 1}) for _ in range(3)]
    spans = queries.spans([ids[2], ids[0], b"\xee" * 16])
    assert spans.column("trace_id").to_pylist() == [ids[0]] * 2 + [ids[2]] * 2
    assert spans.column("start_ns").to_pylist() == [START_NS, START_NS + 5] * 2


def test_summaries_name_the_root_and_put_the_newest_first(queries: Queries, traces: Traces) -> None:
    old = traces.send(
        "writer", {"name": "child", "parent": 9}, {"name": "root", "start_ns": START_NS + 9, "status": 2}
    )
    new = traces.send("editor", {"name": "orphan", "parent": 9, "start_ns": START_NS + HOUR_NS})
    summaries = queries.summaries(10)
    assert [summary.trace_id for summary in summaries] == [new.hex(), old.hex()]
    assert (summaries[0].root_name, summaries[0].errors, summaries[0].services) == ("orphan", 0, ("editor",))
    assert (summaries[1].root_name, summaries[1].errors, summaries[1].spans) == ("root", 1, 2)
    assert summaries[1].start_ns == START_NS
    assert [summary.trace_id for summary in queries.summaries(10, "writer")] == [old.hex()]
    assert len(queries.summaries(1)) == 1


def test_a_journal_that_cannot_be_committed_in_time_is_said(pipeline: Pipeline) -> None:
    with pytest.raises(QueryError, match="still being indexed") as raised:
        Queries(pipeline.store, lambda _: False).services()
    assert raised.value.status == 503
