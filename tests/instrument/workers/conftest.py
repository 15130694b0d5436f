"""Queues with their instrumentation, taken off again after the test."""

from __future__ import annotations

import asyncio
import queue
from typing import TYPE_CHECKING

import anyio.streams.memory
import pytest
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from tests.instrument.conftest import no_provider, spans

from weft.instrument.libraries import asyncio_queues, memory_streams, thread_queues

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_provider", "queues", "spans"]

PATCHED = (
    (asyncio, "wait_for"),
    (asyncio.tasks, "wait_for"),
    (asyncio.Queue, "put_nowait"),
    (asyncio.Queue, "get_nowait"),
    (queue.Queue, "_put"),
    (queue.Queue, "_get"),
    (MemoryObjectSendStream, "send"),
    (MemoryObjectSendStream, "send_nowait"),
    (MemoryObjectReceiveStream, "receive"),
    (MemoryObjectReceiveStream, "receive_nowait"),
)


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Instrumented queues."""
    with monkeypatch.context() as patched:
        for owner, name in PATCHED:
            patched.setattr(owner, name, owner.__dict__[name])  # put back at the end
        asyncio_queues.instrument(asyncio.queues)
        thread_queues.instrument(queue)
        memory_streams.instrument(anyio.streams.memory)
        yield
