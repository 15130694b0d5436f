"""Facts about traces: read, explained, and kept."""

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pyarrow as pa

from weft.analyse.clocks.clocks import Clocks
from weft.model.explanation import Explanation
from weft.model.trace import Trace
from weft.query.facts.host_clocks import HostClocks
from weft.query.facts.reading import Reader
from weft.query.facts.rows import Fact, rows
from weft.query.facts.waiting import WaitingTrace
from weft.store.errors import StoreUnavailable
from weft.store.store import Store

log = logging.getLogger(__name__)

#: A trace with more rows is not explained here: as objects it takes some 5 KiB a span.
MOST_SPANS: Final = 20_000
#: Facts of so many traces become columns together. They hold on to the spans, and what lives long is what the
#: collector of cycles goes through again and again: with all of a batch it took a sixth of the time.
TOGETHER: Final = 16
#: So many rows are read together: a statement costs 5 ms, whatever it reads.
BATCH_SPANS: Final = 16_000


class Facts:
    """Computes facts and keeps them.

    Args:
        store: Where they are kept.
        reader: Where traces are read.
        explain: Explains a trace by what is known of the clocks.
    """

    def __init__(self, store: Store, reader: Reader, explain: Callable[[Trace, Clocks], Explanation]) -> None:
        self._store, self._reader, self._explain = store, reader, explain
        self._clocks = HostClocks(store, reader)

    def keep(self, waiting: Sequence[WaitingTrace], give_way: Callable[[], None] = lambda: None) -> None:
        """Compute the facts about a batch of traces and keep them, in one step for all.

        A trace that is too large, or that analysis fails on, is kept as not explained: it must not come up
        again and again.

        Args:
            waiting: The traces.
            give_way: Called between two traces; waits while there is something more urgent to do.

        Raises:
            StoreUnavailable: The store can take nothing now.
            StoreError: The store refused the facts.
        """
        left = {trace.trace_id.hex(): trace for trace in waiting}
        tables, some = [], []
        for fact in self._explained([trace for trace in waiting if trace.spans <= MOST_SPANS]):
            left.pop(fact.trace_id, None)
            some.append(fact)
            if len(some) == TOGETHER:
                tables.append(rows(some))
                some = []
            give_way()
        some += [_unexplained(trace) for trace in left.values()]
        if some:
            tables.append(rows(some))
        if tables:
            self._store.insert("trace_facts", pa.concat_tables(tables), uuid.uuid4().hex)

    def _explained(self, waiting: Sequence[WaitingTrace]) -> Iterator[Fact]:
        """Explain what can be explained, and let a trace that cannot be read cost only itself."""
        if not waiting:
            return
        try:
            yield from self._each(waiting)
        except StoreUnavailable:
            raise
        except Exception:
            if len(waiting) == 1:
                log.exception("trace %s cannot be read; it is not explained", waiting[0].trace_id.hex())
                return
            middle = len(waiting) // 2
            for half in (waiting[:middle], waiting[middle:]):
                yield from self._explained(half)

    def _each(self, waiting: Sequence[WaitingTrace]) -> Iterator[Fact]:
        trace_ids = [trace.trace_id for trace in waiting]
        received_s = {trace.trace_id.hex(): trace.received_s for trace in waiting}
        self._clocks.prepare(trace_ids)
        clocks = self._clocks.now()
        has_announced = any(trace.has_announced for trace in waiting)
        for trace in self._reader.traces(trace_ids, has_announced=has_announced):
            try:
                self._clocks.add(trace)
                explanation = self._explain(trace, clocks)
            except Exception:
                log.exception("trace %s could not be explained", trace.trace_id)
                continue
            yield Fact(
                trace_id=trace.trace_id,
                received_s=received_s[trace.trace_id],
                start_ns=explanation.start_ns,
                spans=len(trace.spans),
                explanation=explanation,
                spans_by_id={span.span_id: span for span in trace.spans},
            )


def batches(waiting: Sequence[WaitingTrace]) -> Iterator[Sequence[WaitingTrace]]:
    """Cut traces into runs of about `BATCH_SPANS` rows."""
    batch: list[WaitingTrace] = []
    size = 0
    for trace in waiting:
        if batch and size + trace.spans > BATCH_SPANS:
            yield batch
            batch, size = [], 0
        batch.append(trace)
        size += trace.spans
    if batch:
        yield batch


def _unexplained(trace: WaitingTrace) -> Fact:
    return Fact(
        trace_id=trace.trace_id.hex(),
        received_s=trace.received_s,
        start_ns=trace.start_ns,
        spans=trace.spans,
    )
