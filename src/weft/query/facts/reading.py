"""Traces read from the store with what analysis needs of them, and no more."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from weft.model.trace import Trace
from weft.query.assemble import EVENTS, LINKS, lists
from weft.query.open_spans import with_open
from weft.query.silence import Silence
from weft.query.sql_files import sql
from weft.query.traces import in_turn
from weft.store.store import Store

_EVENTS: Final = {name: column for name, column in EVENTS.items() if "dropped" not in name}
_LINKS: Final = {name: LINKS[name] for name in ("link_trace_ids", "link_span_ids")}
_NONE: Final = pa.table({})


class Reader:
    """Reads many traces at once.

    What `weft.query.queries.Queries.spans` does for people takes 35 µs of CPU a span: it sorts, puts large
    values back in their place and describes resources and scopes. This takes 7.

    Args:
        store: The store.
        silence: Tells which of the spans that have not ended are lost.
    """

    def __init__(self, store: Store, silence: Silence) -> None:
        self._store, self._silence = store, silence

    def traces(self, trace_ids: Sequence[bytes], *, has_announced: bool = False) -> Iterator[Trace]:
        """Read traces; large attribute values stay the hashes of their contents.

        Args:
            trace_ids: Their ids, 16 bytes each.
            has_announced: Whether some have spans that may never have ended.

        Raises:
            StoreError: They cannot be read.
        """
        return in_turn(self.rows(trace_ids, has_announced=has_announced))

    def rows(self, trace_ids: Sequence[bytes], *, has_announced: bool = False) -> pa.Table:
        """Read the rows that traces are made of, those of a trace together."""
        wanted = [trace_id.hex() for trace_id in trace_ids]
        # In the order that keeps what ends or arrives in between from being missed: see `Queries.spans`.
        pending = self._pending(wanted) if has_announced else _NONE
        spans = self._read("facts_spans", trace_ids=wanted).combine_chunks()
        events, links = (self._read(name, trace_ids=wanted).combine_chunks() for name in ("events", "links"))
        for name, column in (lists(spans, events, _EVENTS) | lists(spans, links, _LINKS)).items():
            spans = spans.append_column(name, column)
        return _together(with_open(spans, pending))

    def _pending(self, wanted: Sequence[str]) -> pa.Table:
        return self._read("pending", trace_ids=wanted, **self._silence.parameters())

    def _read(self, name: str, **parameters: Any) -> pa.Table:
        return self._store.read(sql(name), parameters)


def _together(rows: pa.Table) -> pa.Table:
    """Rows by trace. The engine takes ten times as long for it."""
    halves = np.frombuffer(b"".join(rows.column("trace_id").to_pylist()), np.uint64).reshape(-1, 2)
    return rows.take(pa.array(np.lexsort(halves.T)))
