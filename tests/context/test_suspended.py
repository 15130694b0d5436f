"""``with`` in the body of a generator: never current for the consumer, whatever becomes of the generator."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context, get_current, get_value, set_value

import weft
from weft.context.current import attached

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator


@pytest.fixture(autouse=True)
def _nothing_is_left_current(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, "opentelemetry")
    before = get_current()
    yield
    assert get_current() == before
    assert "Failed to detach" not in caplog.text


def here() -> object:
    return get_value("here")


def context(value: str) -> Context:
    return set_value("here", value)


def numbers(seen: list[object] | None = None) -> Generator[int, None, None]:
    with attached(context("generator")):
        for number in range(3):
            if seen is not None:
                seen.append(here())
            yield number


async def anumbers(seen: list[object] | None = None) -> AsyncGenerator[int, None]:
    with attached(context("generator")):
        for number in range(3):
            await asyncio.sleep(0)
            if seen is not None:
                seen.append(here())
            yield number


def test_the_consumer_of_a_generator_keeps_its_own_context() -> None:
    seen: list[object] = []
    with attached(context("consumer")):
        outside = [here() for _ in numbers(seen)] + [here()]
    assert seen == ["generator"] * 3
    assert outside == ["consumer"] * 4


def test_the_consumer_of_an_async_generator_keeps_its_own_context() -> None:
    async def main() -> list[object]:
        with attached(context("consumer")):
            return [here() async for _ in anumbers(seen)] + [here()]

    seen: list[object] = []
    assert asyncio.run(main()) == ["consumer"] * 4
    assert seen == ["generator"] * 3


def test_what_the_consumer_opens_between_two_items_stays_to_its_end() -> None:
    generator = numbers()
    next(generator)
    with attached(context("consumer")):
        assert list(generator) == [1, 2]
        assert here() == "consumer"
    assert here() is None


def test_an_abandoned_generator_leaves_nothing_behind() -> None:
    for _ in numbers():
        break
    gc.collect()
    assert here() is None


def test_a_generator_that_is_kept_for_ever_leaves_nothing_behind() -> None:
    generator = numbers()
    next(generator)
    assert here() is None
    generator.close()


def test_an_async_generator_closed_in_another_task_leaves_nothing_behind() -> None:
    async def main() -> object:
        generator = anumbers()
        await anext(generator)
        await asyncio.create_task(generator.aclose())
        return here()

    assert asyncio.run(main()) is None


def test_an_async_generator_closed_by_the_loop_leaves_nothing_behind() -> None:
    async def main() -> object:
        async for _ in anumbers():
            break
        gc.collect()
        await asyncio.sleep(0)
        return here()

    assert asyncio.run(main()) is None


def test_nested_generators_are_told_apart() -> None:
    def inner() -> Generator[object, None, None]:
        with attached(context("inner")):
            yield here()

    def outer() -> Generator[object, None, None]:
        with attached(context("outer")):
            yield here()
            yield from inner()
            for item in inner():
                yield item, here()
            yield here()

    assert [(item, here()) for item in outer()] == [
        ("outer", None), ("inner", None), (("inner", "outer"), None), ("outer", None),
    ]  # fmt: skip


def test_a_failure_in_the_body_goes_through_unchanged() -> None:
    def failing() -> Generator[int, None, None]:
        with attached(context("generator")):
            yield 1
            raise KeyError("x")

    with pytest.raises(KeyError):
        list(failing())


def test_what_the_body_starts_is_its_own() -> None:
    async def child(seen: list[object]) -> None:
        await asyncio.sleep(0)
        seen.append(here())

    async def body(seen: list[object]) -> AsyncIterator[asyncio.Task[None]]:
        with attached(context("generator")):
            yield asyncio.create_task(child(seen))

    async def main() -> list[object]:
        seen: list[object] = []
        async for task in body(seen):
            await task  # while the generator is suspended
        return seen

    assert asyncio.run(main()) == ["generator"]


def test_a_context_manager_written_as_a_generator_is_current_in_its_callers_block() -> None:
    @contextlib.contextmanager
    def manager() -> Iterator[None]:
        with attached(context("manager")):
            yield

    @contextlib.asynccontextmanager
    async def amanager() -> AsyncIterator[None]:
        with attached(context("manager")):
            yield

    async def main() -> object:
        async with amanager():
            return here()

    with manager():
        assert here() == "manager"
    assert asyncio.run(main()) == "manager"


def test_a_step_in_another_thread_harms_nobody() -> None:
    generator = numbers()
    seen: list[Any] = [next(generator)]
    thread = threading.Thread(target=lambda: seen.extend(generator))
    thread.start()
    thread.join()
    assert seen == [0, 1, 2]
    assert here() is None


def test_spans_of_the_consumer_are_not_children_of_the_generators() -> None:
    def answer() -> Generator[str, None, None]:
        with weft.agent("streaming"):
            yield "a"
            yield "b"

    for _ in answer():
        assert not trace.get_current_span().get_span_context().is_valid
