"""Where errors began."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.model.span import Event, Span
from weft.model.trace import Trace
from weft.present.terminal.failure import origins, reason

Make = Callable[..., Span]


def names(trace: Trace) -> set[str]:
    return {node.span.name for node in origins(trace)}


def test_an_error_begins_at_the_deepest_failing_span(span: Make) -> None:
    spans = [span(1, status="error"), span(2, 1, status="error"), span(3, 2, status="error"), span(4, 2)]

    assert names(Trace("1", spans)) == {"span 3"}


def test_a_span_between_that_did_not_fail_passes_an_error_on(span: Make) -> None:
    assert names(Trace("1", [span(1, status="error"), span(2, 1), span(3, 2, status="error")])) == {"span 3"}


def test_errors_in_two_branches_began_in_both(span: Make) -> None:
    spans = [span(1, status="error"), span(2, 1, status="error"), span(3, 1, status="error")]

    assert names(Trace("1", spans)) == {"span 2", "span 3"}


def test_a_trace_without_errors_has_no_origin(span: Make) -> None:
    assert names(Trace("1", [span(1), span(2, 1, status="ok")])) == set()


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.booleans()), min_size=1, max_size=10))
def test_every_error_has_an_origin_at_or_below_it(spans: list[tuple[int | None, bool]]) -> None:
    trace = Trace(
        "1",
        [
            Span(
                trace_id="1",
                span_id=str(number),
                parent_id=None if parent is None else str(parent),
                service="agent",
                name="work",
                start_ns=0,
                end_ns=1,
                status="error" if failed else "unset",
            )
            for number, (parent, failed) in enumerate(spans)
        ],
    )
    begun = origins(trace)

    assert all(node.span.failed for node in begun)
    for node in trace.walk():
        below = [each for each in trace.walk() if node in _above(each)]
        if node.span.failed:
            assert (node in begun) != any(each.span.failed for each in below)


def _above(node: object) -> list[object]:
    found = []
    while node := getattr(node, "parent", None):
        found.append(node)
    return found


def exception(**attributes: str) -> Event:
    return Event(
        name="exception",
        time_ns=0,
        attributes={f"exception.{key}": value for key, value in attributes.items()},
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status_message": "no page", "events": (exception(type="E"),)}, "no page"),
        ({"events": (exception(type="KeyError", message="'x'"),)}, "KeyError: 'x'"),
        ({"events": (exception(type="First"), exception(type="Last"))}, "Last"),
        ({"events": (exception(),)}, "an exception without a message"),
        ({"attributes": {"error.type": "timeout"}}, "error.type timeout"),
        ({"attributes": {"http.response.status_code": 503}}, "http.response.status_code 503"),
        ({}, "no message was recorded"),
    ],
)
def test_a_failure_is_given_in_the_words_of_the_code_that_failed(
    span: Make, fields: dict[str, object], words: str
) -> None:
    assert reason(span(1, status="error", **fields)) == words
