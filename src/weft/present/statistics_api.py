"""What many traces say together, as JSON.

`GET /weft/v1/agents` and `GET /weft/v1/edges`, both with `start_ns`, `end_ns` (the last day when they are
left out), `every_ns` (steps of time) and `limit`; the latter with `from` and `to` (agents). Both say in
`coverage` of how many of the settled traces of that time they speak.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.present.failure import failure
from weft.query.errors import QueryError

DAY_NS: Final = 86_400 * 10**9
USUAL: Final = 100
"""Agents or edges when the question does not say."""
MOST: Final = 1_000
"""Agents or edges that one question may ask for, and steps of time."""
_UINT64: Final = (1 << 64) - 1


class Statistics(Protocol):
    """Who knows what many traces say: `weft.query.queries.Queries`."""

    def coverage(self, start_ns: int, end_ns: int) -> Coverage:
        """Say of how many traces the facts are known."""

    def agents(
        self, start_ns: int, end_ns: int, limit: int = 100, *, every_ns: int = 0
    ) -> list[AgentStatistics]:
        """Say what agents did."""

    def edges(
        self,
        start_ns: int,
        end_ns: int,
        limit: int = 100,
        *,
        every_ns: int = 0,
        from_agent: str | None = None,
        to_agent: str | None = None,
    ) -> list[EdgeStatistics]:
        """Say what became of hand-offs."""


class _BadQuestion(ValueError):
    """A parameter is not as it should be."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What both questions have in common."""

    start_ns: int
    end_ns: int
    every_ns: int
    limit: int

    @classmethod
    def of(cls, request: Request) -> "_Asked":
        end_ns = _whole(request, "end_ns", 0, _UINT64, time.time_ns())
        start_ns = _whole(request, "start_ns", 0, _UINT64, max(0, end_ns - DAY_NS))
        every_ns = _whole(request, "every_ns", 0, _UINT64, 0)
        if every_ns and (end_ns - start_ns) // every_ns >= MOST:
            raise _BadQuestion(f"'every_ns' makes more than {MOST} steps of that time")
        return cls(start_ns, end_ns, every_ns, _whole(request, "limit", 1, MOST, USUAL))


def routes(statistics: Statistics) -> list[Route]:
    """Give the routes.

    Args:
        statistics: Answers the questions; it may be called from several threads at once.
    """

    def agents(request: Request) -> dict[str, object]:
        asked = _Asked.of(request)
        found = statistics.agents(asked.start_ns, asked.end_ns, asked.limit, every_ns=asked.every_ns)
        return _answer(asked, agents=[agent.to_json() for agent in found])

    def edges(request: Request) -> dict[str, object]:
        asked = _Asked.of(request)
        found = statistics.edges(
            asked.start_ns,
            asked.end_ns,
            asked.limit,
            every_ns=asked.every_ns,
            from_agent=request.query_params.get("from") or None,
            to_agent=request.query_params.get("to") or None,
        )
        return _answer(asked, edges=[edge.to_json() for edge in found])

    def _answer(asked: _Asked, **found: object) -> dict[str, object]:
        return {
            "start_ns": str(asked.start_ns),
            "end_ns": str(asked.end_ns),
            "coverage": statistics.coverage(asked.start_ns, asked.end_ns).to_json(),
            **found,
        }

    return [_route("/weft/v1/agents", agents), _route("/weft/v1/edges", edges)]


def _route(path: str, answer: Callable[[Request], dict[str, object]]) -> Route:
    def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(answer(request))
        except _BadQuestion as error:
            return failure(400, str(error))
        except QueryError as error:
            return failure(error.status, str(error))

    return Route(path, endpoint, methods=["GET"])


def _whole(request: Request, name: str, least: int, most: int, usual: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return usual
    number = int(given) if given.isascii() and given.isdigit() and len(given) <= 20 else -1
    if not least <= number <= most:
        raise _BadQuestion(f"'{name}' should be a whole number from {least} to {most}")
    return number
