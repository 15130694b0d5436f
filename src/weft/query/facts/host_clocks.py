"""What is known of the clocks of hosts: learned from the traces that are explained, and kept."""

import json
import logging
import time
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.learner import Learner
from weft.model.shape import ShapeError
from weft.model.trace import Trace
from weft.query.facts.reading import Reader
from weft.query.sql_files import sql
from weft.store.store import Store

log = logging.getLogger(__name__)

#: How often what was learned is put into numbers, and kept; for 64 hosts it takes a tenth of a second.
RENEW_S: Final = 10.0
#: The newest traces that a process learns from before it goes on; as rows and objects they take a second.
FIRST_TRACES: Final = 400
FIRST_SPANS: Final = 200  # of the largest of them


class HostClocks:
    """Learns the clocks of hosts from traces that go by.

    A process that has just started learns from the newest traces of earlier ones first: what was learned is
    kept as numbers, from which nothing more can be learned.

    Args:
        store: Where what was learned is kept.
        reader: Where traces are read.
    """

    def __init__(self, store: Store, reader: Reader) -> None:
        self._store, self._reader = store, reader
        self._learner: Learner | None = None
        self._clocks = NO_CLOCKS
        self._renew_s = 0.0

    def prepare(self, trace_ids: Sequence[bytes]) -> None:
        """Learn from the newest traces and from these, where nothing was learned yet.

        Raises:
            StoreError: They cannot be read.
        """
        if self._learner is None:
            learner = Learner()
            rows = self._store.read(
                sql("facts_newest_hand_offs"), {"limit": FIRST_TRACES, "spans": FIRST_SPANS}
            )
            for some in (rows.column("trace_id").to_pylist(), trace_ids):
                for trace in self._reader.traces(some):
                    learner.add(trace)
            self._learner = learner

    def add(self, trace: Trace) -> None:
        """Learn from a trace."""
        if self._learner is not None:
            self._learner.add(trace)

    def now(self) -> Clocks:
        """Say what is known of the clocks, and keep it when it was renewed.

        Raises:
            StoreError: It cannot be kept.
        """
        if self._learner is not None and time.monotonic() >= self._renew_s:
            self._clocks = self._learner.clocks()
            self._renew_s = time.monotonic() + RENEW_S
            if self._clocks is not NO_CLOCKS:
                keep(self._store, self._clocks)
        return self._clocks


def keep(store: Store, clocks: Clocks) -> None:
    """Keep what is known of the clocks; it replaces what was known before.

    Raises:
        StoreError: It cannot be kept.
    """
    state = json.dumps(clocks.to_json(), separators=(",", ":"))
    row = {"learned": pa.array([int(time.time())], pa.uint32()), "state": [state]}
    store.insert("clocks", pa.table(row), "")


def kept(rows: pa.Table) -> Clocks:
    """Read what is known of the clocks.

    Args:
        rows: Rows of `clocks.sql`.
    """
    for state in rows.column("state").to_pylist():
        try:
            return Clocks.from_json(json.loads(state))
        except ShapeError:  # an older version wrote it
            log.warning("what was learned of clocks cannot be read; it is learned again", exc_info=True)
    return NO_CLOCKS
