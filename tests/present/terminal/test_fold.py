"""Which spans of a long trace are shown."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from weft.model.span import Span
from weft.model.trace import Trace
from weft.present.terminal.failure import origins
from weft.present.terminal.fold import LONG, MOST, Outline, outline

Make = Callable[..., Span]


def shown(trace: Trace, *, full: bool = False) -> Outline:
    return outline(trace, origins(trace), full=full)


def names(result: Outline) -> set[str]:
    return {node.span.name for nodes in result.below.values() for node in nodes}


def test_of_a_short_trace_everything_is_shown(span: Make) -> None:
    result = shown(Trace("1", [span(1), *(span(n, 1, name="tool") for n in range(2, LONG + 1))]))

    assert result.count == LONG
    assert not result.repeats
    assert not result.cut


def test_repeats_among_siblings_become_one_line(span: Make) -> None:
    tools = [span(n, 1, n, name="tool", end_ns=n + 5 * n) for n in range(2, 200)]
    result = shown(Trace("1", [span(1), *tools]))

    assert result.count == 4
    [(last, repeats)] = result.repeats.items()
    assert last.span is tools[2]
    assert (repeats.siblings, repeats.spans, repeats.failing) == (195, 195, False)
    assert (repeats.shortest_ns, repeats.longest_ns) == (25, 995)


def test_repeats_that_alternate_are_found(span: Make) -> None:
    result = shown(Trace("1", [span(1), *(span(n, 1, n, name=f"tool {n % 2}") for n in range(2, 200))]))

    assert sorted(repeats.siblings for repeats in result.repeats.values()) == [96, 96]


def test_what_hangs_below_a_repeat_is_counted_with_it(span: Make) -> None:
    calls = [(span(10 * n, 1, n, name="call"), span(10 * n + 1, 10 * n, n, name="GET")) for n in range(1, 80)]
    result = shown(Trace("1", [span(1), *(each for pair in calls for each in pair)]))

    [repeats] = result.repeats.values()
    assert (repeats.siblings, repeats.spans) == (76, 152)
    assert result.count == 7


def test_repeats_within_repeats_are_counted_once(span: Make) -> None:
    calls = [span(100 * n, 1, n, name="call") for n in range(1, 11)]
    gets = [span(100 * n + m, 100 * n, n, name="GET") for n in range(1, 11) for m in range(1, 11)]
    result = shown(Trace("1", [span(1), *calls, *gets]))

    assert result.count == 1 + 3 + 9
    assert sorted((repeats.siblings, repeats.spans) for repeats in result.repeats.values()) == [
        (7, 7),
        (7, 7),
        (7, 7),
        (7, 77),
    ]
    assert not result.cut


def test_repeats_too_deep_to_show_are_counted_with_what_is_cut(span: Make) -> None:
    chain = [span(n, n - 1 or None, n, name=f"step {n}") for n in range(1, MOST + 50)]
    tools = [span(10_000 + n, MOST + 49, 10_000 + n, name="tool") for n in range(20)]
    result = shown(Trace("1", [*chain, *tools]))

    assert not result.repeats
    assert list(result.cut.values()) == [49 + 20]


def test_an_error_among_repeats_is_shown(span: Make) -> None:
    tools = [span(n, 1, n, name="tool") for n in range(2, 200)]
    tools[100] = span(500, 1, 500, name="tool", status="error", status_message="only here")
    result = shown(Trace("1", [span(1), *tools]))

    assert result.count == 5
    assert [node.span.status_message for node in result.below[result.below[None][0]]][-1] == "only here"


def test_an_error_deep_in_a_repeat_is_shown_with_its_way(span: Make) -> None:
    calls = [(span(10 * n, 1, n, name="call"), span(10 * n + 1, 10 * n, n, name="GET")) for n in range(1, 80)]
    failing = span(505, 501, 50, name="broken", status="error")
    result = shown(Trace("1", [span(1), failing, *(each for pair in calls for each in pair)]))

    assert "broken" in names(result)
    assert all(node.depth == 3 for nodes in result.below.values() for node in nodes if node.span is failing)


def test_siblings_that_fail_the_same_way_are_one_line_that_says_so(span: Make) -> None:
    tools = [span(n, 1, n, name="tool", status="error", status_message=f"{n % 2}") for n in range(2, 200)]
    result = shown(Trace("1", [span(1), *tools]))

    assert [(repeats.siblings, repeats.failing) for repeats in result.repeats.values()] == [(96, True)] * 2


def test_siblings_that_fail_in_different_places_are_not_alike(span: Make) -> None:
    def call(number: int, place: str) -> list[Span]:
        top = 10 * number
        inner = [span(top + n, top, n, name=name) for n, name in enumerate("ab", 1)]
        inner.append(span(top + 5, top + "ab".index(place) + 1, 7, name="x", status="error"))
        return [span(top, 1, number, name="call"), *inner]

    spans = [each for n in range(1, 60) for each in call(n, "a")] + call(60, "b")
    result = shown(Trace("1", [span(1), *spans]))

    [repeats] = result.repeats.values()
    assert repeats.siblings == 56
    assert result.count == 1 + 4 * 4


def test_parts_of_a_trace_repeat_as_siblings_do(span: Make) -> None:
    result = shown(Trace("1", [span(n, 1_000 + n, n, name="lost") for n in range(200)]))

    assert [repeats.siblings for repeats in result.repeats.values()] == [197]


def test_a_deep_trace_is_cut_from_below_but_not_its_error(span: Make) -> None:
    chain = [span(n, n - 1 or None, n) for n in range(1, 5_000)]
    chain.append(span(5_000, 4_999, 5_000, name="deep", status="error"))
    result = shown(Trace("1", chain))

    assert result.count == MOST + 1
    assert "deep" in names(result)
    assert sum(result.cut.values()) == 5_000 - MOST - 1


def test_full_shows_everything(span: Make) -> None:
    result = shown(Trace("1", [span(n, n - 1 or None, n, name="same") for n in range(1, 1_000)]), full=True)

    assert result.count == 999


@given(
    st.lists(
        st.tuples(st.integers(-1, 400), st.sampled_from("abc"), st.sampled_from(["", "", "", "no", "bad"])),
        min_size=LONG + 1,
        max_size=400,
    ),
    st.booleans(),
)
def test_every_span_is_shown_or_counted_exactly_once(spans: list[tuple[int, str, str]], full: bool) -> None:
    trace = Trace(
        "1",
        [
            Span(
                trace_id="1",
                span_id=str(number),
                parent_id=str(parent) if parent >= 0 else None,
                service="agent",
                name=name,
                start_ns=number,
                end_ns=number + 1,
                status="error" if message else "unset",
                status_message=message,
            )
            for number, (parent, name, message) in enumerate(spans)
        ],
    )
    begun = origins(trace)
    result = outline(trace, begun, full=full)
    drawn = [node for nodes in result.below.values() for node in nodes]

    assert len(drawn) == len(set(drawn)) == result.count
    left_out = sum(result.cut.values()) + sum(repeats.spans for repeats in result.repeats.values())
    assert result.count + left_out == len(spans)
    assert {node for node in (*result.repeats, *result.cut) if node} <= set(drawn)
    said = {node.span.status_message for node in drawn if node in begun}
    assert said == {node.span.status_message for node in begun}
