"""A tree out of whatever spans there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.span import Span
from weft.model.trace import Node, Trace

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(number: int, parent: int | None = None, start_ns: int = 0, **more: object) -> Span:
    values: dict[str, object] = {"service": "agent", "name": f"span {number}", "end_ns": start_ns + 10}
    return Span(
        trace_id=TRACE_ID,
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        start_ns=start_ns,
        **(values | more),  # type: ignore[arg-type] # any field
    )


def drawn(trace: Trace) -> list[str]:
    return [f"{'  ' * node.depth}{int(node.span.span_id, 16)}" for node in trace.walk()]


def test_children_stand_under_their_parent_in_the_order_of_their_start() -> None:
    trace = Trace(TRACE_ID, [span(3, 1, 30), span(2, 1, 20), span(4, 2, 25), span(1, None, 10)])

    assert drawn(trace) == ["1", "  2", "    4", "  3"]
    assert trace.connected


def test_a_span_without_its_parent_stands_at_the_top_and_is_marked() -> None:
    trace = Trace(TRACE_ID, [span(1), span(2, 99, 5), span(3, 2, 6)])

    assert drawn(trace) == ["1", "2", "  3"]
    assert [node.broken for node in trace.roots] == [None, "missing parent"]
    assert not trace.connected


def test_one_top_is_connected_even_when_its_own_parent_is_elsewhere() -> None:
    trace = Trace(TRACE_ID, [span(1, 99), span(2, 1)])

    assert trace.connected
    assert trace.root.broken == "missing parent"


def test_a_span_that_is_its_own_parent_is_a_top() -> None:
    trace = Trace(TRACE_ID, [span(1, 1), span(2, 1)])

    assert drawn(trace) == ["1", "  2"]
    assert trace.roots[0].broken == "cycle"
    assert not trace.connected


def test_a_circle_is_cut_at_its_earliest_span() -> None:
    trace = Trace(TRACE_ID, [span(1, 3, 7), span(2, 1, 5), span(3, 2, 6), span(4, 3, 1)])

    assert drawn(trace) == ["2", "  3", "    4", "    1"]
    assert [node.broken for node in trace.roots] == ["cycle"]


def test_a_circle_beside_a_root_is_not_connected() -> None:
    assert not Trace(TRACE_ID, [span(1), span(2, 3), span(3, 2)]).connected


def test_spans_that_share_an_id_both_have_a_place() -> None:
    trace = Trace(TRACE_ID, [span(1), span(2, 1, 1), span(2, 1, 2, name="twin"), span(3, 2, 3)])

    assert drawn(trace) == ["1", "  2", "    3", "  2"]


def test_the_root_is_the_earliest_span_that_names_no_parent() -> None:
    trace = Trace(TRACE_ID, [span(1, 99, 1), span(2, None, 3), span(3, None, 2)])

    assert trace.root.span.span_id.endswith("3")


def test_a_summary_counts_and_measures() -> None:
    trace = Trace(
        TRACE_ID,
        [
            span(1, None, 100, end_ns=150, service="orchestrator", name="plan"),
            span(2, 1, 90, end_ns=400, service="writer", status="error"),
            span(3, 1, 120, end_ns=130, service="orchestrator"),
        ],
    )

    summary = trace.summary()

    assert (summary.root_service, summary.root_name) == ("orchestrator", "plan")
    assert (summary.start_ns, summary.end_ns, summary.duration_ns) == (90, 400, 310)
    assert (summary.spans, summary.errors) == (3, 1)
    assert summary.services == ("orchestrator", "writer")


def test_a_trace_without_spans_is_refused() -> None:
    with pytest.raises(ValueError, match="has no spans"):
        Trace(TRACE_ID, [])


def test_a_chain_of_fifty_thousand_spans_is_walked() -> None:
    trace = Trace(TRACE_ID, [span(n, n - 1 or None, n) for n in range(50_000, 0, -1)])

    assert [node.depth for node in trace.walk()] == list(range(50_000))
    assert trace.connected


PARENTS = st.lists(
    st.tuples(st.integers(1, 30), st.none() | st.integers(1, 35), st.integers(0, 5)), min_size=1
)


@given(PARENTS)
def test_every_span_has_exactly_one_place(parents: list[tuple[int, int | None, int]]) -> None:
    spans = [span(*each) for each in parents]
    nodes = list(Trace(TRACE_ID, spans).walk())

    assert sorted(id(node.span) for node in nodes) == sorted(map(id, spans))
    for node in nodes:
        above = node.parent
        assert node.depth == (above.depth + 1 if above else 0)
        if above:
            assert above.span.span_id == node.span.parent_id
            assert node in above.children
        assert (above is None) == (node.span.parent_id is None or node.broken is not None)


@given(PARENTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_the_tree(
    parents: list[tuple[int, int | None, int]], random: object
) -> None:
    spans = [span(*each) for each in parents]
    shuffled = spans[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' Random

    def shape(trace: Trace) -> list[tuple[Span, int, str | None]]:
        return [(node.span, node.depth, node.broken) for node in trace.walk()]

    assert shape(Trace(TRACE_ID, spans)) == shape(Trace(TRACE_ID, shuffled))


@given(PARENTS)
def test_connected_says_that_all_spans_but_one_have_their_parent(
    parents: list[tuple[int, int | None, int]],
) -> None:
    trace = Trace(TRACE_ID, [span(*each) for each in parents])
    present = {each.span_id for each in trace.spans}
    without = sum(each.parent_id not in present for each in trace.spans)

    if trace.connected:
        assert without == 1
    elif without == 1:
        assert any(node.broken == "cycle" for node in trace.roots)


def test_nodes_are_compared_as_places_not_as_spans() -> None:
    twins = Trace(TRACE_ID, [span(1), span(1)]).roots

    assert twins[0].span == twins[1].span
    assert twins[0] != twins[1]
    assert "children" not in repr(Node(span(1)))
