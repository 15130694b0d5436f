"""Traces as they are read: whole, once, also while they grow and where their times make no sense."""

import itertools

import pytest
from tests.query.house import EVER, House
from tests.sent import T0, Sent, fresh

LARGE = "history " * 400


def test_dependencies_count_calls_between_services(house: House, service: str) -> None:
    callee, other = f"callee-{fresh()}", f"other-{fresh()}"
    root = Sent(service)
    inner = Sent(service, trace=root.trace, parent=root.span, at=1)
    calls = [Sent(callee, trace=root.trace, parent=inner.span, at=at) for at in (2, 3)]
    elsewhere = Sent(other, parent=root.span, at=2)  # another trace: a span id alone is nobody's parent
    orphan = Sent(callee, trace=root.trace, parent=b"\xff" * 8, at=2)
    house.send(root, inner, *calls, elsewhere, orphan)

    def links(start: int, end: int) -> list[tuple[str, str, int]]:
        return [link for link in house.ask.dependencies(T0 + start, T0 + end) if service in link]

    assert links(0, 10) == [(service, callee, 2)]
    assert links(3, 10) == [(service, callee, 1)]
    assert links(4, 10) == []


def test_summaries_tell_a_trace_in_one_line(house: House, service: str) -> None:
    helper = f"helper-{fresh()}"
    root = Sent(service, "plan", at=10, duration=500)
    early = Sent(helper, "early", trace=root.trace, parent=root.span, at=0, duration=5)
    late = Sent(helper, "late", trace=root.trace, parent=root.span, at=400, duration=300, error=True)
    house.send(late, early, root)
    [summary] = house.ask.summaries(10, helper)
    assert (summary.trace_id, summary.root_service, summary.root_name) == (root.trace.hex(), service, "plan")
    assert (summary.start_ns, summary.end_ns) == (T0, T0 + 700)
    assert (summary.spans, summary.errors, set(summary.services)) == (3, 1, {service, helper})


def test_a_parent_id_of_zeros_is_a_root(house: House, service: str) -> None:
    span = Sent(service, "root", parent=bytes(8), at=5)
    house.send(span, Sent(service, "child", trace=span.trace, parent=span.span))
    [summary] = house.ask.summaries(10, service)
    assert summary.root_name == "root"


@pytest.mark.parametrize(
    ("start", "duration"),
    [
        (start, duration)
        for start, duration in itertools.product([0, 1, 2**63 - 1, 2**63, 2**64 - 1], [0, 1, -1])
        if (start + duration) % 2**64  # without an end it would be open
    ],
)
def test_times_at_the_edges_of_the_calendar_are_told_as_they_are(
    house: House, service: str, start: int, duration: int
) -> None:
    span = Sent(service, at=start - T0, duration=duration)
    house.send(span)
    [row] = house.ask.spans([span.trace]).to_pylist()
    assert row["start_ns"] == start
    assert (row["start_ns"] + row["duration_ns"]) % 2**64 == (start + duration) % 2**64
    assert house.find(service, start_ns=start, end_ns=start) == [span.trace]


@pytest.mark.parametrize(
    ("start", "duration"), [(0, 5), (0, -5), (2**62, 0), (2**62, 7), (T0, -(T0 + 1)), (T0, 1 - T0)]
)
def test_a_summary_ends_where_its_last_span_does(
    house: House, service: str, start: int, duration: int
) -> None:
    house.send(Sent(service, at=start - T0, duration=duration))
    [summary] = house.ask.summaries(10, service)
    assert (summary.start_ns, summary.end_ns) == (start, start + max(duration, 0))


@pytest.mark.parametrize("start", [2**63 - 1, 2**63, 2**64 - 2])
@pytest.mark.parametrize("duration", [1, 2**62])
def test_no_summary_ends_before_it_starts(house: House, service: str, start: int, duration: int) -> None:
    house.send(Sent(service, at=start - T0, duration=duration))
    [summary] = house.ask.summaries(10, service)
    assert summary.start_ns == start
    assert summary.end_ns == min(start + duration, 2**64 - 1)


def test_a_trace_that_grows_while_it_is_read_is_read_whole(house: House, service: str) -> None:
    """Spans, events and links are read one after the other; what arrives in between must not matter."""
    trace = Sent(service).trace
    house.send(Sent(service, trace=trace, events=[{"n": 1}], links=[{"n": 1}]))
    settle = house.ask._settle
    reads = 0

    def grow(timeout_s: float) -> bool:
        nonlocal reads
        reads += 1
        house.send(Sent(service, trace=trace, events=[{"n": 2}], links=[{"n": 2}], tags={"big": LARGE}))
        return settle(timeout_s)

    house.ask._settle = grow
    try:
        rows = house.ask.spans([trace]).to_pylist()
    finally:
        house.ask._settle = settle
    assert reads
    assert len(rows) >= 2
    assert all(len(row["event_names"]) == len(row["link_flags"]) == 1 for row in rows)
    assert len(house.ask.spans([trace])) == reads + 1


def test_a_span_that_was_sent_twice_is_seen_once_in_every_answer(house: House, service: str) -> None:
    """A client that got no answer sends again: in the same commit, or in a later one."""
    callee = f"callee-{fresh()}"
    parent = Sent(service, error=True, events=[{"n": 1}, {"n": 2}], links=[{"n": 3}], tags={"a": LARGE})
    child = Sent(callee, trace=parent.trace, parent=parent.span)
    for _ in range(3):
        house.send(parent, child, parent)
        assert house.ask.services()  # a commit in between
    rows = house.ask.spans([parent.trace]).to_pylist()
    assert sorted(row["span_id"] for row in rows) == sorted([parent.span, child.span])
    row = next(row for row in rows if row["span_id"] == parent.span)
    assert row["event_attributes"] == [[("n", "1")], [("n", "2")]]
    assert row["link_attributes"] == [[("n", "3")]]
    assert row["attributes"] == [("a", LARGE)]
    assert house.find(service) == [parent.trace]
    assert (service, callee, 1) in house.ask.dependencies(0, EVER)
    [summary] = house.ask.summaries(10, service)
    assert (summary.spans, summary.errors) == (2, 1)
