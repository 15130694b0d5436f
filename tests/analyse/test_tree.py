"""One tree, whatever arrived, and every assumption told."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.traces import id_of, name_of, span, trace

from weft.analyse.tree import Tree, repair
from weft.model.span import Span
from weft.model.trace import Trace


def parents(tree: Tree) -> dict[str, str | None]:
    """The parent of each span, by name."""
    return {
        name_of(span.span_id): name_of(tree.spans[parent].span_id) if parent >= 0 else None
        for span, parent in zip(tree.spans, tree.parents, strict=True)
    }


def told(tree: Tree) -> list[tuple[str, str, str | None]]:
    """What was repaired: the span, what was wrong with it, and where it hangs."""
    return [
        (name_of(each.span_id), each.kind, each.attached_to and name_of(each.attached_to))
        for each in tree.repairs
    ]


def test_a_whole_trace_is_left_as_it_is() -> None:
    tree = repair(trace(span("root"), span("a", "root", 1), span("b", "a", 2), span("c", "root", 3)))

    assert [each.name for each in tree.spans] == ["root", "a", "b", "c"]
    assert tree.parents == (-1, 0, 1, 0)
    assert tree.children == ((1, 3), (2,), (), ())
    assert tree.stops == (4, 3, 3, 4)
    assert tree.repairs == ()


def test_a_span_whose_parent_is_missing_is_put_below_the_root() -> None:
    tree = repair(trace(span("root"), span("lost", "gone", 1), span("below", "lost", 2)))

    assert parents(tree) == {"root": None, "lost": "root", "below": "lost"}
    assert told(tree) == [("lost", "missing_parent", "root")]
    assert id_of("gone") in tree.repairs[0].reason


def test_a_span_whose_parent_is_missing_is_put_below_the_sender_that_its_context_named() -> None:
    sender = {"weft.propagation.sender.span_id": id_of("call")}
    tree = repair(trace(span("root"), span("call", "root"), span("served", "proxy", 1, attributes=sender)))

    assert parents(tree)["served"] == "call"
    assert told(tree) == [("served", "missing_parent", "call")]


def test_a_second_root_is_put_below_what_it_is_linked_to() -> None:
    tree = repair(trace(span("root"), span("send", "root"), span("batch", None, 1, links=["send"])))

    assert parents(tree)["batch"] == "send"
    assert told(tree) == [("batch", "second_root", "send")]
    assert tree.links[tree.spans.index(next(s for s in tree.spans if s.name == "batch"))] == (1,)


def test_links_that_lead_round_in_a_circle_leave_a_tree() -> None:
    tree = repair(trace(span("root"), span("a", None, 1, links=["b"]), span("b", None, 2, links=["a"])))

    assert parents(tree) == {"root": None, "a": "b", "b": "root"}


def test_a_span_that_is_its_own_parent_and_a_circle_are_told_apart() -> None:
    tree = repair(trace(span("root"), span("self", "self", 1), span("x", "y", 2), span("y", "x", 3)))

    assert parents(tree) == {"root": None, "self": "root", "x": "root", "y": "x"}
    assert told(tree) == [("self", "self_parent", "root"), ("x", "cycle", "root")]


def test_without_a_root_the_earliest_span_stands_for_it() -> None:
    tree = repair(trace(span("late", "gone", 5), span("early", "gone", 1)))

    assert parents(tree) == {"early": None, "late": "early"}
    assert told(tree) == [("early", "missing_root", None), ("late", "missing_parent", "early")]


def test_a_span_that_came_twice_is_counted_once_with_its_children() -> None:
    twice = span("call", "root", 1)
    tree = repair(trace(span("root"), twice, twice, span("below", "call", 2)))

    assert parents(tree) == {"root": None, "call": "root", "below": "call"}
    assert told(tree) == [("call", "duplicate", None)]


def test_a_copy_that_names_another_parent_is_no_root() -> None:
    # The copy comes first: of spans that begin at one time, those with the lesser ids do.
    call, serve = span("z", "gone", kind="client"), span("a", "gone", service="b", kind="server")
    tree = repair(trace(call, serve, replace(serve, parent_id=call.span_id)))

    assert parents(tree) == {"z": None, "a": "z"}
    assert sorted(each.kind for each in tree.repairs) == ["duplicate", "missing_root"]


def test_two_sides_of_a_call_that_share_an_id_are_told_apart() -> None:
    client = span("call", "root", 1, 9, kind="client")
    server = replace(client, kind="server", service="b", start_ns=client.start_ns + 1)
    tree = repair(
        trace(
            span("root", None, 0, 20),
            client,
            server,
            span("theirs", "call", 3, service="b"),
            span("ours", "call", 4),
        )
    )

    assert [(each.service, each.name, tree.parents[i]) for i, each in enumerate(tree.spans)] == [
        ("orchestrator", "root", -1),
        ("orchestrator", "call", 0),
        ("b", "call", 1),
        ("b", "theirs", 2),
        ("orchestrator", "ours", 1),
    ]
    assert told(tree) == [("call", "shared_id", "call")]


def test_the_two_sides_are_told_apart_also_where_the_callees_clock_is_early() -> None:
    client = span("call", "root", 1, 9, kind="client")
    server = replace(client, kind="server", service="b", start_ns=client.start_ns - 100_000)
    tree = repair(trace(span("root", None, 0, 20), client, server, span("theirs", "call", 3, service="b")))

    assert [(each.service, each.name, tree.parents[i]) for i, each in enumerate(tree.spans)] == [
        ("orchestrator", "root", -1),
        ("orchestrator", "call", 0),
        ("b", "call", 1),
        ("b", "theirs", 2),
    ]


def test_spans_that_have_not_ended_are_told() -> None:
    tree = repair(trace(span("root"), span("open", "root", state="open"), span("dead", "root", state="lost")))

    assert sorted(told(tree)) == [("dead", "lost", None), ("open", "open", None)]


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Spans with any parents, links, starts and copies."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 20)))]
    return [
        span(
            draw(st.sampled_from(names)),
            draw(st.sampled_from([None, "gone", *names])),
            draw(st.integers(0, 5)),
            service=draw(st.sampled_from("ab")),
            kind=draw(st.sampled_from(["client", "server", "internal"])),
            links=draw(st.lists(st.sampled_from(names), max_size=2)),
        )
        for _ in names
    ]


@given(spans(), st.integers())
def test_whatever_came_in_whatever_order_is_one_tree_with_every_span(found: list[Span], seed: int) -> None:
    tree = repair(trace(*found))

    assert tree.parents[0] == -1
    assert all(0 <= parent < index for index, parent in enumerate(tree.parents) if index)
    left_out = sum(each.kind == "duplicate" for each in tree.repairs)
    assert len(tree.spans) + left_out == len(found)
    shuffled = found[:]
    random.Random(seed).shuffle(shuffled)
    again = repair(trace(*shuffled))
    assert (again.parents, again.repairs) == (tree.parents, tree.repairs)
    assert [each.span_id for each in again.spans] == [each.span_id for each in tree.spans]


@given(spans())
def test_the_raw_trace_is_not_touched(found: list[Span]) -> None:
    before = Trace("0" * 31 + "1", found)
    shape = [(node.span, node.parent and node.parent.span) for node in before.walk()]

    repair(before)

    assert [(node.span, node.parent and node.parent.span) for node in before.walk()] == shape


def test_a_deep_chain_and_many_orphans_take_no_longer_than_their_number() -> None:
    count = 5_000
    chain = [span("s0"), *(span(f"s{n}", f"s{n - 1}", n) for n in range(1, count))]
    orphans = [span(f"o{n}", "gone", n, links=[f"o{n + 1}"]) for n in range(count)]

    assert len(repair(trace(*chain, *orphans)).spans) == 2 * count
