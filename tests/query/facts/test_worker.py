"""The background work: it waits where it must, and goes on whatever happens."""

import threading
from collections.abc import Callable, Sequence

import pytest
from tests.servers import until

from weft.query.facts import worker as module
from weft.query.facts.waiting import WaitingTrace
from weft.query.facts.worker import FactsWorker
from weft.store.errors import StoreUnavailable

TRACE = WaitingTrace(bytes(16), 1, 1, 1)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("EVERY_S", "WAIT_S", "RETRY_S"):
        monkeypatch.setattr(module, pause, 0.01)


class Work:
    """Stands in for the look for traces and for the facts about them."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.looks = 0
        self.found = [[TRACE]]
        self.kept: list[WaitingTrace] = []

    def open(self) -> "Work":
        return self

    def next(self) -> list[WaitingTrace]:
        self.looks += 1
        return self.found.pop() if self.found else []

    def keep(self, batch: Sequence[WaitingTrace], give_way: Callable[[], None]) -> None:
        give_way()
        if self.errors:
            self.found.append(list(batch))  # it still waits
            raise self.errors.pop()
        self.kept += batch


def start(work: Work, settled: threading.Event, pressed: threading.Event) -> FactsWorker:
    return FactsWorker(work.open, work, lambda _: settled.is_set(), pressed.is_set)  # type: ignore[arg-type]


def event(is_set: bool) -> threading.Event:
    made = threading.Event()
    if is_set:
        made.set()
    return made


def test_it_computes_what_waits_and_keeps_looking() -> None:
    work = Work()
    worker = start(work, event(True), event(False))
    until(lambda: work.kept == [TRACE], "the facts are computed")
    work.found.append([TRACE, TRACE])
    until(lambda: len(work.kept) == 3, "it looks again")
    worker.close()
    looks = work.looks
    assert not worker._thread.is_alive()
    assert looks == work.looks


def test_it_begins_when_what_an_earlier_process_left_is_stored() -> None:
    work, settled = Work(), event(False)
    asked = threading.Semaphore(0)

    def settle(timeout_s: float) -> bool:
        asked.release()
        return settled.is_set()

    worker = FactsWorker(work.open, work, settle, lambda: False)  # type: ignore[arg-type]
    assert all(asked.acquire(timeout=20) for _ in range(3))
    assert work.looks == 0
    settled.set()
    until(lambda: work.kept == [TRACE], "it begins")
    worker.close()


def test_it_waits_while_more_arrives_than_is_indexed() -> None:
    work, pressed = Work(), event(True)
    worker = start(work, event(True), pressed)
    until(lambda: work.looks > 0, "it has looked")
    assert work.kept == []
    pressed.clear()
    until(lambda: work.kept == [TRACE], "it goes on")
    worker.close()


def test_it_ends_while_it_waits() -> None:
    work = Work()
    worker = start(work, event(True), event(True))
    until(lambda: work.looks > 0, "it has looked")
    worker.close()
    assert work.kept == []


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), ZeroDivisionError()], ids=repr)
def test_it_goes_on_after_an_error(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    work = Work(error)
    worker = start(work, event(True), event(False))
    until(lambda: work.kept == [TRACE], "it tries again")
    worker.close()
    assert "could not be computed" in caplog.text or "cannot be computed now" in caplog.text
