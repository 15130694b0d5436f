"""weft.bound: a function that runs where it was bound."""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.context import get_current

import weft
from weft.instrument.bound import bound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from tests.instrument.conftest import Spans


def here(*_: object) -> int:
    return trace.get_current_span().get_span_context().span_id


async def ahere() -> int:
    await asyncio.sleep(0)
    return here()


def steps() -> Generator[int, None, None]:
    yield here()
    yield here()


async def asteps() -> AsyncGenerator[int, None]:
    yield here()
    await asyncio.sleep(0)
    yield here()


async def collected(generator: AsyncGenerator[int, None]) -> list[int]:
    return [item async for item in generator]


@pytest.mark.parametrize(
    ("function", "called"),
    [
        (here, lambda call: [call()]),
        (ahere, lambda call: [asyncio.run(call())]),
        (steps, lambda call: list(call())),
        (asteps, lambda call: asyncio.run(collected(call()))),
    ],
)
def test_it_runs_in_the_context_it_was_bound_in(
    spans: Spans, function: Any, called: Callable[[Any], list[int]]
) -> None:
    with weft.agent("a") as span:
        call = bound(function)
    before = get_current()
    for _ in range(2):  # any number of times, also when the span has ended
        assert set(called(call)) == {span.get_span_context().span_id}
    with weft.agent("elsewhere"):
        assert set(called(call)) == {span.get_span_context().span_id}
    assert get_current() is before


def test_it_is_the_same_kind_of_function() -> None:
    assert inspect.iscoroutinefunction(bound(ahere))
    assert inspect.isgeneratorfunction(bound(steps))
    assert inspect.isasyncgenfunction(bound(asteps))
    assert bound(here).__name__ == "here"
    assert inspect.signature(bound(divmod)) == inspect.signature(divmod)


def test_results_and_errors_go_through() -> None:
    assert bound(divmod)(7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        bound(divmod)(7, 0)


def test_it_crosses_a_queue_that_no_hook_sees(spans: Spans) -> None:
    jobs: queue.SimpleQueue[Callable[[], int] | None] = queue.SimpleQueue()
    answers: list[int] = []

    def worker() -> None:
        while (job := jobs.get()) is not None:
            answers.append(job())

    thread = threading.Thread(target=worker)
    thread.start()
    expected = []
    for name in ("a", "b"):
        with weft.agent(name) as span:
            jobs.put(bound(here))
            expected.append(span.get_span_context().span_id)
    jobs.put(None)
    thread.join()
    assert answers == expected


def test_many_calls_at_once_mix_nothing(spans: Spans) -> None:
    async def main() -> None:
        calls, expected = [], []
        for number in range(20):
            with weft.agent(str(number)) as span:
                calls.append(bound(ahere))
                expected.append(span.get_span_context().span_id)
        assert await asyncio.gather(*(call() for call in calls)) == expected

    asyncio.run(main())
