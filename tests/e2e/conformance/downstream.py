"""What the service calls: a server that keeps the header lines of every request as they were on the wire."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Lines = list[tuple[str, str]]


@dataclass
class Downstream:
    """The requests that have arrived.

    Attributes:
        port: Where it listens on loopback.
        answering: While it is not set, requests are taken in and not answered.
    """

    port: int = 0
    answering: threading.Event = field(default_factory=threading.Event)
    _arrived: dict[str, list[Lines]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def arrived(self, path: str) -> list[Lines]:
        """The header lines of each request for a path: names and values as they are on the wire."""
        with self._lock:
            return list(self._arrived.get(path, ()))

    def take(self, path: str, lines: Lines) -> None:
        with self._lock:
            self._arrived.setdefault(path, []).append(lines)
        self.answering.wait()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Answer nobody inside the block."""
        self.answering.clear()
        try:
            yield
        finally:
            self.answering.set()


@contextmanager
def running() -> Iterator[Downstream]:
    """Listen on a free loopback port."""
    downstream = Downstream()
    downstream.answering.set()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().decode("latin-1").split(" ")[1]
            lines: Lines = []
            while line := self.rfile.readline().decode("latin-1").removesuffix("\r\n"):
                name, _, value = line.partition(":")
                lines.append((name, value.removeprefix(" ")))
            lengths = [int(value) for name, value in lines if name.lower() == "content-length"]
            self.rfile.read(*lengths)
            downstream.take(path, lines)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    class Server(ThreadingTCPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    downstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield downstream
    finally:
        downstream.answering.set()
        server.shutdown()
        server.server_close()
        thread.join()
