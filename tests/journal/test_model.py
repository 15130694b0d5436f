"""A journal against a list, through any sequence of uses, closings and openings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from weft.journal import Journal, JournalFull, Mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 3000
bodies = st.binary(max_size=30) | st.integers(0, 400).map(lambda size: b"L" * size)


class JournalModel(RuleBasedStateMachine):
    new_directory: Callable[[], Path]

    @initialize(segment_bytes=st.sampled_from([1, 100, 300, 1 << 20]))
    def open(self, segment_bytes: int) -> None:
        self.directory = self.new_directory()
        self.segment_bytes = segment_bytes
        self.journal = Journal(self.directory, max_bytes=MAX_BYTES, segment_bytes=segment_bytes)
        self.identity = self.journal.identity
        self.all: list[bytes] = []
        self.first = 0
        self.marks: list[Mark] = []

    @rule(group=st.lists(bodies, max_size=6))
    def append(self, group: list[bytes]) -> None:
        before = self.journal.size_bytes
        full: JournalFull | None = None
        try:
            sequences = self.journal.append(group)
        except JournalFull as error:
            full = error
        if full is not None:
            assert before + full.needed > MAX_BYTES
            assert self.journal.size_bytes == before
            return
        assert sequences == range(len(self.all), len(self.all) + len(group))
        self.all += group

    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        before = data.draw(st.integers(0, len(self.all)))
        self.journal.forget(before)
        self.first = max(self.first, before)
        self.marks = [mark for mark in self.marks if mark.entries.stop > self.first]

    @rule()
    def forget_everything(self) -> None:
        self.journal.forget(len(self.all))
        self.first, self.marks = len(self.all), []
        assert self.journal.size_bytes == 0

    @precondition(lambda self: self.unmarked() < len(self.all))
    @rule(data=st.data(), note=st.binary(max_size=20))
    def mark(self, data: st.DataObject, note: bytes) -> None:
        start = data.draw(st.integers(self.unmarked(), len(self.all) - 1))
        stop = data.draw(st.integers(start + 1, len(self.all)))
        self.journal.mark(range(start, stop), note)
        self.marks.append(Mark(range(start, stop), note))

    def unmarked(self) -> int:
        return max(self.first, self.marks[-1].entries.stop if self.marks else 0)

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = Journal(self.directory, max_bytes=MAX_BYTES, segment_bytes=self.segment_bytes)

    @rule(data=st.data())
    def read_a_part(self, data: st.DataObject) -> None:
        start, stop = data.draw(st.integers(0, len(self.all))), data.draw(st.integers(0, len(self.all) + 1))
        expected = list(enumerate(self.all))[max(start, self.first) : stop]
        assert list(self.journal.read(start, stop)) == expected

    @invariant()
    def it_is_as_the_list_says(self) -> None:
        assert list(self.journal.read(0)) == list(enumerate(self.all))[self.first :]
        assert (self.journal.first, self.journal.end) == (self.first, len(self.all))
        assert self.journal.marks() == tuple(self.marks)
        assert self.journal.identity == self.identity
        assert not self.journal.damaged
        on_disk = sum(path.stat().st_size for path in self.directory.glob("*.segment"))
        assert self.journal.size_bytes == on_disk <= MAX_BYTES

    def teardown(self) -> None:
        self.journal.close()


def test_a_journal_is_a_list_that_forgets_its_beginning(fresh_directory: Callable[[], Path]) -> None:
    class Model(JournalModel):
        new_directory = staticmethod(fresh_directory)

    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=80,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
