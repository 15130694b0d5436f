"""Traces read from the store with what analysis needs of them, and no more."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from weft.model.trace import Trace
from weft.query.assemble import EVENTS, LINKS, lists
from weft.query.open_spans import with_open
from weft.query.silence import Silence
from weft.query.sql_files import sql
from weft.query.traces import traces
from weft.store.store import Store

_EVENTS: Final = {name: column for name, column in EVENTS.items() if "dropped" not in name}
_LINKS: Final = {name: LINKS[name] for name in ("link_trace_ids", "link_span_ids")}


class Reader:
    """Reads many traces at once.

    What `weft.query.queries.Queries.spans` does for people takes 35 µs of CPU a span: it sorts, puts large
    values back in their place and describes resources and scopes. This takes 4.

    Args:
        store: The store.
        silence: Tells which of the spans that have not ended are lost.
    """

    def __init__(self, store: Store, silence: Silence) -> None:
        self._store, self._silence = store, silence

    def traces(self, trace_ids: Sequence[bytes]) -> list[Trace]:
        """Read traces; large attribute values stay the hashes of their contents.

        Args:
            trace_ids: Their ids, 16 bytes each.

        Raises:
            StoreError: They cannot be read.
        """
        return traces(self.rows(trace_ids))

    def rows(self, trace_ids: Sequence[bytes]) -> pa.Table:
        """Read the rows that `weft.query.traces.traces` makes traces of."""
        wanted = [trace_id.hex() for trace_id in trace_ids]
        # In the order that keeps what ends or arrives in between from being missed: see `Queries.spans`.
        pending = self._read("pending", trace_ids=wanted, **self._silence.parameters())
        spans = self._read("facts_spans", trace_ids=wanted).combine_chunks()
        events, links = (self._read(name, trace_ids=wanted).combine_chunks() for name in ("events", "links"))
        for name, column in (lists(spans, events, _EVENTS) | lists(spans, links, _LINKS)).items():
            spans = spans.append_column(name, column)
        return with_open(spans, pending)

    def _read(self, name: str, **parameters: Any) -> pa.Table:
        return self._store.read(sql(name), parameters)
