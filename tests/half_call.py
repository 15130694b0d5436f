"""Half of a gRPC call, written to a socket by hand (RFC 9113, RFC 7541): no client library would send it."""

import socket

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_HEADERS = 4


def half_calls(port: int, path: str, count: int = 1, announced: int = 1000, sent: int = 10) -> socket.socket:
    """Begin calls on one connection: each announces a message and sends only a part of it.

    Args:
        port: Where the server listens on loopback.
        path: The method that is called.
        count: How many calls.
        announced: Bytes of each message, as its prefix says.
        sent: Bytes that follow.

    Returns:
        The connection; the calls end with it.
    """
    opened = socket.create_connection(("127.0.0.1", port), timeout=60)
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    head = b"".join(map(_field, fields, fields.values()))
    message = b"\0" + announced.to_bytes(4, "big") + bytes(sent)
    frames = [PREFACE, _frame(SETTINGS, 0, 0, b"")]
    for number in range(count):
        stream = 2 * number + 1
        frames += [_frame(HEADERS, END_HEADERS, stream, head), _frame(DATA, 0, stream, message)]
    opened.sendall(b"".join(frames))
    return opened


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _field(name: str, value: str) -> bytes:
    """A literal header field that no table remembers."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
