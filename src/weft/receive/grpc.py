"""OTLP over gRPC: `TraceService/Export`, as raw bytes.

A generic handler without a deserializer hands over the body as it came: no object is made of it here.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo

from weft.receive.access import has_token
from weft.receive.answers import INTERNAL, Refusal, refusal, response, status
from weft.receive.compression import BODY_LIMIT
from weft.receive.intake import Intake

log = logging.getLogger(__name__)

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#: Requests that wait for the journal at the same time; each holds a thread while it does.
HANDLERS: Final = 64
#: A client may have this many requests under way beyond that; more are refused at once.
QUEUED: Final = 192

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class _Export(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no type information
    """Answers `Export`, and nothing else."""

    def __init__(self, intake: Intake[Any], token: str | None) -> None:
        self._intake, self._token = intake, token
        self._method = grpc.unary_unary_rpc_method_handler(self._export)

    def service(self, details: Any) -> Any:
        """Name the handler of a method; none means UNIMPLEMENTED."""
        return self._method if details.method == EXPORT else None

    def _export(self, body: bytes, context: Any) -> bytes:
        if self._token is not None:
            metadata = dict(context.invocation_metadata())
            if not has_token(metadata.get("authorization", ""), self._token):
                context.abort(
                    grpc.StatusCode.UNAUTHENTICATED, "a token is needed: authorization: Bearer <WEFT_TOKEN>"
                )
        try:
            verdict = self._intake.submit(body).result()
        except Exception as error:
            answer = refusal(error)
            if answer.code == INTERNAL:
                log.exception("an OTLP/gRPC request failed")
            _abort(context, answer)
        return response(verdict).SerializeToString()


def _abort(context: Any, answer: Refusal) -> None:
    """End the call with a status; a retry hint goes where OTLP clients look for it."""
    message = status(answer)
    if answer.retry_after_s is not None:
        message.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=answer.retry_after_s)))
    context.set_trailing_metadata((("grpc-status-details-bin", message.SerializeToString()),))
    context.abort(_CODES[answer.code], message.message)


def server(intake: Intake[Any], host: str, port: int, token: str | None = None) -> tuple[Any, int]:
    """Build the gRPC server, bound but not started.

    Args:
        intake: Where bodies go.
        host: The address to bind.
        port: The port; 0 for a free one.
        token: Asked for in the metadata of every call; None asks for nothing.

    Returns:
        The `grpc.Server` and its port.

    Raises:
        OSError: The port is taken or cannot be bound.
    """
    grpc_server = grpc.server(
        ThreadPoolExecutor(HANDLERS, thread_name_prefix="weft-grpc"),
        handlers=[_Export(intake, token)],
        maximum_concurrent_rpcs=HANDLERS + QUEUED,
        options=[
            ("grpc.max_receive_message_length", BODY_LIMIT),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
            # Exporters keep idle connections alive; grpc's default is to punish pings within five minutes.
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.keepalive_permit_without_calls", 1),
        ],
    )
    try:
        bound = grpc_server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(f"cannot listen on {host}:{port}") from error
    return grpc_server, bound
