"""Redis Pub/Sub against a real redis-server, with redis-py's sync and asyncio clients."""

from __future__ import annotations

import asyncio
import json
from time import time_ns
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio
from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind, StatusCode
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from tests.servers import redis_server, until

import weft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.instrument.conftest import Spans


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with redis_server() as running:
        yield running


@pytest.fixture
def client(port: int) -> Iterator[redis.Redis]:
    with redis.Redis(port=port) as connected:
        yield connected


@pytest.fixture
def pubsub(client: redis.Redis) -> Iterator[Any]:
    with client.pubsub() as subscription:  # type: ignore[no-untyped-call]  # redis-py's own
        yield subscription


def received(pubsub: Any) -> dict[str, Any]:
    """The next message that is not a confirmation."""
    found: list[dict[str, Any]] = []
    pubsub.ignore_subscribe_messages = True

    def next_message() -> bool:
        message = pubsub.get_message(timeout=1)
        found.extend([message] if message else [])
        return bool(found)

    until(next_message, "a message arrived")
    return found[0]


def test_publisher_and_subscriber_are_one_trace(spans: Spans, client: redis.Redis, pubsub: Any) -> None:
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    with weft.workflow("w"):
        assert weft.redis.publish(client, "tasks", {"task": "write"}) == 1
    message = received(pubsub)
    with weft.redis.process(message) as task:
        assert task.payload == {"task": "write"}
        with weft.agent("writer"):
            pass
    published = spans["publish tasks"]
    assert published.kind is SpanKind.PRODUCER
    assert dict(published.attributes or {}) == {
        "messaging.system": "redis",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": "tasks",
        "messaging.message.body.size": len(message["data"]),
    }
    assert spans["process tasks"].kind is SpanKind.CONSUMER
    assert (spans["process tasks"].attributes or {})["messaging.system"] == "redis"
    assert spans.parent_of("publish tasks") == "invoke_workflow w"
    assert spans.parent_of("process tasks") == "publish tasks"
    assert spans.parent_of("invoke_agent writer") == "process tasks"


def test_a_subscriber_without_weft_reads_the_payload_as_ever(
    spans: Spans, client: redis.Redis, pubsub: Any
) -> None:
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    weft.redis.publish(client, "tasks", {"task": "write"})
    assert json.loads(received(pubsub)["data"])["task"] == "write"


def test_a_message_of_a_publisher_without_weft_comes_through_unchanged(
    spans: Spans, client: redis.Redis, pubsub: Any
) -> None:
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    client.publish("tasks", b'\xff{"task": "write"}')
    with weft.redis.process(received(pubsub)) as task:
        assert task.payload == b'\xff{"task": "write"}'
    assert spans["process tasks"].parent is None


def test_a_subscription_by_pattern_says_so(spans: Spans, client: redis.Redis, pubsub: Any) -> None:
    pubsub.psubscribe("task-*")
    until(lambda: client.pubsub_numpat() == 1, "the subscription is known")
    weft.redis.publish(client, b"task-7", 1)
    with weft.redis.process(received(pubsub)):
        pass
    attributes = spans["process task-7"].attributes or {}
    assert attributes["messaging.destination.template"] == "task-*"


def test_a_failed_handler_marks_its_span_and_the_next_message_is_handled(
    spans: Spans, client: redis.Redis, pubsub: Any
) -> None:
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    for number in range(3):
        weft.redis.publish(client, "tasks", number)
    before = get_current()
    handled = []
    for task in weft.redis.listen(pubsub):
        assert get_current() == before
        try:
            with task:
                if task.payload == 1:
                    raise ValueError("one")
                handled.append(task.payload)
        except ValueError:
            continue
        if task.payload == 2:
            break
    assert handled == [0, 2]
    statuses = [span.status.status_code for span in spans.all() if span.name == "process tasks"]
    assert statuses == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]


def test_a_publication_that_fails_marks_its_span_and_raises(spans: Spans) -> None:
    with redis.Redis(port=1, retry=Retry(NoBackoff(), 0)) as nowhere, pytest.raises(redis.ConnectionError):
        weft.redis.publish(nowhere, "tasks", 1)
    assert (spans["publish tasks"].attributes or {})["error.type"] == "redis.exceptions.ConnectionError"


def test_a_payload_that_is_not_json_raises_what_json_raises(spans: Spans, client: redis.Redis) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        weft.redis.publish(client, "tasks", object())
    assert spans["publish tasks"].status.status_code is StatusCode.ERROR


def test_the_asyncio_client_is_awaited(spans: Spans, port: int) -> None:
    async def main() -> None:
        async with redis.asyncio.Redis(port=port) as client, client.pubsub() as pubsub:
            await pubsub.subscribe("tasks")
            await pubsub.get_message(timeout=5)
            with weft.workflow("w"):
                assert await weft.redis.publish(client, "tasks", "write") == 1
                assert trace.get_current_span().get_span_context().is_valid
            async for task in weft.redis.listen(pubsub):
                with task:
                    assert task.payload == "write"
                    await asyncio.sleep(0)
                    with weft.agent("writer"):
                        pass
                break

    asyncio.run(main())
    assert spans.parent_of("publish tasks") == "invoke_workflow w"
    assert spans.parent_of("process tasks") == "publish tasks"
    assert spans.parent_of("invoke_agent writer") == "process tasks"


def test_an_awaited_publication_that_fails_marks_its_span(spans: Spans) -> None:
    async def main() -> None:
        async with redis.asyncio.Redis(port=1, retry=AsyncRetry(NoBackoff(), 0)) as nowhere:
            await weft.redis.publish(nowhere, "tasks", 1)

    with pytest.raises(redis.ConnectionError):
        asyncio.run(main())
    assert spans["publish tasks"].status.status_code is StatusCode.ERROR


@pytest.mark.parametrize(
    "message", [None, 7, "text", {}, {"type": "message"}, {"channel": 7, "data": 8, "pattern": 9}]
)
def test_what_is_no_message_never_makes_it_raise(spans: Spans, message: Any) -> None:
    with weft.redis.process(message):
        pass
    assert len(spans.all()) == 1


def receipts(spans: Spans) -> list[tuple[int, int, int]]:
    """Of each message that was worked on: ready, taken, and when its work began."""
    return [
        (
            int((span.attributes or {})["weft.propagation.ready_ns"]),  # type: ignore[arg-type]
            int((span.attributes or {})["weft.propagation.taken_ns"]),  # type: ignore[arg-type]
            span.start_time or 0,
        )
        for span in spans.all()
        if span.name == "process tasks"
    ]


def test_listening_tells_since_when_each_message_was_waited_for(
    spans: Spans, client: redis.Redis, pubsub: Any
) -> None:
    begun = time_ns()
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    weft.redis.publish(client, "tasks", 0)
    weft.redis.publish(client, "tasks", 1)
    ends = []
    for task in weft.redis.listen(pubsub):
        with task:
            pass
        ends.append(time_ns())
        if task.payload == 1:
            break
    (ready, taken, start), (ready_again, taken_again, start_again) = receipts(spans)
    # The confirmation of the subscription came first, and ended no wait.
    assert begun <= ready <= taken <= start <= ends[0]
    assert ends[0] <= ready_again <= taken_again <= start_again


def test_one_message_is_received_as_a_task_or_none(spans: Spans, client: redis.Redis, pubsub: Any) -> None:
    pubsub.subscribe("tasks")
    until(lambda: client.pubsub_numsub("tasks")[0][1] == 1, "the subscription is known")
    assert weft.redis.receive(pubsub, timeout=1) is None  # the confirmation
    assert weft.redis.receive(pubsub) is None
    weft.redis.publish(client, "tasks", "write")
    before = time_ns()
    task = weft.redis.receive(pubsub, timeout=5)
    assert task is not None
    with task:
        assert task.payload == "write"
    ((ready, taken, start),) = receipts(spans)
    assert before <= ready <= taken <= start
    assert spans.parent_of("process tasks") == "publish tasks"


def test_what_was_fetched_by_somebody_else_has_no_receipt(spans: Spans) -> None:
    with weft.redis.process({"type": "message", "channel": "tasks", "data": "write"}):
        pass
    assert not [
        key for key in spans["process tasks"].attributes or {} if key.endswith(("ready_ns", "taken_ns"))
    ]


def test_an_asyncio_subscription_tells_the_same(spans: Spans, port: int) -> None:
    async def main() -> None:
        async with redis.asyncio.Redis(port=port) as client, client.pubsub() as pubsub:
            await pubsub.subscribe("tasks")
            assert await weft.redis.receive(pubsub, timeout=5) is None
            for number in range(2):
                await weft.redis.publish(client, "tasks", number)
            first = await weft.redis.receive(pubsub, timeout=5)
            assert first is not None
            with first:
                assert first.payload == 0
            async for task in weft.redis.listen(pubsub):
                with task:
                    assert task.payload == 1
                break

    asyncio.run(main())
    (ready, taken, start), (ready_again, taken_again, start_again) = receipts(spans)
    assert ready <= taken <= start <= ready_again <= taken_again <= start_again
