"""Whatever a trace says, every failure has one role, whatever the order of arrival, and in bounded time."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.errors.found import failures, raised
from tests.analyse.traces import span

from weft.model.span import Span

SIGNS: list[dict[str, Any]] = [
    {},
    {},
    raised("no such page"),
    raised("agent: no such page", "AgentFailed"),
    raised("timed out", "ReadTimeout"),
    raised("connection refused", "ConnectError"),
    raised("", "CancelledError"),
    {"attributes": {"weft.outcome": "cancelled"}},
    {"attributes": {"http.response.status_code": 500}},
    {"events": [("exception", {"exception.type": "KeyError"})]},
    {"state": "lost"},
    {"state": "open"},
]
NAMES = [f"s{number}" for number in range(12)]
WORK = [{}, {"operation": "execute_tool", "tool": "search"}, {"operation": "invoke_agent", "agent": "writer"}]


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    made = []
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        start = draw(st.integers(0, 50))
        made.append(
            span(
                name,
                draw(st.sampled_from([None, *NAMES, "gone"])),
                start,
                start + draw(st.integers(-5, 60)),
                service=draw(st.sampled_from(["a", "b", "c"])),
                kind=draw(st.sampled_from(["internal", "client", "server", "producer", "consumer"])),
                work=draw(st.sampled_from(WORK)),
                links=draw(st.lists(st.sampled_from(NAMES), max_size=2)),
                **draw(st.sampled_from(SIGNS)),
            )
        )
    return made


@settings(max_examples=100, deadline=None)
@given(spans(), st.randoms(use_true_random=False))
def test_every_failure_has_one_role_and_its_reason_is_in_the_trace(made: list[Span], random: Random) -> None:
    found = failures(*made)
    shown = {each.name for each in made if each.failed and "Cancelled" not in each.status_message}
    assert shown <= set(found)
    ids = {each.span_id for each in made}
    by_id = {failure.span_id: failure for failure in found.values()}
    for failure in found.values():
        assert (failure.because_of is None) == (failure.role == "origin")
        assert failure.because_of is None or failure.because_of in ids
        if failure.role in ("passed_on", "symptom") and failure.because_of in by_id:
            assert by_id[failure.because_of].role in ("origin", "recovered")
    random.shuffle(made)
    assert failures(*made) == found


def _deep(number: int) -> str | None:
    return None if number == 0 else f"{number - 1:x}"


def _wide(number: int) -> str | None:
    return None if number == 0 else "0"


COUNT = 3_000  # a search that is not bounded took minutes at this size


@pytest.mark.parametrize("parent", [_deep, _wide])
@pytest.mark.parametrize("sign", SIGNS[2:9])
def test_a_deep_or_wide_trace_of_failures_is_explained(
    parent: Callable[[int], str | None], sign: dict[str, Any]
) -> None:
    made = [
        span(
            f"{number:x}",
            parent(number),
            number * 0.01,
            1_000 + number * 0.01,
            service=f"s{number % 2}",
            kind=("producer", "consumer", "client")[number % 3],
            links=() if number % 2 else ("1",),
            **sign,
        )
        for number in range(COUNT)
    ]
    found = failures(*made)
    assert len(found) in (0, COUNT)
