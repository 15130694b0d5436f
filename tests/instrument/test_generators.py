"""``with weft.agent()`` in a generator's body: its children, and an end in all cases."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

import pytest
from opentelemetry import trace

import weft

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from tests.instrument.conftest import Spans


@pytest.fixture(autouse=True)
def _nothing_fails_to_detach(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, "opentelemetry")
    yield
    assert not caplog.records


def answer() -> Generator[str, None, None]:
    with weft.agent("streaming"):
        for word in ("a", "b"):
            with weft.tool(f"word-{word}"):
                pass
            yield word


async def aanswer() -> AsyncGenerator[str, None]:
    with weft.agent("streaming"):
        for word in ("a", "b"):
            await asyncio.sleep(0)
            with weft.tool(f"word-{word}"):
                pass
            yield word


def test_children_are_those_of_the_body_and_none_of_the_consumer(spans: Spans) -> None:
    with weft.workflow("w"):
        for word in answer():
            with weft.tool(f"consumed-{word}"):
                pass
    for word in ("a", "b"):
        assert spans.parent_of(f"execute_tool word-{word}") == "invoke_agent streaming"
        assert spans.parent_of(f"execute_tool consumed-{word}") == "invoke_workflow w"
    assert spans.parent_of("invoke_agent streaming") == "invoke_workflow w"


def test_the_same_for_an_async_generator(spans: Spans) -> None:
    async def main() -> None:
        with weft.workflow("w"):
            async for word in aanswer():
                with weft.tool(f"consumed-{word}"):
                    await asyncio.sleep(0)

    asyncio.run(main())
    for word in ("a", "b"):
        assert spans.parent_of(f"execute_tool word-{word}") == "invoke_agent streaming"
        assert spans.parent_of(f"execute_tool consumed-{word}") == "invoke_workflow w"


def test_an_instrumentation_in_the_consumer_sees_the_consumers_span(spans: Spans) -> None:
    with weft.workflow("w") as span:
        for _ in answer():
            assert trace.get_current_span() is span


def test_an_abandoned_generators_span_ends(spans: Spans) -> None:
    for _ in answer():
        break
    gc.collect()
    with weft.workflow("next"):
        pass
    assert (spans["invoke_agent streaming"].attributes or {})["weft.outcome"] == "closed"
    assert spans.parent_of("invoke_workflow next") is None


def test_an_abandoned_async_generators_span_ends(spans: Spans) -> None:
    async def main() -> None:
        async for _ in aanswer():
            break
        gc.collect()
        await asyncio.sleep(0)
        with weft.workflow("next"):
            pass

    asyncio.run(main())
    assert spans.parent_of("invoke_workflow next") is None
    assert "invoke_agent streaming" in spans.names()


def test_a_generator_closed_in_another_task_ends_its_span_and_no_other(spans: Spans) -> None:
    async def main() -> None:
        generator = aanswer()
        with weft.workflow("w") as span:
            await anext(generator)
            await asyncio.create_task(generator.aclose())
            assert trace.get_current_span() is span
        assert not trace.get_current_span().get_span_context().is_valid

    asyncio.run(main())
    assert spans.names() == ["execute_tool word-a", "invoke_agent streaming", "invoke_workflow w"]


def test_a_workflow_that_is_opened_between_two_items_outlives_the_generator(spans: Spans) -> None:
    generator = answer()
    next(generator)
    with weft.workflow("w"):
        list(generator)
        with weft.tool("after"):
            pass
    with weft.workflow("next"):
        pass
    assert spans.parent_of("execute_tool after") == "invoke_workflow w"
    assert spans.parent_of("invoke_workflow next") is None


def test_a_block_in_a_decorated_generator_stays_open_from_step_to_step(spans: Spans) -> None:
    @weft.agent("decorated")
    def decorated() -> Generator[int, None, None]:
        with weft.tool("long"):
            yield 1
            with weft.tool("inner"):
                yield 2

    with weft.workflow("w"):
        for number in decorated():
            with weft.tool(f"consumed-{number}"):
                pass
    assert spans.parent_of("execute_tool inner") == "execute_tool long"
    assert spans.parent_of("execute_tool long") == "invoke_agent decorated"
    assert spans.parent_of("execute_tool consumed-2") == "invoke_workflow w"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_streamed_response_is_one_trace(spans: Spans, kind: str) -> None:
    """Starlette takes each step of a sync generator in some thread, an async one in a task of its own."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def stream(_: Request) -> StreamingResponse:
        return StreamingResponse(weft.agent("decorated")(answer if kind == "sync" else aanswer)())

    async def call() -> str:
        with weft.workflow("w"):
            return await asyncio.to_thread(lambda: client.get("/").text)

    client = TestClient(Starlette(routes=[Route("/", stream)]))
    assert asyncio.run(call()) == "ab"
    assert spans.parent_of("invoke_agent streaming") == "invoke_agent decorated"
    for word in ("a", "b"):
        assert spans.parent_of(f"execute_tool word-{word}") == "invoke_agent streaming"
