"""What many traces say together, asked over a stand-in for the queries."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from weft.analyse.clocks.clocks import Clocks
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics, PartStatistics
from weft.model.stretch import Stretch
from weft.present.statistics_api import DAY_NS, routes
from weft.query.errors import QueryError

AGENT = AgentStatistics(
    agent="writer",
    from_ns=None,
    traces=3,
    spans=12,
    path_p50_ns=2**62,
    path_p95_ns=2**63,
    share=0.25,
    path_ns={"model": 5, "own": 7},
    origins=1,
    input_tokens=100,
    output_tokens=10,
    cost=None,
    unpriced=2,
)
EDGE = EdgeStatistics(
    from_agent="planner",
    to_agent="writer",
    transport="redis",
    from_ns=60,
    hand_offs=4,
    failed=1,
    retried=2,
    parts={
        part: PartStatistics(known=number, p50_ns=1, p95_ns=2, p99_ns=3)
        for number, part in enumerate(("queue", "network", "start", "work", "reply"))
    },
)


class StandIn:
    """Stands in for the queries: knows one agent and one edge, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None

    def coverage(self, time: Stretch) -> Coverage:
        return Coverage(settled=5, explained=3, unexplained=1)

    def agents(self, time: Stretch) -> list[AgentStatistics]:
        return self._answer("agents", time, AGENT)

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> list[EdgeStatistics]:
        return self._answer("edges", time, from_agent, to_agent, EDGE)

    def clocks(self) -> Clocks:
        return Clocks({}, {}, from_ns=5, until_ns=7)

    def _answer(self, *asked: Any) -> list[Any]:
        self.asked.append(asked[:-1])
        if self.error:
            raise self.error
        return [asked[-1]]


@pytest.fixture
def queries() -> StandIn:
    return StandIn()


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(queries: StandIn) -> Ask:
    def request(path: str, **params: str) -> httpx.Response:
        async def over_asgi() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=routes(queries)))
            async with httpx.AsyncClient(transport=transport, base_url="http://weft") as client:
                return await client.get(f"/weft/v1/{path}", params=params)

        return asyncio.run(over_asgi())

    return request


def test_agents_are_told_with_what_the_answer_rests_on(ask: Ask, queries: StandIn) -> None:
    answer = ask("agents", start_ns="10", end_ns="20", limit="7")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["start_ns"], told["end_ns"]) == ("10", "20")
    assert Coverage.from_json(told["coverage"]) == Coverage(settled=5, explained=3, unexplained=1)
    assert [AgentStatistics.from_json(agent).to_json() for agent in told["agents"]] == [AGENT.to_json()]
    assert told["agents"][0]["path_p50_ns"] == str(2**62)  # more than a number of JavaScript holds
    assert queries.asked == [("agents", Stretch(start_ns=10, end_ns=20, limit=7))]


def test_edges_are_told_in_steps_and_by_agent(ask: Ask, queries: StandIn) -> None:
    told = ask("edges", start_ns="0", end_ns="999", every_ns="1", **{"from": "a & b", "to": ""}).json()
    assert [EdgeStatistics.from_json(edge) for edge in told["edges"]] == [EDGE]
    assert queries.asked == [("edges", Stretch(start_ns=0, end_ns=999, every_ns=1), "a & b", None)]


def test_the_last_day_is_meant_when_no_time_is_given(ask: Ask, queries: StandIn) -> None:
    ask("agents")
    [(_, time)] = queries.asked
    assert time.end_ns - time.start_ns == DAY_NS


@pytest.mark.parametrize("path", ["agents", "edges"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"start_ns": "-1"},
        {"end_ns": str(2**64)},
        {"every_ns": "1.5"},
        {"end_ns": "\N{ARABIC-INDIC DIGIT ONE}"},
        {"start_ns": "0", "end_ns": "1000", "every_ns": "1"},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_a_bad_request(
    ask: Ask, queries: StandIn, path: str, wrong: dict[str, str]
) -> None:
    answer = ask(path, **wrong)
    assert answer.status_code == 400
    assert any(name in answer.json()["error"]["message"] for name in wrong)
    assert queries.asked == []


def test_clocks_are_told_so_that_they_can_be_read_back(ask: Ask) -> None:
    told = Clocks.from_json(ask("clocks").json()["clocks"])
    assert (told.from_ns, told.until_ns) == (5, 7)


@pytest.mark.parametrize("status", [500, 503])
def test_a_question_that_cannot_be_answered_says_why(ask: Ask, queries: StandIn, status: int) -> None:
    queries.error = QueryError("ask again in a moment", status=status)
    answer = ask("edges")
    assert answer.status_code == status
    assert answer.json() == {"error": {"message": "ask again in a moment"}}
