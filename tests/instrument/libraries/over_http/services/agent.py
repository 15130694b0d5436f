"""What every service does, whatever it is built with."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

from opentelemetry import baggage
from opentelemetry.context import attach

import weft

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

CHUNKS = 3


def work() -> dict[str, str]:
    """Answer with the context that the agent works in."""
    with weft.agent("callee"):
        return weft.inject({})


def chunk(number: int) -> bytes:
    """One part of an answer that is made while it is sent, and the context it is made in."""
    with weft.tool(f"chunk {number}"):
        return json.dumps(weft.inject({})).encode() + b"\n"


def chunks() -> Iterator[bytes]:
    for number in range(CHUNKS):
        yield chunk(number)


async def chunks_async() -> AsyncIterator[bytes]:
    for part in chunks():
        yield part


def endless() -> Iterator[bytes]:
    """Parts until the client is gone."""
    number = 0
    while True:
        yield chunk(number) + b" " * 65536
        number += 1


async def endless_async() -> AsyncIterator[bytes]:
    for part in endless():
        yield part
        await asyncio.sleep(0)  # the loop is to hear that the client is gone


def run(service: str, make: Callable[[int], Callable[[], None]]) -> None:
    """``python service.py PORT init-first|app-first``: serve below an ambient span, nobody's parent."""
    port, order = int(sys.argv[1]), sys.argv[2]
    if order == "app-first":
        serve = make(port)
        weft.init(service, instrument=os.environ.get("INSTRUMENT") != "none")
    else:
        weft.init(service, instrument=os.environ.get("INSTRUMENT") != "none")
        serve = make(port)
    attach(baggage.set_baggage("ambient", "yes"))
    with weft.workflow("ambient"):
        serve()
