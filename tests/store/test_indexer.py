"""The indexer moves every journal entry into the store once, whatever happens in between."""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.servers import until

from weft.decode.request import Decoded, decode
from weft.journal import Journal
from weft.store import indexer as indexer_module
from weft.store.commit import Commit, Committer
from weft.store.errors import StoreError, StoreUnavailable
from weft.store.indexer import Indexer
from weft.store.store import Store


def body(spans: int = 3, name: str = "work", text: str = "value") -> bytes:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    trace_id = os.urandom(16)
    for _ in range(spans):
        span = scope_spans.spans.add(
            trace_id=trace_id, span_id=os.urandom(8), name=name, end_time_unix_nano=1
        )
        span.attributes.add(key="key").value.string_value = text
    return request.SerializeToString()


class TroubledStore(Store):
    """The real store, with trouble of the test's making before it takes rows."""

    unavailable = 0
    refuses = ""
    inserts = 0

    def insert(self, table: str, rows: pa.Table, token: str) -> None:
        if self.unavailable:
            self.unavailable -= 1
            raise StoreUnavailable("the disk is full, says the test")
        if table == "spans" and self.refuses in rows.column("name").to_pylist():
            raise StoreError("refused, says the test")
        self.inserts += table == "spans"
        super().insert(table, rows, token)


class House:
    """Journal, store and indexer in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.journal = Journal(directory / "journal")
        self.store = TroubledStore(directory / "store")
        self.committer = Committer(self.journal, self.store, decode, directory / "refused")
        self.indexer = Indexer(self.journal, self.committer)

    def take(self, *bodies: bytes) -> None:
        """Journal and deliver bodies, as the intake does."""
        self.indexer.deliver(self.journal.append(bodies), decode(bodies))

    def count(self, table: str = "spans") -> int:
        """Rows, duplicates included."""
        return int(self.store.read(f"SELECT count() AS n FROM {table}").column("n")[0].as_py())

    def close(self) -> None:
        self.indexer.close()
        self.store.close()
        self.journal.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.close()


def test_a_flush_commits_what_was_delivered_before_it(house: House) -> None:
    for _ in range(20):
        house.take(body())
        assert house.indexer.flush(30)
        assert house.indexer.behind == 0
    assert house.count() == 60


def test_what_is_committed_is_forgotten_by_the_journal(house: House) -> None:
    house.take(body(), body())
    assert house.indexer.flush(30)
    assert house.journal.first == house.journal.end == 2


def test_bodies_that_do_not_fit_into_memory_are_read_again_from_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer_module, "ARRIVED_SPANS", 10)
    monkeypatch.setattr(indexer_module, "COMMIT_SPANS", 25)
    house = House(tmp_path)
    for _ in range(50):
        house.take(body(3), body(4))
    assert house.indexer.flush(30)
    assert house.count() == 350
    house.close()


def test_the_journal_of_an_earlier_process_is_committed_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    for _ in range(40):
        journal.append([body(2)])
    journal.close()
    house = House(tmp_path)
    house.take(body(1))
    assert house.indexer.flush(30)
    assert house.count() == 81
    house.close()


def test_a_commit_that_a_crash_interrupted_is_repeated_as_it_was(tmp_path: Path) -> None:
    """The rows are in the store, the journal does not know: the repeated commit has the same token."""
    journal = Journal(tmp_path / "journal")
    journal.append([body(2), body(2), body(2)])
    journal.append([body(5)])
    store = Store(tmp_path / "store")
    committer = Committer(journal, store, decode, tmp_path / "refused")
    commit = Commit(0, 0, 1_700_000_000)
    committer.read(commit, 3)
    committer.begin(commit)
    committer._insert(commit)  # and now the lights go out
    store.close()
    journal.close()

    house = House(tmp_path)
    assert house.indexer.flush(30)
    assert house.count() == 11
    assert house.store.days()[0] == "2023-11-14"  # the day of receipt is the first attempt's
    house.close()


def test_spans_wait_in_the_journal_while_the_store_can_take_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer_module, "RETRY_AFTER_S", 0.01)
    house.store.unavailable = 3
    house.take(body(2))
    house.take(body(2))
    assert house.indexer.flush(30)
    assert house.count() == 4


def test_one_refused_body_costs_only_itself(house: House) -> None:
    house.store.refuses = "poison"
    poison = body(2, name="poison")
    house.take(*(body(2) for _ in range(6)), poison, *(body(2) for _ in range(5)))
    assert house.indexer.flush(30)
    assert house.count() == 22
    [file] = (house.directory / "refused").iterdir()
    assert file.read_bytes() == poison


def test_an_error_that_nobody_foresaw_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(indexer_module, "RETRY_AFTER_S", 0.01)
    broken = threading.Event()
    whole = Committer.make

    def once_broken(self: Committer, commit: object) -> None:
        if not broken.is_set():
            broken.set()
            raise ZeroDivisionError
        whole(self, commit)  # type: ignore[arg-type]

    monkeypatch.setattr(Committer, "make", once_broken)
    house.take(body(3))
    assert house.indexer.flush(30)
    assert house.count() == 3
    assert "ZeroDivisionError" in caplog.text


def test_a_large_value_is_stored_once_a_day(house: House) -> None:
    for _ in range(3):
        house.take(body(4, text="history " * 1000))
        assert house.indexer.flush(30)
    assert house.count("payloads") == 1
    assert house.count() == 12


def test_a_failing_decoder_does_not_lose_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append([body(2)])
    monkeypatch.setattr(indexer_module, "RETRY_AFTER_S", 0.01)
    attempts = 0

    def flaky(bodies: Sequence[bytes]) -> Decoded:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise MemoryError
        return decode(bodies)

    store = Store(tmp_path / "store")
    indexer = Indexer(journal, Committer(journal, store, flaky, tmp_path / "refused"))
    assert indexer.flush(30)
    assert store.read("SELECT count() AS n FROM spans").column("n")[0].as_py() == 2
    indexer.close()
    store.close()
    journal.close()


def test_damage_in_the_journal_is_said_and_costs_only_what_it_hit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path / "journal", max_bytes=1 << 20, segment_bytes=2048)
    for _ in range(8):
        journal.append([body(2, text="x" * 1000)])
    journal.close()
    segment = min(file for file in (tmp_path / "journal").iterdir() if file.stat().st_size > 2000)
    content = bytearray(segment.read_bytes())
    content[1500] ^= 0xFF
    segment.write_bytes(content)
    house = House(tmp_path)
    assert house.indexer.flush(30)
    assert house.count() == 14
    assert "the journal is damaged" in caplog.text
    house.close()


def test_a_commit_was_received_when_it_is_made_and_not_when_it_began_to_grow(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a span whose announcement waits for the commit would look silent meanwhile."""
    house.take(body())
    until(lambda: house.indexer._commit.stop > house.indexer._commit.start, "it grows")
    made_s = 2_000_000_000
    monkeypatch.setattr("weft.store.indexer._now_s", lambda: made_s)
    assert house.indexer.flush(30)
    rows = house.store.read("SELECT DISTINCT toUnixTimestamp(received) AS at FROM spans")
    assert rows.column("at").to_pylist() == [made_s]
