"""The endpoints of the Jaeger API over a stand-in for the store."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from tests.present.jaeger import shape
from tests.present.jaeger.standin import START_NS, TRACE_ID, MemoryQueries, request, span

from weft.present.jaeger.routes import routes
from weft.query.errors import QueryError

SECOND_TRACE_ID = bytes.fromhex("000000000000000053995c3f42cd8ad8")
SLASHED_TRACE_ID = bytes.fromhex("00000000000000ffffffffffffffffff")
START_US = START_NS // 1_000


def get(queries: MemoryQueries, path: str, method: str = "GET", **params: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=routes(queries)))
        async with httpx.AsyncClient(transport=transport, base_url="http://weft") as client:
            return await client.request(method, path, params=params or None)

    return asyncio.run(ask())


def search(queries: MemoryQueries, **params: Any) -> dict[str, Any]:
    """Search from the epoch on, unless said otherwise: the spans here are old."""
    response = get(queries, "/api/traces", **{"service": "planner", "start": 0, **params})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    shape.check_traces(answer)
    return answer


def failed(response: httpx.Response, status: int) -> str:
    """The message of an error that has the form of one."""
    assert response.status_code == status
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.text.endswith("]}\n")
    answer = response.json()
    shape.check_envelope(answer)
    assert (answer["data"], answer["total"]) == (None, 0)
    (error,) = answer["errors"]
    assert error["code"] == status
    message: str = error["msg"]
    return message


@pytest.fixture
def queries() -> MemoryQueries:
    return MemoryQueries(
        request(
            span(1, name="plan", kind=Span.SPAN_KIND_SERVER),
            span(2, 1, name="plan", kind=Span.SPAN_KIND_CLIENT, tags={"ip": 0x01020304}),
            span(3, 1, name="act"),
            span(1, trace_id=SECOND_TRACE_ID, name="plan", start_ns=START_NS + 1, kind=Span.SPAN_KIND_SERVER),
        ),
        request(span(4, 2, name="write"), resource={"service.name": "a/b c+d%2F"}),
        request(span(1, trace_id=SLASHED_TRACE_ID, name=""), resource={"service.name": "other"}),
    )


def test_services_are_listed(queries: MemoryQueries) -> None:
    assert get(queries, "/api/services").json() == {
        "data": ["a/b c+d%2F", "other", "planner"],
        "total": 3,
        "limit": 0,
        "offset": 0,
        "errors": None,
    }


def test_no_services_are_an_empty_list() -> None:
    assert get(MemoryQueries(), "/api/services").text == (
        '{"data":[],"total":0,"limit":0,"offset":0,"errors":null}'
    )


def test_the_operations_of_a_service_are_named_once(queries: MemoryQueries) -> None:
    answer = get(queries, "/api/services/planner/operations").json()
    shape.check_envelope(answer)
    assert (answer["data"], answer["total"]) == (["act", "plan"], 2)


def test_the_operations_of_an_unknown_service_are_an_empty_list(queries: MemoryQueries) -> None:
    answer = get(queries, "/api/services/nobody/operations").json()
    assert (answer["data"], answer["total"]) == ([], 0)


def test_operations_are_listed_with_their_kinds(queries: MemoryQueries) -> None:
    answer = get(queries, "/api/operations", service="planner").json()
    shape.check_envelope(answer)
    assert answer["total"] == 3
    assert [list(each.items()) for each in answer["data"]] == [
        [("name", "act"), ("spanKind", "")],
        [("name", "plan"), ("spanKind", "server")],
        [("name", "plan"), ("spanKind", "client")],
    ]


def test_operations_are_listed_of_one_kind(queries: MemoryQueries) -> None:
    answer = get(queries, "/api/operations", service="planner", spanKind="client").json()
    assert answer["data"] == [{"name": "plan", "spanKind": "client"}]


def test_a_span_without_a_name_has_the_name_that_its_trace_shows(queries: MemoryQueries) -> None:
    assert get(queries, "/api/services/other/operations").json()["data"] == ["empty-span-name"]
    assert get(queries, "/api/operations", service="other").json()["data"][0]["name"] == "empty-span-name"


def test_operations_of_no_service_are_an_error(queries: MemoryQueries) -> None:
    assert failed(get(queries, "/api/operations"), 400) == "parameter 'service' is required"


def test_traces_are_found_the_newest_first(queries: MemoryQueries) -> None:
    answer = search(queries)
    assert [trace["traceID"] for trace in answer["data"]] == ["53995c3f42cd8ad8", TRACE_ID.hex()]
    assert len(answer["data"][1]["spans"]) == 4
    assert (answer["total"], answer["errors"]) == (0, None)


def test_a_search_reaches_the_store_as_it_was_asked(queries: MemoryQueries) -> None:
    answer = search(queries, operation="plan", limit=1, start=START_US, end=START_US + 1, tags='{"a":"b"}')
    assert [trace["traceID"] for trace in answer["data"]] == ["53995c3f42cd8ad8"]
    (asked,) = queries.searches
    assert (asked.start_ns, asked.end_ns) == (START_US * 1_000, START_US * 1_000 + 1_000)
    assert (asked.service, asked.operation, asked.limit, dict(asked.tags)) == (
        "planner",
        "plan",
        1,
        {"a": "b"},
    )


def test_a_search_without_times_ends_now(queries: MemoryQueries) -> None:
    before_ns = time.time_ns()
    assert get(queries, "/api/traces", service="planner").json()["data"] == []
    (asked,) = queries.searches
    assert before_ns <= asked.end_ns <= time.time_ns()
    assert asked.end_ns - asked.start_ns == 48 * 3_600 * 10**9


def test_nothing_found_is_an_empty_list_and_asks_for_no_spans(queries: MemoryQueries) -> None:
    answer = search(queries, service="nobody")
    assert (answer["data"], answer["total"], answer["errors"]) == ([], 0, None)
    assert queries.spans_asked_for == []


def test_traces_are_given_by_their_ids_in_the_order_asked_for(queries: MemoryQueries) -> None:
    ids = [TRACE_ID.hex().upper(), "53995c3f42cd8ad8", TRACE_ID.hex()]
    answer = get(queries, "/api/traces", traceID=ids).json()
    shape.check_traces(answer)
    assert [trace["traceID"] for trace in answer["data"]] == [TRACE_ID.hex(), "53995c3f42cd8ad8"]
    assert (answer["errors"], queries.searches) == (None, [])


def test_traces_that_are_missing_are_told_beside_those_that_are_not(queries: MemoryQueries) -> None:
    response = get(queries, "/api/traces", traceID=["1f", TRACE_ID.hex(), "f" * 32])
    answer = response.json()
    shape.check_traces(answer)
    assert (response.status_code, len(answer["data"])) == (200, 1)
    assert answer["errors"] == [
        {"msg": "trace not found", "traceID": "000000000000001f"},
        {"msg": "trace not found", "traceID": "f" * 32},
    ]


def test_a_bad_search_is_an_error(queries: MemoryQueries) -> None:
    assert failed(get(queries, "/api/traces"), 400) == "parameter 'service' is required"
    assert failed(get(queries, "/api/traces", service="s", limit="x"), 400) == (
        'strconv.ParseInt: parsing "x": invalid syntax'
    )


def test_a_trace_is_given_by_its_id(queries: MemoryQueries) -> None:
    response = get(queries, f"/api/traces/{TRACE_ID.hex()}")
    answer = response.json()
    shape.check_traces(answer)
    assert (len(answer["data"]), len(answer["data"][0]["spans"])) == (1, 4)
    assert (answer["total"], answer["errors"]) == (0, None)


def test_a_raw_trace_is_as_it_was_sent(queries: MemoryQueries) -> None:
    def ip(path: str, **params: Any) -> Any:
        spans = get(queries, path, **params).json()["data"][0]["spans"]
        return next(tag["value"] for each in spans for tag in each["tags"] if tag["key"] == "ip")

    assert ip(f"/api/traces/{TRACE_ID.hex()}") == "1.2.3.4"
    assert ip(f"/api/traces/{TRACE_ID.hex()}", raw="true") == 0x01020304
    assert ip("/api/traces", traceID=TRACE_ID.hex(), raw="1") == 0x01020304


def test_a_missing_trace_is_not_found(queries: MemoryQueries) -> None:
    response = get(queries, "/api/traces/1f")
    assert failed(response, 404) == "trace not found"
    assert response.text == (
        '{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}\n'
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("xyz", 'strconv.ParseUint: parsing "xyz": invalid syntax'),
        ("1/2", 'strconv.ParseUint: parsing "1/2": invalid syntax'),
        ("1?raw=maybe", "unable to parse param 'raw': strconv.ParseBool: parsing \"maybe\": invalid syntax"),
    ],
)
def test_a_bad_trace_id_is_an_error(queries: MemoryQueries, path: str, message: str) -> None:
    assert failed(get(queries, f"/api/traces/{path}"), 400) == message


def test_dependencies_are_summed(queries: MemoryQueries) -> None:
    queries.calls = [("a", "b", 1), ("b", "c", 2**40), ("a", "b", 4)]
    response = get(queries, "/api/dependencies", endTs=2_000, lookback=1_500)
    assert response.text == (
        '{"data":[{"parent":"a","child":"b","callCount":5},{"parent":"b","child":"c","callCount":1099511627776}],'
        '"total":0,"limit":0,"offset":0,"errors":null}'
    )
    assert queries.calls_asked_for == [(500_000_000, 2_000_000_000)]


@pytest.mark.parametrize(("service", "count"), [("a", 1), ("b", 2), ("c", 1), ("d", 0)])
def test_dependencies_are_of_one_service(queries: MemoryQueries, service: str, count: int) -> None:
    queries.calls = [("a", "b", 1), ("b", "c", 1)]
    answer = get(queries, "/api/dependencies", service=service).json()
    shape.check_envelope(answer)
    assert len(answer["data"]) == count


def test_bad_times_of_dependencies_are_an_error(queries: MemoryQueries) -> None:
    assert failed(get(queries, "/api/dependencies", endTs="now"), 400) == (
        "unable to parse param 'endTs': strconv.ParseInt: parsing \"now\": invalid syntax"
    )


@pytest.mark.parametrize("path", ["/api/services", f"/api/traces/{TRACE_ID.hex()}", "/api/dependencies"])
def test_answers_are_pretty_printed_on_request(queries: MemoryQueries, path: str) -> None:
    plain, pretty = get(queries, path), get(queries, path, prettyPrint="true")
    assert pretty.json() == plain.json()
    assert pretty.text.startswith('{\n    "data": [')
    assert get(queries, path, prettyPrint="false").text == plain.text
    assert "\n" not in plain.text


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize(
    "path", ["/api/services", "/api/services/a/operations", "/api/traces?service=a", "/api/traces/1f"]
)
def test_what_the_store_cannot_answer_is_an_error(queries: MemoryQueries, path: str, status: int) -> None:
    queries.error = QueryError("the store is busy; ask again in a moment", status)
    assert failed(get(queries, path), status) == "the store is busy; ask again in a moment"


@pytest.mark.parametrize("kind", ["latencies", "calls", "errors"])
def test_metrics_are_disabled(queries: MemoryQueries, kind: str) -> None:
    response = get(queries, f"/api/metrics/{kind}", service="planner")
    assert failed(response, 501) == "metrics querying is currently disabled"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/api/archive/{TRACE_ID.hex()}", 404),
        ("POST", "/api/transform", 404),
        ("GET", "/api/quality-metrics", 404),
        ("GET", "/api/deep-dependencies", 404),
        ("GET", "/api/v3/services", 404),
        ("POST", "/api/traces", 405),
        ("DELETE", f"/api/traces/{TRACE_ID.hex()}", 405),
    ],
)
def test_what_is_not_implemented_is_not_pretended(
    queries: MemoryQueries, method: str, path: str, status: int
) -> None:
    assert get(queries, path, method=method).status_code == status


@contextmanager
def serving(queries: MemoryQueries) -> Iterator[str]:
    """A real server on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=routes(queries)), log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/services/a%2Fb%20c%2Bd%252F/operations", ["write"]),  # encodeURIComponent, as jaeger-ui
        ("/api/services/a%2Fb%20c+d%252F/operations", ["write"]),  # url.PathEscape, as Grafana
        ("/api/services/planner/operations", ["act", "plan"]),
    ],
)
def test_names_in_paths_may_hold_anything(queries: MemoryQueries, path: str, expected: list[str]) -> None:
    with serving(queries) as url:
        assert httpx.get(url + path).json()["data"] == expected


@pytest.mark.parametrize(
    "trace_id",
    ["ffffffffffffffffff", "AAAAAAAAAP%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2Fw==", "AAAAAAAAAP___________w"],
)
def test_a_trace_id_in_a_path_may_be_base64(queries: MemoryQueries, trace_id: str) -> None:
    with serving(queries) as url:
        (trace,) = httpx.get(f"{url}/api/traces/{trace_id}").json()["data"]
    assert trace["traceID"] == SLASHED_TRACE_ID.hex()
