"""The table of spans that have not ended: one row a span, the last announcement, gone with its day."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sent import Sent
from tests.servers import until
from tests.store.test_store import DAY, NEW_YEAR, commit

from weft.store.errors import StoreError
from weft.store.store import Store
from weft.store.sweep import Sweep


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def names(store: Store) -> list[str]:
    found: list[str] = store.read("SELECT name FROM pending FINAL ORDER BY name").column("name").to_pylist()
    return found


def test_a_commit_that_is_made_again_is_one_commit(store: Store) -> None:
    for _ in range(3):
        commit(store, 1, NEW_YEAR, Sent(open_ns=5))
    assert store.read("SELECT count() AS n FROM pending").to_pylist() == [{"n": 1}]


def test_the_last_announcement_is_kept_also_over_midnight(store: Store) -> None:
    span = Sent(open_ns=5)
    commit(store, 1, NEW_YEAR, replace(span, name="second", open_ns=10))
    commit(store, 2, NEW_YEAR + DAY, replace(span, name="third", open_ns=15))
    commit(store, 3, NEW_YEAR + DAY, replace(span, name="first"))
    assert names(store) == ["third"]
    store._run(store._writer, "OPTIMIZE TABLE pending FINAL")
    assert names(store) == ["third"]


def test_of_announcements_that_do_not_say_how_old_they_are_the_last_received_counts(store: Store) -> None:
    span = Sent(open_ns=0)
    for number, name in enumerate(["first", "second", "third"]):
        commit(store, number, NEW_YEAR, replace(span, name=name))
    commit(store, 3, NEW_YEAR, replace(span, name="fourth"), replace(span, name="fifth"))
    assert names(store) == ["fifth"]


def test_a_row_goes_with_its_day(store: Store) -> None:
    commit(store, 1, NEW_YEAR, Sent(name="old", open_ns=5))
    commit(store, 2, NEW_YEAR + DAY, Sent(name="new", open_ns=5))
    assert store.days() == ["2024-01-01", "2024-01-02"]
    store.drop_days(["2024-01-01"])
    assert names(store) == ["new"]


def count(store: Store) -> int:
    number: int = store.read("SELECT count() AS n FROM pending").column("n")[0].as_py()
    return number


def test_announcements_are_deleted_when_their_spans_have_ended(store: Store) -> None:
    ended, still = Sent(name="ends"), Sent(name="still", open_ns=5)
    commit(store, 1, NEW_YEAR, *(replace(ended, open_ns=n) for n in (5, 10)), still)
    assert store.forget_announced() == 0
    commit(store, 2, NEW_YEAR + DAY, replace(ended, name="renamed"))
    assert store.forget_announced() == 2
    until(lambda: count(store) == 1, "only what is open is left")
    assert names(store) == ["still"]
    commit(store, 3, NEW_YEAR + DAY, replace(ended, open_ns=15))  # late
    assert store.forget_announced() == 1
    until(lambda: count(store) == 1, "only what is open is left")


def test_they_are_deleted_by_themselves(store: Store) -> None:
    span = Sent()
    commit(store, 1, NEW_YEAR, replace(span, open_ns=5), span)
    sweep = Sweep(store, every_s=0.05)
    until(lambda: count(store) == 0, "nothing is left")
    sweep.close()


def test_a_sweep_that_fails_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def fail() -> int:
        tries.append(1)
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "forget_announced", fail)
    sweep = Sweep(store, every_s=0.01)
    until(lambda: len(tries) > 1, "it is tried again")
    sweep.close()
    assert "could not be deleted" in caplog.text
