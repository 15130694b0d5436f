"""Decorated generators: pass-through of the whole protocol, and a span that never leaks into the caller."""

from __future__ import annotations

import asyncio
import gc
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.trace import StatusCode

import weft

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from opentelemetry.sdk.trace import ReadableSpan
    from tests.instrument.conftest import Spans


def span_id() -> int:
    return trace.get_current_span().get_span_context().span_id


def test_the_kind_of_a_function_stays() -> None:
    assert inspect.isgeneratorfunction(weft.agent("a")(echo))
    assert inspect.isasyncgenfunction(weft.agent("a")(aecho))
    assert inspect.iscoroutinefunction(weft.agent("a")(asyncio.sleep))
    assert not inspect.isgeneratorfunction(weft.agent("a")(max))


# A generator that answers to everything the protocol can do with it.


def echo() -> Generator[Any, Any, str]:
    received: Any = "start"
    while True:
        try:
            received = yield received
            if received == "return":
                return "returned"
            if received == "raise":
                raise KeyError("raised inside")
        except ValueError as error:
            received = f"caught {error}"


async def aecho() -> AsyncGenerator[Any, Any]:
    received: Any = "start"
    while True:
        try:
            received = yield received
            if received == "return":
                return
            if received == "raise":
                raise KeyError("raised inside")
        except ValueError as error:
            received = f"caught {error}"


steps = st.lists(
    st.sampled_from(
        [
            *(("send", value) for value in (None, 1, "return", "raise")),
            *(("throw", error) for error in (ValueError("v"), TypeError("t"), GeneratorExit())),
            ("close", None),
        ]
    ),
    max_size=6,
)


def driven(generator: Generator[Any, Any, Any], script: list[tuple[str, Any]]) -> list[Any]:
    """What a caller sees of a generator."""
    seen: list[Any] = [next(generator)]
    for method, argument in script:
        try:
            arguments = () if method == "close" else (argument,)
            seen.append(getattr(generator, method)(*arguments))
        except BaseException as error:  # noqa: BLE001 - compared with what the bare generator raises
            seen.append((type(error), getattr(error, "value", None), str(error)))
    return seen


async def adriven(generator: AsyncGenerator[Any, Any], script: list[tuple[str, Any]]) -> list[Any]:
    seen: list[Any] = [await generator.__anext__()]
    for method, argument in script:
        try:
            arguments = () if method == "close" else (argument,)
            seen.append(await getattr(generator, f"a{method}")(*arguments))
        except BaseException as error:  # noqa: BLE001 - compared with what the bare generator raises
            seen.append((type(error), str(error)))
    await generator.aclose()
    return seen


@settings(deadline=None)
@given(steps)
def test_a_decorated_generator_answers_like_the_bare_one(script: list[tuple[str, Any]]) -> None:
    assert driven(weft.agent("a")(echo)(), script) == driven(echo(), script)


@settings(deadline=None)
@given(steps)
def test_a_decorated_async_generator_answers_like_the_bare_one(script: list[tuple[str, Any]]) -> None:
    async def main() -> None:
        assert await adriven(weft.agent("a")(aecho)(), script) == await adriven(aecho(), script)

    asyncio.run(main())


@weft.agent("streamer")
def stream(count: int) -> Generator[int, None, None]:
    for _ in range(count):
        with weft.tool("step"):
            pass
        yield span_id()


@weft.agent("streamer")
async def astream(count: int) -> AsyncGenerator[int, None]:
    for _ in range(count):
        with weft.tool("step"):
            await asyncio.sleep(0)
        yield span_id()


def children_of(span: ReadableSpan, spans: Spans) -> list[str]:
    assert span.context is not None
    identity = span.context.span_id
    return [each.name for each in spans.all() if each.parent is not None and each.parent.span_id == identity]


def test_the_span_is_current_in_the_generator_and_never_between_its_items(spans: Spans) -> None:
    inside = set()
    with weft.workflow("w") as workflow:
        for identity in stream(3):
            inside.add(identity)
            assert trace.get_current_span() is workflow
            with weft.tool("callers own"):
                pass
    span = spans["invoke_agent streamer"]
    assert span.context is not None
    assert inside == {span.context.span_id}
    assert children_of(span, spans) == ["execute_tool step"] * 3
    of_workflow = children_of(spans["invoke_workflow w"], spans)
    assert of_workflow == [*["execute_tool callers own"] * 3, "invoke_agent streamer"]


def test_the_span_is_current_in_the_async_generator_and_never_between_its_items(spans: Spans) -> None:
    async def main() -> None:
        with weft.workflow("w") as workflow:
            async for _ in astream(3):
                assert trace.get_current_span() is workflow
                with weft.tool("callers own"):
                    pass

    asyncio.run(main())
    assert children_of(spans["invoke_agent streamer"], spans) == ["execute_tool step"] * 3
    assert "execute_tool callers own" in children_of(spans["invoke_workflow w"], spans)


def test_a_span_left_open_across_an_item_is_current_again_inside_only(spans: Spans) -> None:
    @weft.agent("outer")
    def holding() -> Generator[None, None, None]:
        with weft.tool("held") as held:
            yield
            assert trace.get_current_span() is held
            with weft.tool("inner"):
                yield

    before = get_current()
    generator = holding()
    next(generator)
    assert get_current() == before
    next(generator)
    assert get_current() == before
    assert list(generator) == []
    assert spans.parent_of("execute_tool inner") == "execute_tool held"
    assert spans.parent_of("execute_tool held") == "invoke_agent outer"


def test_two_generators_may_be_advanced_in_turn(spans: Spans) -> None:
    one, two = stream(2), stream(2)
    first, second = next(one), next(two)
    assert first != second
    assert [next(one), next(two)] == [first, second]
    assert list(one) == list(two) == []
    assert span_id() == 0


def test_an_async_generator_may_be_advanced_by_several_tasks(spans: Spans) -> None:
    async def main() -> None:
        generator = astream(3)
        seen = {await asyncio.create_task(generator.__anext__()) for _ in range(3)}
        assert len(seen) == 1
        await asyncio.create_task(generator.aclose())
        assert span_id() == 0

    asyncio.run(main())
    assert len(children_of(spans["invoke_agent streamer"], spans)) == 3


@pytest.mark.parametrize("started", [True, False])
def test_a_span_begins_with_the_first_item_and_ends_when_the_generator_is_closed(
    spans: Spans, started: bool
) -> None:
    generator = stream(3)
    if started:
        next(generator)
    generator.close()
    ended = [span for span in spans.all() if span.name == "invoke_agent streamer"]
    outcomes = [(span.attributes or {}).get("weft.outcome") for span in ended]
    assert outcomes == (["closed"] if started else [])


def test_an_async_generator_that_is_closed_cleans_up_inside_its_span(spans: Spans) -> None:
    @weft.agent("streamer")
    async def cleaning() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            with weft.tool("clean up"):
                await asyncio.sleep(0)

    async def main() -> None:
        generator = cleaning()
        await anext(generator)
        await generator.aclose()
        assert spans.names() == ["execute_tool clean up", "invoke_agent streamer"]

    asyncio.run(main())
    assert spans.parent_of("execute_tool clean up") == "invoke_agent streamer"


def test_an_exhausted_generator_has_no_outcome_and_no_error(spans: Spans) -> None:
    assert len(list(stream(2))) == 2
    span = spans["invoke_agent streamer"]
    assert span.status.status_code is StatusCode.UNSET
    assert "weft.outcome" not in (span.attributes or {})


def test_an_abandoned_generator_ends_when_it_is_collected(spans: Spans) -> None:
    for _ in stream(3):
        break
    gc.collect()
    assert (spans["invoke_agent streamer"].attributes or {})["weft.outcome"] == "closed"


def test_an_abandoned_async_generator_ends_when_it_is_collected(
    spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async for _ in astream(3):
            break
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (spans["invoke_agent streamer"].attributes or {})["weft.outcome"] == "closed"
    assert not caplog.records


def test_an_async_generator_cancelled_inside_a_step_is_cancelled(spans: Spans) -> None:
    @weft.agent("waiting")
    async def waiting() -> AsyncGenerator[int, None]:
        await asyncio.Event().wait()
        yield 1

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(waiting()), 0.01)

    asyncio.run(main())
    assert (spans["invoke_agent waiting"].attributes or {})["weft.outcome"] == "cancelled"


def test_a_generator_that_fails_fails_its_span(spans: Spans) -> None:
    generator = weft.agent("a")(echo)()
    next(generator)
    with pytest.raises(KeyError, match="raised inside"):
        generator.send("raise")
    assert (spans["invoke_agent a"].attributes or {})["error.type"] == "KeyError"
    assert len(spans["invoke_agent a"].events) == 1


def test_an_error_the_generator_handles_is_not_its_failure(spans: Spans) -> None:
    generator = weft.agent("a")(echo)()
    next(generator)
    assert generator.throw(ValueError("v")) == "caught v"
    with pytest.raises(StopIteration) as stopped:
        generator.send("return")
    assert stopped.value.value == "returned"
    assert spans["invoke_agent a"].status.status_code is StatusCode.UNSET


def test_a_coroutine_runs_inside_its_span(spans: Spans) -> None:
    @weft.agent("a")
    async def work(value: int) -> int:
        await asyncio.sleep(0)
        with weft.tool("t"):
            await asyncio.sleep(0)
        return value

    async def main() -> list[int]:
        return list(await asyncio.gather(*(work(number) for number in range(3))))

    assert asyncio.run(main()) == [0, 1, 2]
    agents = [span for span in spans.all() if span.name == "invoke_agent a"]
    assert [children_of(agent, spans) for agent in agents] == [["execute_tool t"]] * 3
