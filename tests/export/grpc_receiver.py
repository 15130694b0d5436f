"""A stand-in for a backend that speaks OTLP over gRPC, and answers as it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class GrpcReceiver:
    """What was received, and how to answer.

    Attributes:
        code: The name of the status code; ``OK`` takes the request.
        details: The status's text.
        initial: Metadata before the answer.
        trailing: Metadata behind it.
        answer: The response's bytes.
        bodies: Every request.
        metadata: That of the last request.
    """

    endpoint: str = ""
    code: str = "OK"
    details: str = ""
    initial: tuple[tuple[str, str], ...] = ()
    trailing: tuple[tuple[str, str | bytes], ...] = ()
    answer: bytes = b""
    bodies: list[bytes] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@contextmanager
def grpc_receiver(**options: Any) -> Iterator[GrpcReceiver]:
    """Run a receiver on a free loopback port; ``options`` are the server's."""
    grpc = pytest.importorskip("grpc")
    receiver = GrpcReceiver()

    def export(request: bytes, context: Any) -> bytes:
        receiver.bodies.append(request)
        receiver.metadata = dict(context.invocation_metadata())
        context.send_initial_metadata(receiver.initial)
        context.set_trailing_metadata(receiver.trailing)
        if receiver.code != "OK":
            context.abort(getattr(grpc.StatusCode, receiver.code), receiver.details)
        return receiver.answer

    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    methods = {"Export": grpc.unary_unary_rpc_method_handler(export)}
    handler = grpc.method_handlers_generic_handler(service, methods)
    server = grpc.server(ThreadPoolExecutor(2), handlers=[handler], options=list(options.items()))
    receiver.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield receiver
    finally:
        server.stop(None).wait()
