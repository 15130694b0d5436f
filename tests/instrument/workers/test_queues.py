"""Long-lived workers behind queues: an item is worked on in the trace of whoever put it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import logging.handlers
import queue
import random
import threading
import weakref
from time import time_ns
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import attach, get_current
from opentelemetry.instrumentation.utils import suppress_instrumentation

import weft
from weft.instrument.arrivals import ArrivalRecorder
from weft.instrument.workers import adoption
from weft.instrument.workers.waiting import SLACK, waiting_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from opentelemetry.sdk.trace import ReadableSpan
    from tests.instrument.conftest import Spans

pytestmark = pytest.mark.usefixtures("queues")

QUEUES = [asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue]


def work(name: object) -> None:
    with weft.tool(str(name)):
        pass


async def worker(get: Callable[[], Awaitable[Any]], done: Callable[[], None] = lambda: None) -> None:
    while (item := await get()) is not None:
        work(item)
        done()


def run_worker(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it in a task of its own: the one that `asyncio.run` runs for is nobody's worker."""

    async def run() -> None:
        await asyncio.create_task(main())

    asyncio.run(run())


@pytest.mark.parametrize("kind", QUEUES)
def test_an_item_brings_its_producers_context(spans: Spans, kind: type[asyncio.Queue[Any]]) -> None:
    async def main() -> None:
        items = kind()
        task = asyncio.create_task(worker(items.get, items.task_done))
        for name in ("a", "b"):
            with weft.agent(name):
                await items.put(f"of-{name}")
                await items.put(f"of-{name}-too")
        await items.join()
        task.cancel()

    asyncio.run(main())
    for name in ("a", "b"):
        assert spans.parent_of(f"execute_tool of-{name}") == f"invoke_agent {name}"
        assert spans.parent_of(f"execute_tool of-{name}-too") == f"invoke_agent {name}"


def test_baggage_comes_along(spans: Spans) -> None:
    async def producer(items: asyncio.Queue[str]) -> None:
        attach(baggage.set_baggage("user", "ada"))
        items.put_nowait("x")

    async def consumer(items: asyncio.Queue[str]) -> object:
        await items.get()
        return baggage.get_baggage("user")

    async def main() -> object:
        items: asyncio.Queue[str] = asyncio.Queue()
        await asyncio.create_task(producer(items))
        return await asyncio.create_task(consumer(items))

    assert asyncio.run(main()) == "ada"


def test_a_workers_own_baggage_stays_and_a_producers_goes(spans: Spans) -> None:
    async def consumer(items: asyncio.Queue[str]) -> list[object]:
        attach(baggage.set_baggage("user", "worker"))
        return [await taken(items) for _ in range(3)]

    async def taken(items: asyncio.Queue[str]) -> object:
        await items.get()
        return baggage.get_baggage("user")

    async def main() -> list[object]:
        items: asyncio.Queue[str] = asyncio.Queue()
        items.put_nowait("nobody's")
        with weft.attached(baggage.set_baggage("user", "ada")):
            items.put_nowait("ada's")
        items.put_nowait("nobody's")
        return await asyncio.create_task(consumer(items))

    assert asyncio.run(main()) == ["worker", "ada", None]


def test_a_worker_that_was_started_in_a_span_does_not_stay_there(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        with weft.agent("starter"):
            task = asyncio.create_task(worker(items.get, items.task_done))
            await asyncio.sleep(0)
            with weft.agent("inside"):  # while the starter's span is still open
                items.put_nowait("early")
            await items.join()
        with weft.agent("later"):
            items.put_nowait("late")
        await items.join()
        items.put_nowait("nobodys")
        await items.join()
        task.cancel()

    asyncio.run(main())
    assert spans.parent_of("execute_tool early") == "invoke_agent inside"
    assert spans.parent_of("execute_tool late") == "invoke_agent later"
    assert spans.parent_of("execute_tool nobodys") is None


def test_an_item_of_nobodys_takes_no_worker_out_of_the_span_it_was_started_in(spans: Spans) -> None:
    """A connection's reader is nobody's; the task that takes its messages is part of a workflow."""

    async def main() -> None:
        items: asyncio.Queue[str | None] = asyncio.Queue()
        asyncio.get_running_loop().call_soon(items.put_nowait, "one")
        with weft.workflow("session"):
            task = asyncio.create_task(worker(items.get))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            contextvars.Context().run(items.put_nowait, None)
            await task

    asyncio.run(main())
    assert spans.parent_of("execute_tool one") == "invoke_workflow session"


def test_who_outlived_his_span_by_far_puts_in_nobodys_name(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reader(go: asyncio.Event, items: asyncio.Queue[str]) -> None:
        await go.wait()
        items.put_nowait("soon")
        monkeypatch.setattr(adoption, "STALE_NS", 0)
        items.put_nowait("late")

    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        go = asyncio.Event()
        task = asyncio.create_task(worker(items.get, items.task_done))
        with weft.agent("first user"):
            reading = asyncio.create_task(reader(go, items))
            await asyncio.sleep(0)
        go.set()
        await reading
        await items.join()
        task.cancel()

    asyncio.run(main())
    assert spans.parent_of("execute_tool soon") == "invoke_agent first user"
    assert spans.parent_of("execute_tool late") is None


def test_a_consumer_with_a_span_of_its_own_keeps_it(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        with weft.agent("producer"):
            items.put_nowait("one")
            items.put_nowait("two")
        with weft.agent("consumer"):
            work(await items.get())
        with trace.get_tracer("theirs").start_as_current_span("other consumer"):
            work(await items.get())

    run_worker(main)
    assert spans.parent_of("execute_tool one") == "invoke_agent consumer"
    assert spans.parent_of("execute_tool two") == "other consumer"


NOT_SAMPLED = {"traceparent": f"00-{7:032x}-{7:016x}-00"}


@pytest.mark.parametrize("theirs", [False, True])
def test_a_request_that_is_not_sampled_stays_itself(spans: Spans, theirs: bool) -> None:
    """While it waits for an answer that is put in somebody else's trace."""

    async def main() -> None:
        answers: asyncio.Queue[str] = asyncio.Queue()
        with weft.agent("sampled"):
            answers.put_nowait("answer")
        with weft.attached(weft.extract(NOT_SAMPLED)):
            tracer = trace.get_tracer("theirs")
            with tracer.start_as_current_span("request") if theirs else weft.agent("request") as span:
                await answers.get()
                assert trace.get_current_span() is span
                work("afterwards")

    run_worker(main)
    assert spans.names() == ["invoke_agent sampled"]


def test_a_worker_that_was_begun_in_a_request_that_is_not_sampled_works_for_those_that_are(
    spans: Spans,
) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        with weft.attached(weft.extract(NOT_SAMPLED)), weft.agent("request"):
            task = asyncio.create_task(worker(items.get, items.task_done))
        with weft.agent("sampled"):
            items.put_nowait("one")
        await items.join()
        task.cancel()

    asyncio.run(main())
    assert spans.parent_of("execute_tool one") == "invoke_agent sampled"


def test_what_a_sender_sent_from_afar_is_not_given_up(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        with weft.agent("producer"):
            items.put_nowait("one")
        with weft.attached(weft.extract({"traceparent": f"00-{7:032x}-{7:016x}-01"})):
            work(await items.get())

    run_worker(main)
    span = spans["execute_tool one"]
    assert span.parent is not None
    assert span.parent.span_id == 7


def test_what_came_from_afar_with_an_item_is_given_up_with_it(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        task = asyncio.create_task(worker(items.get, items.task_done))
        for number in (7, 8):
            with weft.attached(weft.extract({"traceparent": f"00-{number:032x}-{number:016x}-01"})):
                items.put_nowait(str(number))
        await items.join()
        task.cancel()

    asyncio.run(main())
    for number in (7, 8):
        parent = spans[f"execute_tool {number}"].parent
        assert parent is not None
        assert parent.span_id == number


@pytest.mark.parametrize(("kind", "order"), [(asyncio.Queue, "ab"), (asyncio.LifoQueue, "ba")])
def test_items_that_are_one_object_bring_each_its_own_context(
    spans: Spans, kind: type[asyncio.Queue[Any]], order: str
) -> None:
    async def main() -> None:
        items = kind()
        for name in ("a", "b"):
            with weft.agent(name):
                items.put_nowait("job")
        for name in order:
            await items.get()
            work(f"of-{name}")

    run_worker(main)
    for name in order:
        assert spans.parent_of(f"execute_tool of-{name}") == f"invoke_agent {name}"


def test_waiting_with_a_timeout_adopts_too(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str] = asyncio.Queue()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(items.get(), 0.001)
        with weft.agent("a"):
            items.put_nowait("one")
        task = asyncio.create_task(worker(lambda: asyncio.wait_for(items.get(), 10), items.task_done))
        await items.join()
        with weft.agent("b"):
            items.put_nowait("two")
        await items.join()
        task.cancel()

    asyncio.run(main())
    assert spans.parent_of("execute_tool one") == "invoke_agent a"
    assert spans.parent_of("execute_tool two") == "invoke_agent b"


def test_who_waits_for_workers_does_not_adopt_what_they_took(spans: Spans) -> None:
    async def main() -> None:
        items: asyncio.Queue[str | None] = asyncio.Queue()
        with weft.agent("a"):
            items.put_nowait("one")
            items.put_nowait(None)
        await asyncio.wait_for(worker(items.get), 10)
        with weft.workflow("next"):
            pass

    asyncio.run(main())
    assert spans.parent_of("execute_tool one") == "invoke_agent a"
    assert spans.parent_of("invoke_workflow next") is None


@pytest.mark.parametrize("kind", QUEUES)
def test_many_workers_and_producers_mix_nothing(spans: Spans, kind: type[asyncio.Queue[Any]]) -> None:
    dice = random.Random(7)

    async def producer(items: asyncio.Queue[Any], number: int) -> None:
        for step in range(20):
            with weft.agent(f"{number}-{step}") as span:
                await items.put(f"{span.get_span_context().span_id:016x}")
                await asyncio.sleep(dice.choice((0, 0.001)))

    async def consumer(items: asyncio.Queue[Any]) -> None:
        while True:
            item = await items.get()
            await asyncio.sleep(dice.choice((0, 0.001)))
            work(item)
            items.task_done()

    async def main() -> None:
        items = kind(maxsize=3)
        consumers = [asyncio.create_task(consumer(items)) for _ in range(5)]
        await asyncio.gather(*(producer(items, number) for number in range(10)))
        await items.join()
        for task in consumers:
            task.cancel()

    asyncio.run(main())
    worked = [span for span in spans.all() if span.name.startswith("execute_tool ")]
    assert len(worked) == 200
    for span in worked:
        assert span.parent is not None
        assert span.name == f"execute_tool {span.parent.span_id:016x}"


class Connection:
    """Can be referred to weakly, as most objects can."""


class Holder:
    """Cannot, like asyncpg's."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("kind", "resource"),
    [(asyncio.Queue, Connection), (asyncio.LifoQueue, Connection), (asyncio.LifoQueue, Holder)],
)
def test_a_pool_of_resources_brings_nobodys_context(
    spans: Spans, kind: type[asyncio.Queue[Any]], resource: type
) -> None:
    async def main() -> None:
        pool = kind()
        pool.put_nowait(resource())
        for name in ("a", "b"):
            with weft.agent(name):
                connection = await pool.get()
                pool.put_nowait(connection)
        connection = await pool.get()
        work("unrelated")

    run_worker(main)
    assert spans.parent_of("execute_tool unrelated") is None


@pytest.mark.parametrize("place", [None, True, Connection()])
def test_a_place_for_a_workflow_brings_nothing_of_the_one_that_had_it_before(
    spans: Spans, place: object
) -> None:
    async def main() -> None:
        places: asyncio.Queue[object] = asyncio.Queue()
        places.put_nowait(place)
        for name in "abc":
            taken = await places.get()
            await asyncio.create_task(run(name, taken, places))

    async def run(name: str, taken: object, places: asyncio.Queue[object]) -> None:
        with weft.agent(name):
            places.put_nowait(taken)

    run_worker(main)
    assert [spans.parent_of(f"invoke_agent {name}") for name in "abc"] == [None] * 3


@pytest.mark.parametrize("waiting", [False, True])
def test_the_task_that_the_loop_runs_for_goes_on_with_its_own_affairs(spans: Spans, waiting: bool) -> None:
    async def main() -> None:
        results: asyncio.Queue[int] = asyncio.Queue()
        with weft.agent("a"):
            results.put_nowait(1)
        assert await (asyncio.wait_for(results.get(), 10) if waiting else results.get()) == 1
        work("mine")

    asyncio.run(main())
    assert spans.parent_of("execute_tool mine") is None


def test_a_workflow_in_the_context_of_anothers_result_is_a_trace_of_its_own(spans: Spans) -> None:
    async def main() -> None:
        results: asyncio.Queue[int] = asyncio.Queue()
        for number in range(3):
            with weft.workflow(str(number)), weft.agent("a"):
                results.put_nowait(number)
            await results.get()
            work(f"after-{number}")

    run_worker(main)
    first, second = spans["invoke_workflow 0"], spans["invoke_workflow 1"]
    assert second.parent is None
    assert first.context
    assert [link.context.trace_id for link in second.links] == [first.context.trace_id]
    assert spans["execute_tool after-1"].context.trace_id == second.context.trace_id


@pytest.mark.parametrize("theirs", [False, True])
def test_a_workflow_on_an_item_of_a_request_stays_in_its_trace(spans: Spans, theirs: bool) -> None:
    async def main() -> None:
        items: asyncio.Queue[int] = asyncio.Queue()
        tracer = trace.get_tracer("theirs")
        with tracer.start_as_current_span("request") if theirs else weft.agent("request"):
            items.put_nowait(1)
        await items.get()
        with weft.workflow("w"):
            work("inside")
        with weft.workflow("next"), weft.workflow("inner"):
            pass

    run_worker(main)
    assert spans.parent_of("invoke_workflow w") == ("request" if theirs else "invoke_agent request")
    assert spans.parent_of("invoke_workflow inner") == "invoke_workflow next"


class Lazy:
    """Like Django's SimpleLazyObject and Werkzeug's LocalProxy."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise AssertionError("it was asked what it is")


def test_a_lazy_object_is_left_alone(spans: Spans) -> None:
    items: queue.Queue[Any] = queue.Queue()
    with weft.agent("a"):
        items.put(Lazy())
        items.get()
        items.put(Lazy())
    taken: list[str] = []
    thread = threading.Thread(target=lambda: (items.get(), work("lazy"), taken.append("lazy")))
    thread.start()
    thread.join()
    assert taken == ["lazy"]
    assert spans.parent_of("execute_tool lazy") == "invoke_agent a"


def test_work_that_is_put_again_stays_in_its_trace(spans: Spans) -> None:
    job = Connection()

    async def main() -> None:
        jobs: asyncio.Queue[Any] = asyncio.Queue()
        task = asyncio.create_task(try_twice(jobs))
        for name in ("a", "b"):  # the same job, in two traces
            with weft.agent(name) as span:
                traces.append(span.get_span_context().trace_id)
                jobs.put_nowait(job)
            await jobs.join()
        task.cancel()

    async def try_twice(jobs: asyncio.Queue[Any]) -> None:
        while True:
            for attempt in (1, 2):
                again = await jobs.get()
                with weft.tool(f"attempt {attempt}"):
                    if attempt == 1:
                        jobs.put_nowait(again)
                jobs.task_done()

    traces: list[int] = []
    asyncio.run(main())
    worked = [span for span in spans.all() if span.name.startswith("execute_tool")]
    assert [span.context.trace_id for span in worked if span.context] == [
        traces[0], traces[0], traces[1], traces[1],
    ]  # fmt: skip


def test_items_stay_what_they_are_and_are_let_go() -> None:
    async def main() -> None:
        items: asyncio.PriorityQueue[Any] = asyncio.PriorityQueue()
        for priority in (2, 1):
            items.put_nowait((priority, "job"))
        assert items._queue == [(1, "job"), (2, "job")]  # type: ignore[attr-defined]  # what people look at
        assert await items.get() == (1, "job")
        plain: asyncio.Queue[Any] = asyncio.Queue()
        connection = Connection()
        plain.put_nowait(connection)
        gone = weakref.ref(connection)
        del connection
        plain.get_nowait()
        gc.collect()
        assert gone() is None

    asyncio.run(main())


def test_items_that_a_program_throws_away_are_let_go() -> None:
    async def main() -> None:
        items: asyncio.Queue[Any] = asyncio.Queue()
        lost = Connection()
        items.put_nowait(lost)
        gone = weakref.ref(lost)
        del lost
        items._queue.clear()  # type: ignore[attr-defined]
        items.put_nowait("next")
        gc.collect()
        assert gone() is None

    asyncio.run(main())


class Latest(asyncio.Queue[Any]):
    """Keeps the last item only, under each name."""

    def _init(self, maxsize: int) -> None:
        self._queue: dict[Any, None] = {}

    def _put(self, item: Any) -> None:
        self._queue[item] = None

    def _get(self) -> Any:
        return self._queue.popitem()[0]


def test_a_queue_that_merges_items_keeps_no_more_contexts_than_it_needs() -> None:
    async def main() -> None:
        items = Latest()
        items.put_nowait("other")
        for _ in range(1000):
            items.put_nowait("refresh")
        kept = sum(map(len, waiting_in(items)._entries.values()))
        assert kept < 2 * SLACK

    asyncio.run(main())


def test_a_full_or_empty_queue_raises_as_before() -> None:
    items: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
    with pytest.raises(asyncio.QueueEmpty):
        items.get_nowait()
    items.put_nowait(1)
    with pytest.raises(asyncio.QueueFull):
        items.put_nowait(2)
    with pytest.raises(TypeError, match="put_nowait"):
        items.put_nowait()  # type: ignore[call-arg]
    assert items.get_nowait() == 1


def test_telemetry_at_work_neither_gives_nor_takes_context() -> None:
    async def main() -> None:
        items: asyncio.Queue[int] = asyncio.Queue()
        with suppress_instrumentation():
            items.put_nowait(1)
        await items.get()
        assert "suppress_instrumentation" not in get_current()
        attach(baggage.set_baggage("user", "ada"))
        items.put_nowait(2)
        with suppress_instrumentation():
            before = get_current()
            await items.get()
            assert get_current() is before

    run_worker(main)


def test_worker_threads_adopt_what_comes_through_a_queue(spans: Spans) -> None:
    items: queue.Queue[Any] = queue.Queue()

    def run() -> None:
        while (item := items.get()) is not None:
            work(item)
            items.task_done()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(60):
        with weft.agent(str(number)) as span:
            items.put(f"{span.get_span_context().span_id:016x}")
    for _ in threads:
        items.put(None)
    for thread in threads:
        thread.join()
    worked = [span for span in spans.all() if span.name.startswith("execute_tool ")]
    assert len(worked) == 60
    for span in worked:
        assert span.parent is not None
        assert span.name == f"execute_tool {span.parent.span_id:016x}"


def test_the_main_thread_goes_on_with_its_own_affairs(spans: Spans) -> None:
    results: queue.Queue[int] = queue.Queue()

    def run() -> None:
        with weft.agent("a"):
            results.put(1)

    thread = threading.Thread(target=run)
    thread.start()
    assert results.get() == 1
    thread.join()
    with weft.workflow("next"):
        pass
    assert spans.parent_of("invoke_workflow next") is None


def test_pools_of_connections_between_threads_are_left_alone() -> None:
    pool: queue.LifoQueue[int] = queue.LifoQueue()
    pool.put(1)
    assert not hasattr(pool, "_weft_waiting")
    assert pool.get() == 1


def test_logging_through_a_queue_works_as_before() -> None:
    records: queue.Queue[Any] = queue.Queue()
    said: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    listener = logging.handlers.QueueListener(records, Kept())
    listener.start()
    log = logging.getLogger("through-a-queue")
    handler = logging.handlers.QueueHandler(records)
    log.addHandler(handler)
    for number in range(50):
        log.warning("%d", number)
    log.removeHandler(handler)
    listener.stop()
    assert said == [str(number) for number in range(50)]


@pytest.mark.parametrize("buffer", [0, 1, 100])
@pytest.mark.parametrize("item", [7, "text"])  # also where two items are one object
def test_a_memory_stream_brings_its_senders_context(spans: Spans, buffer: int, item: object) -> None:
    async def main() -> None:
        send, receive = anyio.create_memory_object_stream[Any](buffer)
        async with send, receive, anyio.create_task_group() as group:
            group.start_soon(consumer, receive)
            for number in range(6):
                with weft.agent(str(number)):
                    await send.send(item)
            await send.aclose()

    async def consumer(receive: Any) -> None:
        number = 0
        async for _ in receive:
            work(number)
            number += 1
            await asyncio.sleep(0)

    asyncio.run(main())
    for number in range(6):
        assert spans.parent_of(f"execute_tool {number}") == f"invoke_agent {number}"


def test_an_item_that_was_not_sent_after_all_brings_nothing(spans: Spans) -> None:
    async def main() -> None:
        send, receive = anyio.create_memory_object_stream[str](1)
        async with send, receive:
            await send.send("text")
            with weft.agent("gave up"):
                with anyio.move_on_after(0.001):
                    await send.send("text")
                with pytest.raises(anyio.WouldBlock):
                    send.send_nowait("text")
            await receive.receive()
            with weft.agent("sent"):
                await send.send("text")
            await receive.receive()
            work("received")

    run_worker(main)
    assert spans.parent_of("execute_tool received") == "invoke_agent sent"


def test_a_memory_stream_raises_as_before() -> None:
    async def main() -> None:
        send, receive = anyio.create_memory_object_stream[int](0)
        with pytest.raises(anyio.WouldBlock):
            send.send_nowait(1)
        with pytest.raises(anyio.WouldBlock):
            receive.receive_nowait()
        with anyio.move_on_after(0.001) as scope:
            await send.send(2)
        assert scope.cancelled_caught
        await receive.aclose()
        with pytest.raises(anyio.BrokenResourceError):
            await send.send(3)
        await send.aclose()

    asyncio.run(main())


class TestTelling:
    """An item's first span tells since when it waited."""

    @pytest.fixture(autouse=True)
    def _recorder(self, spans: Spans) -> None:
        provider: Any = trace.get_tracer_provider()
        provider.add_span_processor(ArrivalRecorder())

    @staticmethod
    def told(span: ReadableSpan) -> dict[str, Any]:
        prefix = "weft.propagation."
        found = span.attributes or {}
        return {name.removeprefix(prefix): found[name] for name in found if name.startswith(prefix)}

    def test_the_first_span_under_an_item_tells_and_no_other(self, spans: Spans) -> None:
        async def main() -> None:
            items: asyncio.Queue[str] = asyncio.Queue()
            with weft.agent("boss"):
                before = time_ns()
                items.put_nowait("a")
                put = time_ns()
                items.put_nowait("b")
            taking = time_ns()
            for name in ("a", "b"):
                assert await items.get() == name
                with weft.agent(name):
                    work(f"in {name}")
                work(f"after {name}")
            told = self.told(spans["invoke_agent a"])
            assert told.keys() == {"carrier", "sent_ns", "taken_ns"}
            assert told["carrier"] == "queue"
            assert before <= told["sent_ns"] <= put
            assert taking <= told["taken_ns"] <= (spans["invoke_agent a"].start_time or 0)
            assert self.told(spans["invoke_agent b"])["taken_ns"] > told["taken_ns"]
            for name in ("boss", "in a", "after a", "in b", "after b"):
                (span,) = (span for span in spans.all() if span.name.endswith(f" {name}"))
                assert not self.told(span)

        run_worker(main)

    def test_threads_and_streams_and_waiting_with_a_timeout_tell_too(self, spans: Spans) -> None:
        threads: queue.Queue[str] = queue.Queue()

        async def main() -> None:
            items: asyncio.Queue[str] = asyncio.Queue()
            send, receive = anyio.create_memory_object_stream[str](1)
            with weft.agent("boss"):
                threads.put("thread")
                items.put_nowait("waited")
                send.send_nowait("stream")
            work(await asyncio.wait_for(items.get(), 5))
            work(await receive.receive())
            send.close()
            receive.close()

        run_worker(main)
        thread = threading.Thread(target=lambda: work(threads.get()))
        thread.start()
        thread.join()
        for name in ("thread", "waited", "stream"):
            assert self.told(spans[f"execute_tool {name}"])["carrier"] == "queue"

    def test_a_worker_with_a_span_of_its_own_tells_nothing(self, spans: Spans) -> None:
        async def main() -> None:
            items: asyncio.Queue[str] = asyncio.Queue()
            with weft.agent("boss"):
                items.put_nowait("a")
            with weft.agent("other"):
                work(await items.get())

        run_worker(main)
        assert not self.told(spans["execute_tool a"])
