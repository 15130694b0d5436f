"""Weft's own JSON API, beside Jaeger's.

`GET /weft/v1/traces?limit=&service=` lists the newest traces as summaries, never as spans.
"""

from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from weft.model.summary import TraceSummary
from weft.present.failure import failure
from weft.query.errors import QueryError

USUAL: Final = 20
"""Traces listed when the question does not say."""
MOST: Final = 1_000
"""Traces that one question may ask for."""


class Summaries(Protocol):
    """Who knows the newest traces: `weft.query.queries.Queries`."""

    def summaries(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """Give the newest traces, the newest first."""


def routes(queries: Summaries) -> list[Route]:
    """Give the routes of the API.

    Args:
        queries: Answers the questions; it may be called from several threads at once.
    """

    def traces(request: Request) -> Response:
        given = request.query_params.get("limit", str(USUAL))
        limit = int(given) if given.isascii() and given.isdigit() and len(given) <= 9 else 0
        if not 1 <= limit <= MOST:
            return failure(400, f"'limit' should be a whole number from 1 to {MOST}")
        try:
            found = queries.summaries(limit, request.query_params.get("service") or None)
        except QueryError as error:
            return failure(error.status, str(error))
        return JSONResponse({"traces": [summary.to_json() for summary in found]})

    return [Route("/weft/v1/traces", traces, methods=["GET"])]
