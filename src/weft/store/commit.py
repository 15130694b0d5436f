"""One commit: a run of journal entries as rows of the store, made exactly once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from weft.journal import Journal, Mark
from weft.store.defaults import without_defaults
from weft.store.errors import StoreError, StoreUnavailable
from weft.store.store import Store

log = logging.getLogger(__name__)

#: Bodies decoded in one go from the journal: the decoder holds the interpreter while it works.
SLICE_BODIES: Final = 16
SLICE_BYTES: Final = 8 << 20
#: More spans than a commit can have.
ALL: Final = 1 << 62
#: Payload hashes remembered as stored today.
REMEMBERED_PAYLOADS: Final = 200_000


class Rows(Protocol):
    """Bodies that were decoded together."""

    def __len__(self) -> int:
        """How many spans."""

    def tables(self, payloads: dict[str, str]) -> Mapping[str, pa.Table]:
        """Rows by the name of their table; large values are added to `payloads` under their hash."""


Decode = Callable[[Sequence[bytes]], Rows]


@dataclass(slots=True)
class Commit:
    """Journal entries [start, stop) as columns; it grows until it is made.

    Attributes:
        start: The first entry.
        stop: Behind the last entry.
        received_s: When it was begun, seconds since the Unix epoch; its rows' day of receipt.
        slices: The rows of its entries, by the name of their table, in the order in which they are stored.
        payloads: Their large values by hash.
        spans: How many spans.
    """

    start: int
    stop: int
    received_s: int
    slices: dict[str, list[pa.Table]] = field(default_factory=dict)
    payloads: dict[str, str] = field(default_factory=dict)
    spans: int = 0

    def add(self, rows: Rows, stop: int) -> None:
        """Flatten what was decoded of the entries up to `stop`."""
        for table, slice_rows in rows.tables(self.payloads).items():
            if len(slice_rows):
                self.slices.setdefault(table, []).append(slice_rows)
        self.spans += len(rows)
        self.stop = stop


class Committer:
    """Makes commits from runs of journal entries.

    Args:
        journal: Where the entries are; marks are written to it.
        store: Where the rows go.
        decode: Decodes bodies; must give the same rows whenever it is given the same bodies.
        refused: Where a body is put that decodes but that the store will not take.
    """

    def __init__(self, journal: Journal, store: Store, decode: Decode, refused: Path) -> None:
        self._journal, self._store, self._decode, self._refused = journal, store, decode, refused
        self._stored_payloads: set[str] = set()
        self._stored_day = 0
        self._damage_reported = 0
        self._report_damage()

    def read(self, commit: Commit, stop: int, spans: int = ALL) -> None:
        """Let a commit grow by entries of the journal, until `stop` or until it has about `spans` spans."""
        bodies: list[bytes] = []
        size = 0
        for sequence, body in self._journal.read(commit.stop, stop):
            bodies.append(body)
            size += len(body)
            if len(bodies) == SLICE_BODIES or size >= SLICE_BYTES:
                commit.add(self._decode(bodies), sequence + 1)
                bodies, size = [], 0
                if commit.spans >= spans:
                    return
        if bodies:
            commit.add(self._decode(bodies), stop)
        commit.stop = stop  # entries that damage took are passed over
        self._report_damage()

    def begin(self, commit: Commit) -> Mark:
        """Mark a commit in the journal; after a crash it can only be made as it is."""
        mark = Mark(range(commit.start, commit.stop), commit.received_s.to_bytes(8, "big"))
        self._journal.mark(mark.entries, mark.note)
        return mark

    def make(self, commit: Commit) -> None:
        """Put a commit into the store; on return it is on disk and the journal has forgotten it.

        Raises:
            StoreUnavailable: The store can take nothing now; nothing was forgotten.
        """
        try:
            self._insert(commit)
        except StoreUnavailable:
            raise
        except StoreError as error:
            self._split(commit, error)
        self._journal.forget(commit.stop)

    def _insert(self, commit: Commit) -> None:
        token = f"{self._journal.identity}:{commit.start}:{commit.stop}"
        received = pa.scalar(commit.received_s, pa.uint32())
        new = self._unstored(commit)
        if new:
            payloads = pa.table({"hash": list(new), "content": list(new.values())})
            self._store.insert("payloads", _received(payloads, received), token)
        for table, slices in commit.slices.items():
            rows = without_defaults(pa.concat_tables(slices))
            self._store.insert(table, _received(rows, received), token)
        self._stored_payloads |= new.keys()

    def _unstored(self, commit: Commit) -> dict[str, str]:
        """The payloads of a commit that its day of receipt does not hold yet, as far as is remembered."""
        day = commit.received_s // 86_400
        if day != self._stored_day or len(self._stored_payloads) > REMEMBERED_PAYLOADS:
            self._stored_day, self._stored_payloads = day, set()
        return {key: value for key, value in commit.payloads.items() if key not in self._stored_payloads}

    def _split(self, commit: Commit, error: StoreError) -> None:
        """Commit what was refused together in halves, so that one bad body costs only itself."""
        if commit.stop - commit.start == 1:
            self._set_aside(commit.start, error)
            return
        middle = (commit.start + commit.stop) // 2
        for start, stop in ((commit.start, middle), (middle, commit.stop)):
            half = Commit(start, start, commit.received_s)
            self.read(half, stop)
            try:
                self._insert(half)
            except StoreUnavailable:
                raise
            except StoreError as half_error:
                self._split(half, half_error)

    def _report_damage(self) -> None:
        """Say what the journal could not read; in older segments that shows only when they are read."""
        for damage in self._journal.damaged[self._damage_reported :]:
            log.error("the journal is damaged: %s", damage)
        self._damage_reported = len(self._journal.damaged)

    def _set_aside(self, sequence: int, error: StoreError) -> None:
        self._refused.mkdir(exist_ok=True)
        file = self._refused / f"{self._journal.identity}-{sequence}.otlp"
        for _, body in self._journal.read(sequence, sequence + 1):
            file.write_bytes(body)
        log.error("the store refused one request; its body was put into %s: %s", file, error)


def _received(table: pa.Table, received: pa.Scalar) -> pa.Table:
    return table.append_column("received", pa.repeat(received, len(table)))
