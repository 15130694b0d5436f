"""A peer that knows nothing of tracing: a plain HTTP server that tells what it was sent."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

Pairs = list[tuple[str, str]]


@dataclass
class Peer:
    """Where it listens, and the (path, headers with lower-case names) of every request, in order."""

    port: int = 0
    requests: list[tuple[str, Pairs]] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def received(self, path: str) -> list[Pairs]:
        return [headers for asked, headers in self.requests if asked == path]


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, of the peer that its subclass names."""

    peer: Peer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        pairs = [(name.lower(), value) for name, value in self.headers.items()]
        self.peer.requests.append((parts.path, pairs))
        if parts.path == "/to":
            self._answer(302, b"", ("location", query["url"]))
        elif parts.path.startswith("/busy/") and len(self.peer.received(parts.path)) <= int(query["times"]):
            self._answer(503, b"busy")
        elif parts.path == "/strange":
            self._answer(200, b"strange", ("content-length", "many"), close=True)
        elif parts.path == "/chunks":
            self._chunks(3)
        else:
            self._answer(200, json.dumps(pairs).encode())

    def do_POST(self) -> None:
        _read_body(self)
        self.do_GET()

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str], close: bool = False) -> None:
        self.send_response(status)
        for name, value in headers if close else (*headers, ("content-length", str(len(body)))):
            self.send_header(name, value)
        if close:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def _chunks(self, number: int) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for _ in range(number):
            self.wfile.write(b"5\r\nchunk\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def running_peer() -> Iterator[Peer]:
    """``/echo`` tells the headers, ``/to?url=`` redirects, ``/busy/NAME?times=`` is unavailable so often."""
    peer = Peer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (Handler,), {"peer": peer}))
    peer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _read_body(request: BaseHTTPRequestHandler) -> None:
    """Read the body of a request, in chunks where it has no length."""
    request.rfile.read(int(request.headers["content-length"] or 0))
    if request.headers["transfer-encoding"]:
        while size := int(request.rfile.readline(), 16):
            request.rfile.read(size + len("\r\n"))
        request.rfile.readline()
