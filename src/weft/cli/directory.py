"""A data directory that no backend serves, opened by the command itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weft.analyse.clocks.clocks import Clocks
from weft.app import CannotStart, Pipeline, open_store_for_reading
from weft.cli.failure import Failure
from weft.cli.progress import Progress
from weft.journal import JournalLocked
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.model.stretch import Stretch
from weft.model.summary import TraceSummary
from weft.present.jaeger.traces import traces as jaeger_traces
from weft.query.errors import QueryError
from weft.query.facts.catch_up import catch_up


class Directory:
    """A data directory, asked as a running backend is.

    Args:
        pipeline: What is in it.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline, self._queries = pipeline, pipeline.queries

    def traces(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """Give the newest traces."""
        return self._queries.summaries(limit, service)

    def trace(self, trace_id: str) -> object | None:
        """Give one trace in Jaeger's JSON, asked for with up to 32 hex digits; None when it is not there."""
        asked = bytes.fromhex(trace_id.rjust(32, "0"))
        found = jaeger_traces(self._queries.spans([asked]), raw=True)
        return json.loads(found[asked]) if asked in found else None

    def agents(self, time: Stretch) -> tuple[Coverage, list[AgentStatistics]]:
        """Say what agents did; the facts that are missing are computed first."""
        self._catch_up()
        return self._queries.coverage(time), self._queries.agents(time)

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> tuple[Coverage, list[EdgeStatistics]]:
        """Say what became of hand-offs; the facts that are missing are computed first."""
        self._catch_up()
        return self._queries.coverage(time), self._queries.edges(time, from_agent, to_agent)

    def clocks(self) -> Clocks:
        """Say what was last learned of the clocks of hosts."""
        return self._queries.clocks()

    def _catch_up(self) -> None:
        self._queries.services()  # what is in the journal is part of it
        waiting = self._pipeline.waiting()
        for _ in Progress("weft").of(catch_up(waiting, self._pipeline.facts), "traces explained"):
            pass


@contextmanager
def open_directory(data: Path) -> Iterator[Directory]:
    """Open a data directory for the time of the context.

    Raises:
        Failure: There is none, a backend serves it, or it cannot be read.
    """
    try:
        with open_store_for_reading(data) as pipeline:
            yield Directory(pipeline)
    except CannotStart as error:
        if isinstance(error.__cause__, JournalLocked):
            raise Failure(f"{data} is in use by a weft that runs; ask that one (--url)") from error
        raise Failure(str(error)) from error
    except QueryError as error:
        raise Failure(f"{data} cannot be asked: {error}") from error
