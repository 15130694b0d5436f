"""PRODUCER and CONSUMER spans, whatever the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

import weft
from weft.instrument.messaging import Task, body_bytes

if TYPE_CHECKING:
    from tests.instrument.conftest import Spans


def test_the_work_on_a_message_is_a_child_of_its_sender(spans: Spans) -> None:
    with weft.agent("sender") as sender:
        body = weft.messages.pack({"task": "write"})
    with Task("nats", "tasks", body) as task:
        assert task.payload == {"task": "write"}
        assert trace.get_current_span() is task.span
        with weft.agent("writer"):
            pass
    span = spans["process tasks"]
    assert span.kind is SpanKind.CONSUMER
    assert spans.parent_of("process tasks") == "invoke_agent sender"
    assert spans.parent_of("invoke_agent writer") == "process tasks"
    assert span.context is not None
    assert span.context.trace_id == sender.get_span_context().trace_id
    assert span.links == ()
    assert dict(span.attributes or {}) == {
        "messaging.system": "nats",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "tasks",
        "messaging.message.body.size": len(body),
    }


def test_an_ambient_span_is_linked_when_the_message_has_a_context_of_its_own(spans: Spans) -> None:
    with weft.agent("sender"):
        body = weft.messages.pack(1)
    with weft.agent("loop") as loop, Task("nats", "tasks", body):
        pass
    assert spans.parent_of("process tasks") == "invoke_agent sender"
    assert [link.context for link in spans["process tasks"].links] == [loop.get_span_context()]


def test_a_message_without_context_is_worked_on_in_the_current_one(spans: Spans) -> None:
    with weft.agent("loop"), Task("nats", "tasks", "plain") as task:
        assert task.payload == "plain"
    assert spans.parent_of("process tasks") == "invoke_agent loop"
    assert spans["process tasks"].links == ()


def test_a_failure_marks_the_span_and_goes_on_to_the_caller(spans: Spans) -> None:
    with pytest.raises(KeyError), Task("nats", "tasks", "plain"):
        raise KeyError
    assert spans["process tasks"].status.status_code is StatusCode.ERROR


def test_the_span_of_a_task_may_be_asked_for_at_any_time(spans: Spans) -> None:
    task = Task("nats", None, b"")
    assert not task.span.is_recording()
    with task:
        assert task.span.is_recording()
    assert not task.span.is_recording()
    assert spans.names() == ["process"]


@pytest.mark.parametrize(
    ("body", "size"),
    [("abc", 3), ("é", 2), ("\ud800", 3), (b"abc", 3), (bytearray(b"a"), 1), ({}, None), (7, None)],
)
def test_the_size_of_a_body_is_its_size_on_the_wire(body: object, size: int | None) -> None:
    assert body_bytes(body) == size
