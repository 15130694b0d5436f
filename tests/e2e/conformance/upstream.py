"""What calls the service: HTTP/1.1 written to a socket by hand; no client library sends most of it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TIMEOUT_S = 30


def connect(port: int, path: str, lines: Iterable[tuple[str, str]], urls: Sequence[str]) -> socket.socket:
    """Send a request that makes the service call `urls` one after the other.

    Args:
        port: Where the service listens on loopback.
        path: The request's.
        lines: Header lines, as they are to be on the wire; each character is one byte.
        urls: What the service is to call.
    """
    body = json.dumps([{"url": url, "arguments": []} for url in urls]).encode()
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in lines),
        "\r\n",
    ]
    opened = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    opened.sendall("\r\n".join(head).encode("latin-1") + body)
    return opened


def status(opened: socket.socket) -> int:
    """Read an answer to its end; 0 where there is none."""
    answer = bytearray()
    while received := opened.recv(65_536):
        answer += received
    return int(answer.split(b" ", 2)[1]) if answer else 0
