"""OTLP over gRPC: `TraceService/Export`, as raw bytes.

A generic handler without a deserializer hands over the body as it came: no object is made of it here. Calls
are coroutines of an event loop of their own: one that waits, for its body or for the journal, holds no thread
that another one needs. The method is served as if the client streamed, because a unary one is called when all
of its request is there, and so could never give up on a client that sends half of one.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from typing import Any, Final

import grpc
import grpc.aio

from weft.receive.access import has_token
from weft.receive.answers import IDENTITY, INTERNAL, Refusal, refusal, response, status
from weft.receive.body import TooSlow
from weft.receive.compression import BODY_LIMIT
from weft.receive.intake import Intake, Overloaded

log = logging.getLogger(__name__)

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#: Calls under way; what comes beyond is told to come again.
CALLS: Final = 512
#: Bodies that are being read at the same time: this many times 64 MiB is what half-sent ones can hold.
READING: Final = 32
#: How long a body may take; while it does it keeps one of the places above from others.
READ_S: Final = 10.0

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


class _Export(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no type information
    """Answers `Export`, and nothing else."""

    def __init__(self, intake: Intake[Any], token: str | None) -> None:
        self._intake, self._token = intake, token
        self._calls = 0
        self._reading = asyncio.Semaphore(READING)
        self._method = grpc.stream_unary_rpc_method_handler(self._export)

    def service(self, details: Any) -> Any:
        """Name the handler of a method; none means UNIMPLEMENTED."""
        return self._method if details.method == EXPORT else None

    async def _export(self, _bodies: Any, context: Any) -> bytes:
        if self._token is not None:
            metadata = dict(context.invocation_metadata())
            if not has_token(metadata.get("authorization", ""), self._token):
                await context.abort(
                    grpc.StatusCode.UNAUTHENTICATED, "a token is needed: authorization: Bearer <WEFT_TOKEN>"
                )
        context.set_trailing_metadata((IDENTITY,))
        self._calls += 1
        try:
            if self._calls > CALLS:
                raise Overloaded
            body = await self._read(context)
            verdict = await asyncio.wrap_future(self._intake.submit(body))
        except Exception as error:  # `refusal` tells apart whose fault it is
            answer = refusal(error)
            if answer.code == INTERNAL:
                log.exception("an OTLP/gRPC request failed")
            await _abort(context, answer)
        finally:
            self._calls -= 1
        return response(verdict).SerializeToString()

    async def _read(self, context: Any) -> bytes:
        reading = False
        try:
            # Waiting for a place counts too, so that many half-sent bodies end together and not one by one.
            async with asyncio.timeout(READ_S), self._reading:
                reading = True
                body = await context.read()
        except TimeoutError:
            raise TooSlow if reading else Overloaded from None
        if body is grpc.aio.EOF:
            raise ValueError("the call has no message")
        return bytes(body)


async def _abort(context: Any, answer: Refusal) -> None:
    """End the call with a status; its details, such as a retry hint, go where OTLP clients look for them."""
    details = status(answer).SerializeToString()
    trailing = (IDENTITY, ("grpc-status-details-bin", details))
    await context.abort(_CODES[answer.code], answer.message, trailing_metadata=trailing)


class Server:
    """A gRPC server on an event loop and a thread of its own, bound but not started.

    Attributes:
        port: The port that it is bound to.
    """

    def __init__(self, intake: Intake[Any], host: str, port: int, token: str | None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="weft-grpc", daemon=True)
        self._thread.start()
        try:
            self.port: int = self._call(self._bind(intake, host, port, token))
        except BaseException:
            self._end()
            raise

    async def _bind(self, intake: Intake[Any], host: str, port: int, token: str | None) -> int:
        self._server = grpc.aio.server(
            handlers=[_Export(intake, token)],
            options=[
                ("grpc.max_receive_message_length", BODY_LIMIT),
                # What is taken in of a body before it is read; most are smaller. Left to itself, grpc found
                # 5 MiB to be right on loopback.
                ("grpc.http2.bdp_probe", 0),
                ("grpc.http2.lookahead_bytes", 512 << 10),
                ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
                # Exporters keep idle connections alive; by default grpc punishes pings within five minutes.
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.keepalive_permit_without_calls", 1),
            ],
        )
        try:
            bound: int = self._server.add_insecure_port(
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            )
        except RuntimeError as error:
            raise OSError(f"cannot listen on {host}:{port}") from error
        return bound

    def start(self) -> None:
        """Answer calls from here on."""
        self._call(self._server.start())

    def stop(self, grace_s: float) -> threading.Event:
        """Take no more calls; those under way may still be answered for `grace_s` seconds.

        Returns:
            Is set when all of it has ended.
        """
        stopped = threading.Event()

        def end() -> None:
            self._call(self._server.stop(grace_s))
            self._end()
            stopped.set()

        threading.Thread(target=end, name="weft-grpc-stop", daemon=True).start()
        return stopped

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def server(intake: Intake[Any], host: str, port: int, token: str | None = None) -> tuple[Server, int]:
    """Build the gRPC server, bound but not started.

    Args:
        intake: Where bodies go.
        host: The address to bind.
        port: The port; 0 for a free one.
        token: Asked for in the metadata of every call; None asks for nothing.

    Returns:
        The server and its port.

    Raises:
        OSError: The port is taken or cannot be bound.
    """
    built = Server(intake, host, port, token)
    return built, built.port
