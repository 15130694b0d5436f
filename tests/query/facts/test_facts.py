"""Facts about settled traces: computed once, again when spans come late, the urgent ones first."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest
from tests.query.facts.looking import Clock, keep, looking
from tests.query.house import EVER, House
from tests.sent import T0, Sent

from weft.analyse.clocks.clocks import Clocks
from weft.model.coverage import Coverage
from weft.model.explanation import Explanation
from weft.model.stretch import Stretch
from weft.model.trace import Trace
from weft.query.facts import facts as module
from weft.query.facts.facts import Facts, batches
from weft.query.facts.reading import Reader
from weft.query.facts.waiting import Waiting, WaitingTrace
from weft.query.silence import Silence
from weft.store.errors import StoreError, StoreUnavailable

DAY_S = 86_400


def kept(house: House) -> list[dict[str, object]]:
    """The rows, by their start."""
    rows: list[dict[str, object]] = house.pipeline.store.read(
        "SELECT * FROM trace_facts FINAL ORDER BY start_ns, spans"
    ).to_pylist()
    return rows


def test_a_settled_trace_gets_facts_and_is_asked_for_once(house: House) -> None:
    root = Sent("planner", "plan", at=1, duration=1000, error=True, message="no")
    house.send(root, Sent("writer", trace=root.trace, parent=root.span, at=2, duration=100))
    waiting = looking(house)
    assert keep(house, waiting) == [root.trace]
    [row] = kept(house)
    assert (row["trace_id"], row["explained"], row["spans"]) == (root.trace, True, 2)
    assert (row["root_service"], row["root_name"], row["start_ns"]) == ("planner", "plan", T0 + 1)
    assert row["duration_ns"] == sum(
        row[f"{kind}_ns"] for kind in ("model", "tool", "queue", "network", "own")
    )
    assert set(row["agents.name"]) == {"planner", "writer"}  # type: ignore[call-overload]
    assert waiting.next() == []
    assert looking(house).next() == []  # nor after a restart


def test_late_spans_make_facts_out_of_date(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Sent("planner")
    house.send(root)
    clock = Clock()
    waiting = looking(house, clock)
    keep(house, waiting)
    clock.ahead_s = 2
    monkeypatch.setattr("weft.store.indexer._now_s", lambda: int(clock()))
    house.send(Sent("writer", trace=root.trace, parent=root.span))
    assert keep(house, waiting) == [root.trace]
    assert [row["spans"] for row in kept(house)] == [2]


def test_a_trace_that_still_grows_waits(house: House) -> None:
    house.send(Sent())
    house.ask.services()
    clock = Clock()
    waiting = Waiting(house.pipeline.store, Silence(now_s=clock), 10, clock)
    assert waiting.next() == []
    clock.ahead_s = 12
    assert len(waiting.next()) == 1


def test_a_trace_with_an_open_span_waits_until_it_has_ended_or_is_lost(house: House) -> None:
    ends, dies = Sent("ends"), Sent("dies")
    house.send(replace(ends, open_ns=5), replace(dies, open_ns=5))
    clock = Clock()
    waiting = looking(house, clock)
    clock.ahead_s = 15
    assert keep(house, waiting) == []
    house.send(ends)
    clock.ahead_s = 30
    assert set(keep(house, waiting)) == {ends.trace, dies.trace}
    assert [row["repairs"] for row in kept(house)] in ([0, 1], [1, 0])  # that the one was lost


def test_erroneous_and_broken_traces_come_first(house: House) -> None:
    # By their ids the whole ones would come first.
    whole = [Sent(trace=bytes([0, number] * 8)) for number in range(1, 4)]
    failed = Sent(trace=b"\xff" * 16, error=True)
    orphan = Sent(trace=b"\xfe" * 16, parent=b"missing!")
    root = Sent(trace=b"\xfd" * 16)
    child = Sent(trace=root.trace, parent=b"absent!!")
    house.send(*whole, failed, orphan, root, child)
    order = keep(house, looking(house))
    assert set(order[:3]) == {failed.trace, orphan.trace, root.trace}
    assert set(order[3:]) == {span.trace for span in whole}


def test_what_is_new_comes_before_what_was_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Sent("old")
    now_s = time.time()
    monkeypatch.setattr("weft.store.indexer._now_s", lambda: int(now_s) - 5 * DAY_S)
    house.send(old)
    house.ask.services()
    monkeypatch.setattr("weft.store.indexer._now_s", lambda: int(now_s) - 3 * DAY_S)
    older = Sent("less old")
    house.send(older)
    house.ask.services()
    monkeypatch.undo()
    house.send(Sent("begins"))
    waiting = looking(house)
    new = Sent("new")
    house.send(new)
    order = keep(house, waiting)
    assert new.trace in order[:2]
    assert order[2:] == [older.trace, old.trace]


def test_a_trace_that_is_too_large_or_fails_is_kept_as_not_explained(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST_SPANS", 3)
    large, poison, good = Sent("large"), Sent("poison"), Sent("good")
    house.send(*[Sent(trace=large.trace, at=number) for number in range(4)], poison, good)

    def explain(trace: Trace, clocks: Clocks) -> Explanation:
        if trace.root.span.service == "poison":
            raise ZeroDivisionError
        return Explanation(trace_id=trace.trace_id, root_span_id="", start_ns=1, duration_ns=0)

    store = house.pipeline.store
    waiting = looking(house)
    keep(house, waiting, Facts(store, Reader(store, Silence()), explain))
    assert {row["trace_id"]: row["explained"] for row in kept(house)} == {
        large.trace: False,
        poison.trace: False,
        good.trace: True,
    }
    assert waiting.next() == []
    assert "could not be explained" in caplog.text


def test_a_trace_that_cannot_be_read_costs_only_itself(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    sent = [Sent() for _ in range(5)]
    house.send(*sent)
    refused = sent[3].trace

    class Reading(Reader):
        def rows(self, trace_ids: Sequence[bytes], **more: bool) -> pa.Table:
            if refused in trace_ids:
                raise StoreError("too large")
            return super().rows(trace_ids, **more)

    store = house.pipeline.store
    facts = Facts(store, Reading(store, Silence()), house.pipeline.facts._explain)
    keep(house, looking(house), facts)
    assert {row["trace_id"] for row in kept(house) if not row["explained"]} == {refused}
    assert f"trace {refused.hex()} cannot be read" in caplog.text


def test_nothing_is_kept_while_the_store_is_unavailable(house: House) -> None:
    house.send(Sent())

    class Reading(Reader):
        def rows(self, trace_ids: Sequence[bytes], **more: bool) -> pa.Table:
            raise StoreUnavailable("the disk is full")

    waiting = looking(house)
    store = house.pipeline.store
    with pytest.raises(StoreUnavailable):
        keep(house, waiting, Facts(store, Reading(store, Silence()), house.pipeline.facts._explain))
    assert kept(house) == []
    assert len(waiting.next()) == 1


def test_facts_go_with_the_day_of_their_newest_span(house: House) -> None:
    house.send(Sent())
    keep(house, looking(house))
    store = house.pipeline.store
    [day] = store.days()
    store.drop_days([day])
    assert kept(house) == []
    assert store.days() == []


def test_coverage_counts_settled_traces_that_started_in_the_time(house: House) -> None:
    before, within, again = Sent(at=-10), Sent(at=5, error=True), Sent(at=6)
    house.send(before, within, again, Sent(trace=within.trace, parent=within.span, at=7))
    house.send(replace(Sent(at=5), open_ns=5))  # has not settled
    clock = Clock()
    waiting = looking(house, clock)
    clock.ahead_s = 11
    ask = house.ask
    ask._silence = Silence(now_s=clock)
    assert ask.coverage(Stretch(start_ns=T0, end_ns=T0 + 100)) == Coverage(settled=2, explained=0)
    first, *rest = waiting.next()
    house.pipeline.facts.keep([first])
    assert first.trace_id == within.trace
    assert ask.coverage(Stretch(start_ns=T0, end_ns=T0 + 100)) == Coverage(settled=2, explained=1)
    assert ask.coverage(Stretch(start_ns=T0 + 6, end_ns=T0 + 100)) == Coverage(settled=1, explained=0)
    house.pipeline.facts.keep(rest)
    assert ask.coverage(Stretch(start_ns=0, end_ns=EVER)) == Coverage(settled=3, explained=3)


def test_batches_have_about_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_SPANS", 10)
    waiting = [WaitingTrace(bytes([n]), 0, n, 0) for n in (4, 6, 1, 30, 2)]
    assert [[trace.spans for trace in batch] for batch in batches(waiting)] == [[4, 6], [1], [30], [2]]
    assert list(batches([])) == []
