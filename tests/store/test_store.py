"""The store's verbs: commits are made once, errors have a cause, days go as a whole."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from tests.sent import Sent

from weft.decode.request import decode
from weft.store import store as store_module
from weft.store.commit import Commit, Committer
from weft.store.errors import ReadTimedOut, StoreError, StoreUnavailable
from weft.store.store import Store

NEW_YEAR, DAY = 1_704_067_200, 86_400
TABLES = ("spans", "events", "links", "payloads")


class NoJournal:
    """A stand-in: these tests commit rows that no journal holds."""

    identity = "0" * 32
    damaged = ()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def commit(store: Store, number: int, received_s: int, *spans: Sent) -> None:
    """Commit spans as if they had been received at a time of the past."""
    committer = Committer(NoJournal(), store, decode, Path("nowhere"))  # type: ignore[arg-type]
    made = Commit(number, number, received_s)
    made.add(decode([span.request().SerializeToString() for span in spans]), number + 1)
    committer._insert(made)


def full(**changes: object) -> Sent:
    """A span that has rows in every table."""
    return Sent(tags={"text": "history " * 400}, events=[{"a": 1}], links=[{"b": 2}], **changes)  # type: ignore[arg-type]


def counts(store: Store) -> dict[str, int]:
    """Rows by table, duplicates included."""
    return {table: store.read(f"SELECT count() AS n FROM {table}").column("n")[0].as_py() for table in TABLES}


def test_the_same_token_twice_is_one_commit(store: Store) -> None:
    span = full()
    for _ in range(3):
        commit(store, 1, NEW_YEAR, span)
    assert set(counts(store).values()) == {1}
    commit(store, 2, NEW_YEAR, full())
    assert counts(store)["spans"] == 2


def test_what_was_inserted_is_there_when_the_directory_is_opened_again(tmp_path: Path) -> None:
    for number in range(3):
        store = Store(tmp_path / "store")
        commit(store, number, NEW_YEAR, full())
        assert counts(store)["spans"] == number + 1
        store.close()


def test_days_are_those_of_receipt(store: Store) -> None:
    commit(store, 1, NEW_YEAR + DAY, full())
    commit(store, 2, NEW_YEAR, full(), full())
    assert store.days() == ["2024-01-01", "2024-01-02"]


def test_a_dropped_day_leaves_nothing_behind(store: Store) -> None:
    commit(store, 1, NEW_YEAR, full(), full())
    commit(store, 2, NEW_YEAR + DAY, full())
    store.drop_days(["2024-01-01"])
    assert counts(store) == dict.fromkeys(TABLES, 1)
    assert store.days() == ["2024-01-02"]


def test_a_day_is_known_by_any_of_its_tables(store: Store) -> None:
    """A crash between two statements of a drop must not keep the rest for ever."""
    commit(store, 1, NEW_YEAR, full())
    for table in ("spans", "payloads"):
        store._run(store._writer, f"ALTER TABLE {table} DROP PARTITION '2024-01-01'")
    assert store.days() == ["2024-01-01"]


def test_a_span_that_was_sent_again_the_next_day_is_seen_once(store: Store) -> None:
    span = full()
    commit(store, 1, NEW_YEAR, span)
    commit(store, 2, NEW_YEAR + DAY, span)
    for table in ("spans", "events", "links"):
        assert store.read(f"SELECT count() AS n FROM {table} FINAL").column("n")[0].as_py() == 1, table


def test_a_read_that_takes_too_long_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_READ_SETTINGS", {"max_execution_time": 1})
    with pytest.raises(ReadTimedOut):
        store.read("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
    assert store.read("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_a_read_that_needs_too_much_memory_is_refused_and_harms_nothing(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        store.read("SELECT groupArray(toString(number)) FROM numbers(100000000)")
    assert store.read("SELECT 1 AS one").to_pylist() == [{"one": 1}]


def test_a_wrong_statement_is_an_error_that_names_it(store: Store) -> None:
    with pytest.raises(StoreError, match="nonsense"):
        store.read("SELECT nonsense FROM spans")


def test_rows_that_do_not_fit_the_table_are_refused_and_the_next_are_not(store: Store) -> None:
    with pytest.raises(StoreError) as refused:
        store.insert("spans", pa.table({"trace_id": ["neither 16 bytes nor short"]}), "token")
    assert not isinstance(refused.value, StoreUnavailable)
    commit(store, 1, NEW_YEAR, full())
    assert counts(store)["spans"] == 1


def test_a_directory_that_cannot_be_opened_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file, not a directory")
    with pytest.raises(StoreError, match="store"):
        Store(tmp_path / "store")


def test_readers_and_the_writer_work_at_the_same_time(store: Store) -> None:
    errors: list[BaseException] = []
    wanted, readers = 20, 8

    def read() -> None:
        try:
            while counts(store)["spans"] < wanted:
                pass
        except Exception as error:  # noqa: BLE001 - whatever it was, the test is to fail
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(readers)]  # twice as many as connections
    for thread in threads:
        thread.start()
    for number in range(wanted):
        commit(store, number, NEW_YEAR, full())
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert errors == []


@pytest.mark.parametrize("time_ns", [1, 2**63 - 1, 2**63, 2**64 - 1])
def test_the_collectors_view_stands_any_time(store: Store, time_ns: int) -> None:
    span = full(trace=os.urandom(16))
    request = span.request()
    sent = request.resource_spans[0].scope_spans[0].spans[0]
    sent.start_time_unix_nano = sent.end_time_unix_nano = sent.events[0].time_unix_nano = time_ns
    committer = Committer(NoJournal(), store, decode, Path("nowhere"))  # type: ignore[arg-type]
    made = Commit(1, 1, NEW_YEAR)
    made.add(decode([request.SerializeToString()]), 2)
    committer._insert(made)
    [row] = store.read(
        "SELECT toString(Timestamp) AS start, TraceId, length(`Events.Timestamp`) AS events FROM otel_traces"
    ).to_pylist()
    assert row["TraceId"] == span.trace.hex()
    assert row["events"] == 1
