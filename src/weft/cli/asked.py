"""The traces of a backend that a command asks for, and waits for."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from weft.cli.failure import Absent, Failure, Unheard
from weft.cli.source import Source
from weft.cli.wanted import find
from weft.decode.dialects.read import read
from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError
from weft.model.trace import Trace

MOST: Final = 1000
"""Traces that are asked for at once."""
_POLL_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which traces of a backend are meant.

    Attributes:
        trace_id: One with an id that begins so; None for the newest.
        service: Only those that it took part in.
        last: How many of the newest; None for one, or for all of a time.
        since_ns: Only those that ended so long ago or later; None for any time.
        wait_ns: How long to ask again.
    """

    trace_id: str | None
    service: str | None
    last: int | None
    since_ns: int | None
    wait_ns: int

    def settled(self, source: Source, judge: Callable[[list[Trace]], bool]) -> None:
        """Give the traces to a judge, again and again until all is well and no more comes, or time is over.

        Args:
            source: Who is asked.
            judge: Looks at the traces, and tells whether all is well.

        Raises:
            Absent: A trace that was named is not there.
            Failure: Nobody answers, or not as a backend does.
        """
        until_ns = time.monotonic_ns() + self.wait_ns
        before: list[tuple[str, int]] | None = None
        while True:
            over = time.monotonic_ns() >= until_ns
            try:
                traces = list(self._traces(source))
            except (Absent, Unheard):
                if over:
                    raise
                traces = []
            sizes = [(trace.trace_id, len(trace.spans)) for trace in traces]
            still = sizes == before and not any(trace.open for trace in traces)
            if (judge(traces) and still) or over:
                return
            before = sizes
            time.sleep(min(_POLL_S, max(0, until_ns - time.monotonic_ns()) / 1e9))

    def _traces(self, source: Source) -> Iterator[Trace]:
        if self.trace_id is not None:
            yield _read(find(source, self.trace_id))
            return
        most = self.last or (1 if self.since_ns is None else MOST)
        for summary in source.traces(most, self.service):
            if self.since_ns is not None and summary.end_ns < time.time_ns() - self.since_ns:
                continue
            found = source.trace(summary.trace_id)
            if found is not None:
                yield _read(found)


def _read(found: object) -> Trace:
    try:
        return read_trace(found, read)
    except ShapeError as error:
        raise Failure(f"the backend's answer is not a trace: {error}") from error
