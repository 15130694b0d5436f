"""What calls the service: HTTP/1.x written to a socket by hand, since client libraries send less of it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TIMEOUT_S = 30


def request(
    path: str,
    lines: Iterable[tuple[str, str]],
    urls: Sequence[str],
    *,
    version: str = "1.1",
    connection: str = "close",
    trailers: Iterable[tuple[str, str]] | None = None,
) -> bytes:
    """Write a request that makes the service call `urls` one after the other.

    Args:
        path: The request's.
        lines: Header lines, as they are to be on the wire; each character is one byte.
        urls: What the service is to call.
        version: Of HTTP.
        connection: What the header of this name says.
        trailers: Lines behind the body, which is sent in chunks then (RFC 9112, section 7.1).
    """
    body = json.dumps([{"url": url, "arguments": []} for url in urls]).encode()
    length = ("Content-Length", str(len(body)))
    if trailers is not None:
        length = ("Transfer-Encoding", "chunked")
        body = b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, _written(trailers))
    head = [("Host", "127.0.0.1"), ("Connection", connection), ("Content-Type", "application/json"), length]
    return f"POST {path} HTTP/{version}\r\n".encode() + _written([*head, *lines]) + b"\r\n" + body


def connect(port: int, *requests: bytes) -> socket.socket:
    """Send requests to loopback, all of them at once."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    opened.sendall(b"".join(requests))
    return opened


def status(opened: socket.socket) -> int:
    """Read what is answered to its end; the first status, or 0 where there is none."""
    answer = bytearray()
    while received := opened.recv(65_536):
        answer += received
    return int(answer.split(b" ", 2)[1]) if answer else 0


def _written(lines: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in lines).encode("latin-1")
