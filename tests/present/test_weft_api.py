"""Weft's own JSON API, asked over a stand-in for the queries."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette

from weft.model.summary import TraceSummary
from weft.present.weft_api import routes
from weft.query.errors import QueryError


class StandIn:
    """Stands in for the queries: knows three traces, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str | None]] = []
        self.error: Exception | None = None

    def summaries(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        self.asked.append((limit, service))
        if self.error:
            raise self.error
        return [
            TraceSummary(
                trace_id=f"{number:032x}",
                root_service="agent",
                root_name="work",
                start_ns=1_795_615_402_000_000_123,
                end_ns=1_795_615_402_000_000_124,
                spans=number,
                errors=0,
                services=("agent",),
            )
            for number in (3, 2, 1)
        ][:limit]


@pytest.fixture
def queries() -> StandIn:
    return StandIn()


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(queries: StandIn) -> Ask:
    """Ask the routes as they are mounted in the backend, without a socket between."""

    def request(method: str = "GET", **params: str) -> httpx.Response:
        async def over_asgi() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=routes(queries)))
            async with httpx.AsyncClient(transport=transport, base_url="http://weft") as client:
                return await client.request(method, "/weft/v1/traces", params=params)

        return asyncio.run(over_asgi())

    return request


def test_traces_are_listed_as_summaries(ask: Ask, queries: StandIn) -> None:
    answer = ask()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert [trace["spans"] for trace in answer.json()["traces"]] == [3, 2, 1]
    assert answer.json()["traces"][0] == {
        "trace_id": "3".rjust(32, "0"),
        "root": {"service": "agent", "name": "work"},
        "start_ns": "1795615402000000123",
        "duration_ns": "1",
        "spans": 3,
        "errors": 0,
        "services": ["agent"],
        "open": 0,
        "lost": 0,
    }
    assert queries.asked == [(20, None)]


def test_limit_and_service_are_passed_on(ask: Ask, queries: StandIn) -> None:
    answer = ask(limit="2", service="a & b")

    assert len(answer.json()["traces"]) == 2
    assert queries.asked == [(2, "a & b")]


def test_an_empty_service_is_none(ask: Ask, queries: StandIn) -> None:
    ask(service="", limit="1000")

    assert queries.asked == [(1000, None)]


@pytest.mark.parametrize(
    "limit", ["", "0", "1001", "-1", "many", "1.5", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 5_000]
)
def test_a_limit_out_of_range_is_a_bad_request(ask: Ask, queries: StandIn, limit: str) -> None:
    answer = ask(limit=limit)

    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "'limit' should be a whole number from 1 to 1000"}}
    assert queries.asked == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_question_that_cannot_be_answered_says_why(ask: Ask, queries: StandIn, status: int) -> None:
    queries.error = QueryError("ask again in a moment", status=status)
    answer = ask()

    assert answer.status_code == status
    assert answer.json() == {"error": {"message": "ask again in a moment"}}


def test_the_list_is_only_read(ask: Ask) -> None:
    assert ask("POST").status_code == 405
