"""What many traces say together, as JSON.

`GET /weft/v1/agents` and `GET /weft/v1/edges`, both with `start_ns`, `end_ns` (the last day when they are
left out), `every_ns` (steps of time) and `limit`; the latter with `from` and `to` (agents). Both say in
`coverage` of how many of the settled traces of that time they speak. `GET /weft/v1/clocks` says what was
learned of the clocks of hosts, as `weft.analyse.clocks.clocks.Clocks` reads it.
"""

from collections.abc import Callable
from time import time_ns
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from weft.analyse.clocks.clocks import Clocks
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.model.stretch import Stretch
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

    def coverage(self, time: Stretch) -> Coverage:
        """Say of how many traces the facts are known."""

    def agents(self, time: Stretch) -> list[AgentStatistics]:
        """Say what agents did."""

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> list[EdgeStatistics]:
        """Say what became of hand-offs."""

    def clocks(self) -> Clocks:
        """Say what is known of the clocks of hosts."""


class _BadQuestion(ValueError):
    """A parameter is not as it should be."""


def routes(statistics: Statistics) -> list[Route]:
    """Give the routes.

    Args:
        statistics: Answers the questions; it may be called from several threads at once.
    """

    def agents(request: Request) -> dict[str, object]:
        time = _stretch(request)
        found = statistics.agents(time)
        return _answer(time, agents=[agent.to_json() for agent in found])

    def edges(request: Request) -> dict[str, object]:
        time, given = _stretch(request), request.query_params
        found = statistics.edges(time, given.get("from") or None, given.get("to") or None)
        return _answer(time, edges=[edge.to_json() for edge in found])

    def clocks(request: Request) -> dict[str, object]:  # noqa: ARG001 (it asks for nothing)
        return {"clocks": statistics.clocks().to_json()}

    def _answer(time: Stretch, **found: object) -> dict[str, object]:
        return {
            "start_ns": str(time.start_ns),
            "end_ns": str(time.end_ns),
            "coverage": statistics.coverage(time).to_json(),
            **found,
        }

    return [
        _route("/weft/v1/agents", agents),
        _route("/weft/v1/edges", edges),
        _route("/weft/v1/clocks", clocks),
    ]


def _route(path: str, answer: Callable[[Request], dict[str, object]]) -> Route:
    def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(answer(request))
        except _BadQuestion as error:
            return failure(400, str(error))
        except QueryError as error:
            return failure(error.status, str(error))

    return Route(path, endpoint, methods=["GET"])


def _stretch(request: Request) -> Stretch:
    end_ns = _whole(request, "end_ns", 0, _UINT64, time_ns())
    start_ns = _whole(request, "start_ns", 0, _UINT64, max(0, end_ns - DAY_NS))
    every_ns = _whole(request, "every_ns", 0, _UINT64, 0)
    if every_ns and (end_ns - start_ns) // every_ns >= MOST:
        raise _BadQuestion(f"'every_ns' makes more than {MOST} steps of that time")
    limit = _whole(request, "limit", 1, MOST, USUAL)
    return Stretch(start_ns=start_ns, end_ns=end_ns, every_ns=every_ns, limit=limit)


def _whole(request: Request, name: str, least: int, most: int, usual: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return usual
    number = int(given) if given.isascii() and given.isdigit() and len(given) <= 20 else -1
    if not least <= number <= most:
        raise _BadQuestion(f"'{name}' should be a whole number from {least} to {most}")
    return number
