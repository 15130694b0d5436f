"""A slow network: a TCP proxy that holds back whatever it is sent, and notes for how long it did."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import time_ns
from typing import Literal, NamedTuple

Direction = Literal["there", "back"]


class Held(NamedTuple):
    """Some bytes on their way.

    Attributes:
        direction: From whoever connected, or to them.
        came_ns: When they came, nanoseconds since the Unix epoch.
        left_ns: When they went on.
    """

    direction: Direction
    came_ns: int
    left_ns: int


@dataclass
class Proxy:
    """A running proxy.

    Attributes:
        port: Where it listens, on loopback.
        held: What it has forwarded.
        connections: Those that are open.
    """

    to_port: int
    delay_s: float
    port: int = 0
    held: list[Held] = field(default_factory=list)
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    def between(self, direction: Direction, from_ns: int, until_ns: int) -> list[Held]:
        """What came one way in a time, in order."""
        return sorted(
            each for each in self.held if each.direction == direction and from_ns <= each.came_ns <= until_ns
        )

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.connections.add(task)
        writers = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
            writers.append(far_writer)
            await asyncio.gather(
                self._forward("there", reader, far_writer), self._forward("back", far_reader, writer)
            )
        except (OSError, asyncio.CancelledError):
            pass  # the other end is gone, or the test is over
        finally:
            for each in writers:
                each.close()
                with suppress(OSError):
                    await each.wait_closed()
            self.connections.discard(task)

    async def close(self) -> None:
        """End the connections that are left, and wait until they have ended."""
        for task in (left := list(self.connections)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _forward(
        self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Bytes leave in the order in which they came, each so long after it came."""
        waiting: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        sending = asyncio.create_task(self._send(direction, waiting, writer))
        try:
            with suppress(OSError):
                while found := await reader.read(1 << 16):
                    waiting.put_nowait((time_ns(), found))
            waiting.put_nowait((time_ns(), b""))
            await sending
        finally:
            sending.cancel()

    async def _send(
        self, direction: Direction, waiting: asyncio.Queue[tuple[int, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                came_ns, found = await waiting.get()
                if not found:
                    break
                await asyncio.sleep(self.delay_s - (time_ns() - came_ns) / 1e9)
                self.held.append(Held(direction, came_ns, time_ns()))
                writer.write(found)
                await writer.drain()
            writer.write_eof()


@contextmanager
def slow_network(to_port: int, delay_s: float) -> Iterator[Proxy]:
    """Run a proxy to a port of this machine."""
    proxy = Proxy(to_port, delay_s)
    ready = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        async with await asyncio.start_server(proxy.connected, "127.0.0.1", 0) as server:
            proxy.port = server.sockets[0].getsockname()[1]
            loops.append((asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()
            server.close()
            await proxy.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        ((loop, stop),) = loops
        loop.call_soon_threadsafe(stop.set)
        thread.join()
