"""Scopes: opened, closed, failed, reused."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.context import attach, detach, get_current
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, StaticSampler
from opentelemetry.trace import StatusCode

import weft
from weft.instrument.running import RunningSpan

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from tests.instrument.conftest import Spans


@pytest.fixture(autouse=True)
def _leaves_the_context_as_it_was() -> Iterator[None]:
    """Whatever a test leaves open."""
    token = attach(get_current())
    yield
    detach(token)


def current() -> int:
    return trace.get_current_span().get_span_context().span_id


def test_the_span_is_current_inside_the_block_only(spans: Spans) -> None:
    before = get_current()
    with weft.agent("a") as span:
        assert trace.get_current_span() is span
    assert get_current() == before


def test_a_failure_is_recorded_and_raised_unchanged(spans: Spans) -> None:
    error = ValueError("no such page")
    with pytest.raises(ValueError, match="no such page") as raised, weft.agent("a"), weft.tool("t"):
        raise error
    assert raised.value is error
    for span in spans.all():
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "ValueError: no such page"
        assert (span.attributes or {})["error.type"] == "ValueError"
        (event,) = span.events
        assert event.name == "exception"
        assert (event.attributes or {})["exception.message"] == "no such page"


def test_the_type_of_an_error_is_its_full_name(spans: Spans) -> None:
    with pytest.raises(asyncio.QueueFull), weft.agent("a"):
        raise asyncio.QueueFull
    assert (spans["invoke_agent a"].attributes or {})["error.type"] == "asyncio.queues.QueueFull"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even its message")


def test_an_error_that_cannot_be_printed_is_raised_unchanged(spans: Spans) -> None:
    with pytest.raises(Unprintable), weft.agent("a"):
        raise Unprintable
    assert spans["invoke_agent a"].status.description == "Unprintable"


def test_a_long_message_is_cut(spans: Spans) -> None:
    with pytest.raises(ValueError, match="xxx"), weft.agent("a"):
        raise ValueError("x" * 1_000_000)
    assert len(spans["invoke_agent a"].status.description or "") < 5000


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
        (GeneratorExit(), "closed"),
        (SystemExit(0), None),
        (SystemExit(), None),
    ],
)
def test_what_the_caller_asked_for_is_no_failure(
    spans: Spans, error: BaseException, outcome: str | None
) -> None:
    with pytest.raises(type(error)), weft.agent("a"):
        raise error
    span = spans["invoke_agent a"]
    assert span.status.status_code is StatusCode.UNSET
    assert span.events == ()
    assert (span.attributes or {}).get("weft.outcome") == outcome


def test_an_exit_with_a_code_is_a_failure(spans: Spans) -> None:
    with pytest.raises(SystemExit), weft.agent("a"):
        raise SystemExit(3)
    assert spans["invoke_agent a"].status.status_code is StatusCode.ERROR


def test_a_cancelled_task_is_no_failure(spans: Spans) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    @weft.agent
    async def work() -> None:
        await asyncio.Event().wait()

    asyncio.run(main())
    assert (spans["invoke_agent work"].attributes or {})["weft.outcome"] == "cancelled"


def test_one_scope_may_be_entered_inside_itself(spans: Spans) -> None:
    scope = weft.agent("a")
    with scope as outer:
        with scope as inner:
            assert trace.get_current_span() is inner
        assert trace.get_current_span() is outer
    first, second = spans.all()
    assert first.parent is not None
    assert second.context is not None
    assert first.parent.span_id == second.context.span_id


def test_one_scope_may_be_open_in_many_tasks_and_threads_at_once(spans: Spans) -> None:
    scope = weft.agent("a")
    opened: dict[int, int] = {}

    async def work(number: int) -> None:
        with scope as span:
            opened[span.get_span_context().span_id] = number
            span.set_attribute("number", number)
            await asyncio.sleep(0.001 * (number % 7))
            assert trace.get_current_span() is span

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(20)))

    threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spans.all()) == 60
    for span in spans.all():
        assert span.parent is None
        assert span.context is not None
        assert opened[span.context.span_id] == (span.attributes or {})["number"]


def test_a_block_left_in_a_foreign_context_ends_its_span_silently(
    spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    async def abandoned() -> AsyncGenerator[int, None]:
        with weft.agent("a"):
            yield 1

    async def main() -> None:
        async for _ in abandoned():
            break
        gc.collect()

    with caplog.at_level(logging.DEBUG, "opentelemetry"):
        asyncio.run(main())
    assert spans.names() == ["invoke_agent a"]
    assert not caplog.records


def test_a_block_left_where_its_context_never_was_ends_its_span(spans: Spans) -> None:
    scope = weft.agent("a")
    scope.__enter__()
    contextvars.Context().run(scope.__exit__, None, None, None)
    assert spans.names() == ["invoke_agent a"]
    scope.__exit__(None, None, None)


def test_blocks_left_in_the_wrong_order_end_their_own_spans(spans: Spans) -> None:
    one, two = weft.agent("one"), weft.agent("two")
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert spans.names() == ["invoke_agent one"]
    two.__exit__(None, None, None)
    assert spans.names() == ["invoke_agent one", "invoke_agent two"]


def test_without_a_provider_everything_works_and_nothing_is_recorded(no_provider: None) -> None:
    @weft.tool
    def work() -> int:
        return 7

    with weft.agent("a") as span:
        assert not span.is_recording()
        assert work() == 7


class Broken(SpanProcessor):
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        raise RuntimeError("on_start")


class BrokenAtEnd(SpanProcessor):
    def on_end(self, span: Any) -> None:
        raise RuntimeError("on_end")


@pytest.mark.parametrize("processor", [Broken(), BrokenAtEnd()])
def test_a_processor_that_raises_never_reaches_user_code(no_provider: None, processor: SpanProcessor) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    with weft.agent("a"), weft.tool("t") as span:
        span.set_attribute("key", "value")
    with pytest.raises(KeyError), weft.agent("a"):
        raise KeyError


def test_a_decorated_function_keeps_its_signature_and_metadata() -> None:
    def original(question: str, *, limit: int = 3) -> list[str]:
        """Find something."""
        return [question] * limit

    decorated = weft.tool("search")(original)
    assert inspect.signature(decorated) == inspect.signature(original)
    assert decorated.__name__ == "original"
    assert decorated.__doc__ == "Find something."
    assert decorated("a", limit=2) == ["a", "a"]


def test_methods_of_every_kind_can_be_decorated(spans: Spans) -> None:
    class Agent:
        @weft.agent
        def plain(self, value: int) -> int:
            return value

        @weft.agent
        @classmethod
        def of_class(cls, value: int) -> int:
            return value

        @classmethod
        @weft.agent
        def of_class_too(cls, value: int) -> int:
            return value

        @weft.agent
        @staticmethod
        def static(value: int) -> int:
            return value

    agent = Agent()
    assert (agent.plain(1), agent.of_class(2), Agent.of_class_too(3)) == (1, 2, 3)
    assert (agent.static(4), Agent.static(5)) == (4, 5)
    assert len(spans.all()) == 5


def test_callables_without_a_name_can_be_decorated(spans: Spans) -> None:
    class Search:
        def __call__(self, query: str) -> str:
            return query

    class AsyncSearch:
        async def __call__(self, query: str) -> str:
            return query

    assert weft.tool(Search())("a") == "a"
    assert asyncio.run(weft.tool(AsyncSearch())("b")) == "b"
    assert weft.tool("partial")(functools.partial(max, 3))(5) == 5
    assert spans.names() == ["execute_tool Search", "execute_tool AsyncSearch", "execute_tool partial"]


def test_a_class_is_left_as_it_is_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    class Agent:
        pass

    assert weft.agent("a")(Agent) is Agent
    assert "decorate the method" in caplog.text


def running_spans() -> int:
    gc.collect()
    return sum(isinstance(each, RunningSpan) for each in gc.get_objects())


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF])
@pytest.mark.parametrize("in_generator", [True, False])
def test_a_chain_of_tasks_keeps_none_of_its_ended_spans_alive(
    no_provider: None, sampler: StaticSampler, in_generator: bool
) -> None:
    """Each is begun inside the span of the one before it."""

    async def stream(left: int) -> AsyncGenerator[None, None]:
        with weft.tool("tick"):
            begin_next(left)
            yield

    async def step(left: int) -> None:
        if in_generator:
            async for _ in stream(left):
                pass
        else:
            with weft.tool("tick"):
                begin_next(left)

    def begin_next(left: int) -> None:
        if left:
            latest[:] = [asyncio.create_task(step(left - 1))]
        else:
            done.set_result(running_spans())

    async def main() -> int:
        begin_next(50)
        return await done

    trace.set_tracer_provider(TracerProvider(sampler=sampler, shutdown_on_exit=False))
    latest: list[asyncio.Task[None]] = []
    before = running_spans()
    loop = asyncio.new_event_loop()
    done: asyncio.Future[int] = loop.create_future()
    try:
        assert loop.run_until_complete(main()) - before < 5
    finally:
        loop.close()
