"""Times put on the clock of the root's host."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.clocks.test_learner import NEAR, spans, traces_of
from tests.analyse.clocks.world import MS, US, World, delay, off, right
from tests.analyse.traces import span, trace

from weft.analyse.clocks.adjust import adjust
from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.learner import learn
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.span import Span
from weft.model.trace import Trace

WORLD = World({"a": right, "b": off(3 * MS), "c": off(3 * MS), "d": off(50 * US)})
LEARNED = learn(traces_of(WORLD, ("a", "b"), ("b", "c"), ("a", "d")))


def read(made: Trace, clocks: Clocks = NO_CLOCKS) -> Reading:
    return adjust(Reading.of(made, repair(made)), clocks)


def shift(made: Trace, host: str, clocks: Clocks = NO_CLOCKS) -> tuple[float, float]:
    """Shift and bound of the spans of a host, in milliseconds."""
    reading = read(made, clocks)
    found = {
        (reading.shift_ns[index], reading.bound_ns[index])
        for index, each in enumerate(reading.tree.spans)
        if each.host == host
    }
    ((shift_ns, bound_ns),) = found
    return shift_ns / MS, bound_ns / MS


def test_a_host_whose_clock_is_known_to_be_ahead_is_moved_back() -> None:
    shifted, bound = shift(WORLD.call("a", "b", 0, NEAR, NEAR), "b", LEARNED)
    assert shifted == pytest.approx(-3, abs=0.05)
    assert 0.05 < bound < 1


def test_start_and_end_are_moved_by_what_is_written_down() -> None:
    made = WORLD.call("a", "b", 0, NEAR, NEAR)
    reading = read(made, LEARNED)
    for index, each in enumerate(reading.tree.spans):
        assert reading.start_ns[index] == each.start_ns + reading.shift_ns[index]
        assert reading.end_ns[index] == each.end_ns + reading.shift_ns[index]
    assert any(reading.shift_ns)


@pytest.mark.parametrize(("one", "other"), [("a", "d"), ("b", "c"), ("c", "b")])
def test_hosts_whose_clocks_agree_are_left_alone(one: str, other: str) -> None:
    made = WORLD.call(one, other, 0, NEAR, NEAR)
    reading = read(made, LEARNED)
    assert not any(reading.shift_ns)
    assert max(reading.bound_ns) == LEARNED.offset(one, other, reading.start_ns[0]).bound_ns
    assert reading.start_ns == tuple(each.start_ns for each in reading.tree.spans)


def test_a_host_so_far_that_its_clock_cannot_be_told_apart_is_left_alone() -> None:
    far = delay(20 * MS, 3 * MS)
    world = World({"a": right, "b": off(1 * MS)})
    calls = [made for _, made in world.calls("a", "b", 60, 60, far, far)]
    shifted, bound = shift(calls[0], "b", clocks := learn(calls))
    found = clocks.offset("a", "b", calls[0].root.span.start_ns)
    assert found is not None
    assert found.offset_ns != 0
    assert shifted == 0
    assert bound == (abs(found.offset_ns) + found.bound_ns) / MS


def test_hosts_of_one_clock_are_moved_alike() -> None:
    root = WORLD.span("a", 0, 50 * MS, kind="server")
    outer = WORLD.span("b", 5 * MS, 40 * MS, root)
    inner = WORLD.span("c", 10 * MS, 30 * MS, outer)
    made = Trace(root.trace_id, [root, outer, inner])
    assert shift(made, "b", LEARNED) == shift(made, "c", LEARNED)


def call(start: float, end: float, **more: str) -> Trace:
    """A call of 20 ms from host a to host b, whose span is from `start` to `end`."""
    outer = span("client", "root", 10, 30, kind="client", host="a")
    inner = {"kind": "server", "host": "b"} | more
    return trace(span("root", None, 0, 100, host="a"), outer, span("server", "client", start, end, **inner))  # type: ignore[arg-type]


def test_what_is_possible_is_left_alone_where_nothing_was_learned() -> None:
    assert shift(call(11, 29), "b") == (0, 0)
    assert shift(call(12, 20), "b") == (0, 0)


@pytest.mark.parametrize("late", [-15, 25], ids=["before it was called", "after it was answered"])
def test_a_server_at_work_outside_its_call_is_put_into_the_middle_of_it(late: float) -> None:
    shifted, bound = shift(call(late, late + 12), "b")
    assert shifted == pytest.approx(14 - late)
    assert bound == pytest.approx(4, abs=0.01)


def test_work_that_ends_after_its_caller_is_left_alone_where_nobody_waited() -> None:
    root = span("root", None, 0, 10, host="a")
    assert shift(trace(root, span("later", "root", 5, 14, host="b")), "b") == (0, 0)


def test_a_message_received_before_it_was_sent_is_moved_no_further_than_it_has_to() -> None:
    sent = span("sent", None, 10, 11, kind="producer", host="a")
    taken = span("taken", "sent", 4, 9, kind="consumer", host="b")
    shifted, bound = shift(trace(sent, taken), "b")
    assert shifted == pytest.approx(6, abs=0.01)
    assert bound >= 6


def test_what_is_called_by_a_moved_host_is_moved_with_it() -> None:
    made = call(-15, -3)
    inner = span("inner", "server", -10, -6, kind="client", host="b")
    last = span("last", "inner", -9, -7, kind="server", host="c")
    assert shift(trace(*made.spans, inner, last), "c") == shift(made, "b")


def test_spans_without_a_host_are_left_alone() -> None:
    reading = read(trace(span("root", None, 0, 10, host="a"), span("inner", "root", -5, 2)))
    assert not any(reading.shift_ns)


def test_a_chain_of_ten_thousand_hosts_is_gone_through_once() -> None:
    inner = (
        span(f"h{number}", f"h{number - 1}", -number, 10 - number, host=f"h{number}")
        for number in range(1, 10_000)
    )
    reading = read(trace(span("h0", None, 0, 10, host="h0"), *inner))
    assert set(reading.start_ns) == {reading.start_ns[0]}


@settings(max_examples=100, deadline=None)
@given(st.lists(spans, min_size=1, max_size=12))
def test_nothing_that_is_sent_makes_it_fail(made: list[Span]) -> None:
    found = Trace("1", made)
    for clocks in (NO_CLOCKS, LEARNED, learn([found])):
        reading = read(found, clocks)
        for at, each in enumerate(reading.tree.spans):
            assert reading.start_ns[at] - each.start_ns == reading.shift_ns[at]
            assert reading.end_ns[at] >= reading.start_ns[at]
            assert reading.bound_ns[at] >= 0
