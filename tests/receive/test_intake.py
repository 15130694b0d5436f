"""Acknowledged means on disk; one bad request among many fails alone; nobody waits for ever."""

import errno
import os
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.decode.request import Decoded, decode
from weft.journal import Journal, JournalFull
from weft.receive import intake as intake_module
from weft.receive.intake import Intake, Malformed, Overloaded, Stopping

MALFORMED = b"\x0a\xff"
#: A length of 2^64 - 1 makes the parser panic, which is not an Exception in Python.
PANIC = b"\x0a" + b"\xff" * 9 + b"\x01"
TIMEOUT_S = 30


def body(spans: int = 1, good: bool = True) -> bytes:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for _ in range(spans):
        scope_spans.spans.add(trace_id=os.urandom(16 if good else 3), span_id=os.urandom(8))
    return request.SerializeToString()


class Door:
    """An intake over a real journal and the real decoder, which can be held shut.

    Attributes:
        open: The intake decodes only while it is set.
        groups: The sizes of the groups that were decoded.
        delivered: (entry numbers, spans), as the indexer would get them.
    """

    def __init__(self, directory: Path, max_bytes: int = 64 << 20) -> None:
        self.journal = Journal(directory, max_bytes=max_bytes)
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()
        self.groups: list[int] = []
        self.delivered: list[tuple[range, int]] = []
        self.intake = Intake(self._decode, self.journal, self._deliver)

    def _decode(self, bodies: Sequence[bytes]) -> Decoded:
        self.reached.set()
        assert self.open.wait(TIMEOUT_S)
        self.groups.append(len(bodies))
        return decode(bodies)

    def _deliver(self, entries: range, decoded: Decoded) -> None:
        self.delivered.append((entries, len(decoded)))

    def shut(self) -> "Future[Any]":
        """Hold the intake within its next group, which has one body."""
        self.open.clear()
        self.reached.clear()
        first = self.intake.submit(body())
        assert self.reached.wait(TIMEOUT_S)
        return first

    def close(self) -> None:
        self.open.set()
        self.intake.close()
        self.journal.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path / "journal")
    yield opened
    opened.close()


def test_what_was_answered_is_in_the_journal(door: Door) -> None:
    sent = [body(2) for _ in range(5)]
    for number, one in enumerate(sent, start=1):
        verdict = door.intake.submit(one).result(TIMEOUT_S)
        assert (verdict.rejected, verdict.message) == (0, "")
        assert [kept for _, kept in door.journal.read(0)] == sent[:number]


def test_requests_that_wait_together_are_one_group(door: Door) -> None:
    first = door.shut()
    answers = [door.intake.submit(body()) for _ in range(intake_module.GROUP_BODIES + 3)]
    door.open.set()
    wait([first, *answers], TIMEOUT_S)
    assert door.groups == [1, intake_module.GROUP_BODIES, 3]


def test_a_group_has_a_bound_in_bytes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "GROUP_BYTES", 10)
    first = door.shut()
    answers = [door.intake.submit(body()) for _ in range(3)]
    door.open.set()
    wait([first, *answers], TIMEOUT_S)
    assert door.groups == [1, 1, 1, 1]


def test_delivery_is_in_the_order_of_the_journal(door: Door) -> None:
    answers = [door.intake.submit(body(1 + number % 3)) for number in range(60)]
    wait(answers, TIMEOUT_S)
    starts = [entries.start for entries, _ in door.delivered]
    stops = [entries.stop for entries, _ in door.delivered]
    assert starts == [0, *stops[:-1]]
    assert stops[-1] == door.journal.end == 60
    assert sum(spans for _, spans in door.delivered) == 120


@pytest.mark.parametrize("bad", [MALFORMED, PANIC], ids=["malformed", "panic"])
def test_one_malformed_request_among_many_fails_alone(door: Door, bad: bytes) -> None:
    first = door.shut()
    good = [body(3) for _ in range(7)]
    answers = [door.intake.submit(one) for one in [*good[:4], bad, *good[4:]]]
    door.open.set()
    wait([first, *answers], TIMEOUT_S)
    assert isinstance(answers.pop(4).exception(), Malformed)
    assert [answer.result().rejected for answer in answers] == [0] * 7
    assert [kept for _, kept in door.journal.read(1)] == good


def test_spans_that_are_left_out_are_told_to_their_own_sender(door: Door) -> None:
    first = door.shut()
    bodies = [body(2), body(3, good=False), body(1)]
    answers = [door.intake.submit(one) for one in bodies]
    door.open.set()
    wait([first, *answers], TIMEOUT_S)
    assert [answer.result().rejected for answer in answers] == [0, 3, 0]


def test_a_request_without_a_good_span_takes_no_room_in_the_journal(door: Door) -> None:
    for nothing in (b"", body(0), body(4, good=False)):
        door.intake.submit(nothing).result(TIMEOUT_S)
    assert door.journal.end == 0
    assert door.delivered == []


def test_everyone_is_told_when_the_journal_is_full(tmp_path: Path) -> None:
    door = Door(tmp_path / "journal", max_bytes=20_000)
    answers = [door.intake.submit(body(100)) for _ in range(20)]
    wait(answers, TIMEOUT_S)
    kept = [answer for answer in answers if answer.exception() is None]
    assert 0 < len(kept) < 20
    assert all(isinstance(answer.exception(), (JournalFull, type(None))) for answer in answers)
    assert len(kept) == door.journal.end
    door.journal.forget(door.journal.end)
    assert door.intake.submit(body(100)).result(TIMEOUT_S).rejected == 0
    door.close()


def test_an_error_of_the_disk_is_told_and_the_next_request_is_taken(door: Door) -> None:
    small, large = body(), body(1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))  # what a full disk is to a writer
    try:
        error = door.intake.submit(large).exception(TIMEOUT_S)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(error, OSError)
    assert error.errno == errno.EFBIG
    assert door.delivered == []
    assert door.intake.submit(small).result(TIMEOUT_S).rejected == 0
    assert [kept for _, kept in door.journal.read(0)] == [small]


def test_an_error_that_nobody_foresaw_fails_its_request_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path / "journal")
    poison = body()

    def fragile(bodies: Sequence[bytes]) -> Decoded:
        if poison in bodies:
            raise MemoryError
        return decode(bodies)

    held = threading.Event()
    intake = Intake(fragile, journal, lambda *_: None, lambda: held.wait(TIMEOUT_S) and None)
    first = intake.submit(body())
    first.result(TIMEOUT_S)  # the intake pauses now
    answers = [intake.submit(one) for one in (body(), poison, body())]
    held.set()
    wait(answers, TIMEOUT_S)
    assert [type(answer.exception()) for answer in answers] == [type(None), MemoryError, type(None)]
    assert "could not be decoded" in caplog.text
    intake.close()
    journal.close()


def test_a_sender_that_goes_away_harms_nobody(door: Door) -> None:
    """Its future is cancelled, before its turn or within it: neither may end the thread that answers."""
    within = door.shut()
    before, other = door.intake.submit(body()), door.intake.submit(body())
    assert before.cancel()
    assert not within.cancel()  # too late: it is being written
    door.open.set()
    assert other.result(TIMEOUT_S).rejected == 0
    assert door.intake.submit(body()).result(TIMEOUT_S).rejected == 0
    assert door.journal.end == 3  # the one that was cancelled in time is not there


def test_only_so_much_may_wait(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    one = body()
    monkeypatch.setattr(intake_module, "WAITING_BYTES", 3 * len(one))
    first = door.shut()
    waiting = [door.intake.submit(one) for _ in range(3)]
    with pytest.raises(Overloaded):
        door.intake.submit(one)
    door.open.set()
    wait([first, *waiting], TIMEOUT_S)
    assert door.intake.submit(one).result(TIMEOUT_S).rejected == 0


def test_a_body_larger_than_all_that_may_wait_is_taken_alone(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "WAITING_BYTES", 10)
    assert door.intake.submit(body(50)).result(TIMEOUT_S).rejected == 0


def test_closing_answers_what_waits_and_takes_nothing_more(door: Door) -> None:
    first = door.shut()
    waiting = [door.intake.submit(body()) for _ in range(40)]
    closing = threading.Thread(target=door.intake.close)
    closing.start()
    while not door.intake._closing:
        pass
    with pytest.raises(Stopping):
        door.intake.submit(body())
    door.open.set()
    closing.join(TIMEOUT_S)
    assert not closing.is_alive()
    assert all(answer.done() and answer.exception() is None for answer in [first, *waiting])
    assert door.journal.end == 41


def test_it_pauses_after_its_answers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    paused, go_on = threading.Event(), threading.Event()

    def pace() -> None:
        paused.set()
        go_on.wait(TIMEOUT_S)

    intake = Intake(decode, journal, lambda *_: None, pace)
    assert intake.submit(body()).result(TIMEOUT_S).rejected == 0  # not held up by the pause behind it
    assert paused.wait(TIMEOUT_S)
    go_on.set()
    intake.close()
    journal.close()


KINDS: dict[str, Callable[[], bytes]] = {
    "good": body,
    "some": lambda: body(2, good=False) + body(1),
    "none": lambda: body(2, good=False),
    "empty": bytes,
    "malformed": lambda: MALFORMED,
}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=40))
def test_each_request_has_the_answer_that_it_would_have_alone(door: Door, kinds: list[str]) -> None:
    begin = door.journal.end
    bodies = [KINDS[kind]() for kind in kinds]
    answers = [door.intake.submit(one) for one in bodies]
    wait(answers, TIMEOUT_S)
    for kind, answer in zip(kinds, answers, strict=True):
        assert isinstance(answer.exception(), Malformed) == (kind == "malformed")
        if kind != "malformed":
            assert answer.result().rejected == {"some": 2, "none": 2}.get(kind, 0)
    kept = [one for _, one in door.journal.read(begin)]
    wanted = [one for kind, one in zip(kinds, bodies, strict=True) if kind in {"good", "some"}]
    assert [one for one in kept if one in wanted] == wanted
