"""A stand-in for a backend: an HTTP server that takes OTLP/HTTP protobuf and keeps what it was sent."""

from __future__ import annotations

import contextlib
import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.servers import until

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class SentSpan:
    """One span as it came over the wire."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str
    links: tuple[str, ...] = ()
    start_ns: int = 0
    end_ns: int = 0
    status: int = 0

    @property
    def service(self) -> str:
        return str(self.resource["service.name"])


@dataclass
class Receiver:
    """What was received, and how to answer.

    Attributes:
        status: The HTTP status of every answer.
        status_for: Decides the status by the spans' names instead; None leaves it to ``status``.
        answer_headers: Sent with every answer.
        answer: The body of every answer.
        answering: While it is not set, requests are read and not answered.
        requests: (path, headers in lower case, number of spans) of every request.
        hang_up: Close the connection of the next request instead of answering it; once.
        bodies: What every request was, uncompressed.
        connections: How many were accepted.
    """

    port: int = 0
    status: int = 200
    status_for: Callable[[list[str]], int] | None = None
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    answering: threading.Event = field(default_factory=threading.Event)
    hang_up: bool = False
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    requests: list[tuple[str, dict[str, str], int]] = field(default_factory=list)
    _spans: list[SentSpan] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sizes(self) -> list[int]:
        """Bytes of every request, uncompressed."""
        return [len(body) for body in self.bodies]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spans(self) -> list[SentSpan]:
        with self._lock:
            return list(self._spans)

    def wait_for(self, *names: str) -> dict[str, SentSpan]:
        """Wait for spans of these names; return the last one of each."""
        until(lambda: set(names) <= {span.name for span in self.spans()}, f"spans {names} arrived")
        return {span.name: span for span in self.spans()}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Take a request in, and give the status of its answer."""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = ExportTraceServiceRequest.FromString(body)
        spans = [
            SentSpan(
                name=span.name,
                kind=span.kind,
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                attributes=_plain(span.attributes),
                resource=_plain(resource.resource.attributes),
                scope=scope.scope.name,
                links=tuple(link.span_id.hex() for link in span.links),
                start_ns=span.start_time_unix_nano,
                end_ns=span.end_time_unix_nano,
                status=span.status.code,
            )
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        status = self.status_for([span.name for span in spans]) if self.status_for else self.status
        with self._lock:
            self.requests.append((path, headers, len(spans)))
            self.bodies.append(body)
        self.answering.wait()
        with self._lock:
            if status == 200:
                self._spans.extend(spans)
        return status


@contextmanager
def otlp_receiver(port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a loopback port, a free one by default."""
    receiver = Receiver()
    receiver.answering.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.hang_up:
                receiver.hang_up, self.close_connection = False, True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(self.path, headers, body)
            with contextlib.suppress(ConnectionError):  # whoever asked may be gone
                self.send_response(status)
                for name, value in receiver.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

        def handle(self) -> None:
            receiver.connections += 1
            with contextlib.suppress(OSError):  # a handshake that fails, a client that is gone
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.answering.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _plain(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes
    }
