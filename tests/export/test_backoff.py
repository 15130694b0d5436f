"""Waits between attempts."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st
from tests.servers import until

from weft.export.answer import Answer, Verdict
from weft.export.backoff import ASKED_S, CLOSED_S, FIRST_S, LONGEST_S, Backoff
from weft.export.counters import Tally
from weft.export.limits import QueueLimits
from weft.export.outbox import Outbox
from weft.export.sender import Sender


def test_waits_grow_to_a_limit_and_begin_anew_after_an_answer() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(40)]
    assert waits[0] <= FIRST_S
    assert waits[0] < waits[2] < waits[4]
    assert all(LONGEST_S / 2 <= wait <= LONGEST_S for wait in waits[6:])
    assert len(set(waits)) == len(waits), "many agents do not come back at the same moment"
    backoff.reset()
    assert backoff.next_s() <= FIRST_S


def test_a_closed_door_is_tried_seldom() -> None:
    assert CLOSED_S / 2 <= Backoff().next_s(closed=True) <= CLOSED_S


@given(st.floats(0, 1e9))
def test_what_the_backend_asks_for_is_waited_within_reason(asked_s: float) -> None:
    wait_s = Backoff().next_s(asked_s=asked_s)
    assert min(asked_s, ASKED_S) <= wait_s <= min(asked_s, ASKED_S) + LONGEST_S


def test_the_sender_begins_anew_when_the_backend_has_answered() -> None:
    answers = [Verdict.LATER] * 2 + [Verdict.TAKEN]

    class Scripted:
        def send(self, body: bytes) -> Answer:
            return Answer(answers.pop(0))

        def close(self) -> None: ...

    tally = Tally()
    outbox = Outbox(QueueLimits(), None, 0.0, tally)
    sender = Sender(Scripted, outbox, tally)
    outbox.put(b"one", 1)
    thread = threading.Thread(target=sender.run)
    thread.start()
    until(lambda: outbox.failures == 2, "it was not taken at once")
    assert sender._backoff.tries == 2
    assert outbox.failing
    until(lambda: not outbox.has_work, "it is taken")
    sender.stop()
    thread.join()
    assert sender._backoff.tries == 0
    assert not outbox.failing
    assert sender.failing_since_s is None
