"""A data directory that no backend serves, opened by the command itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weft.app import CannotStart, open_store_for_reading
from weft.cli.failure import Failure
from weft.journal import JournalLocked
from weft.model.summary import TraceSummary
from weft.present.jaeger.traces import traces as jaeger_traces
from weft.query.errors import QueryError
from weft.query.queries import Queries


class Directory:
    """A data directory, asked as a running backend is.

    Args:
        queries: The read verbs over it.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def traces(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """Give the newest traces."""
        return self._queries.summaries(limit, service)

    def trace(self, trace_id: str) -> object | None:
        """Give one trace in Jaeger's JSON, asked for with up to 32 hex digits; None when it is not there."""
        asked = bytes.fromhex(trace_id.rjust(32, "0"))
        found = jaeger_traces(self._queries.spans([asked]), raw=True)
        return json.loads(found[asked]) if asked in found else None


@contextmanager
def open_directory(data: Path) -> Iterator[Directory]:
    """Open a data directory for the time of the context.

    Raises:
        Failure: There is none, a backend serves it, or it cannot be read.
    """
    try:
        with open_store_for_reading(data) as queries:
            yield Directory(queries)
    except CannotStart as error:
        if isinstance(error.__cause__, JournalLocked):
            raise Failure(f"{data} is in use by a weft that runs; ask that one (--url)") from error
        raise Failure(str(error)) from error
    except QueryError as error:
        raise Failure(f"{data} cannot be asked: {error}") from error
