"""OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, compressed or not (OTLP 1.11, OTLP/HTTP)."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from weft.receive.answers import Refusal, encode, refusal, response, status
from weft.receive.budget import ByteBudget
from weft.receive.compression import BODY_LIMIT, TooLarge, decompress
from weft.receive.intake import Intake, Verdict

log = logging.getLogger(__name__)

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
#: Bodies in memory at the same time, over all connections.
HELD_BYTES: Final = 256 << 20
#: A body over the limit is read to this length before it is refused, so that a sender that writes first and
#: reads later sees the answer and not a broken connection.
DRAINED_BYTES: Final = 256 << 20
#: Bodies up to this size are decompressed on the spot; a thread costs more than it saves.
SMALL: Final = 64 << 10


class WrongMediaType(Exception):
    """The body's media type is neither of OTLP's."""


def application(intake: Intake[Any], json_to_protobuf: Callable[[bytes], bytes]) -> Starlette:
    """The OTLP/HTTP application.

    Args:
        intake: Where bodies go.
        json_to_protobuf: Re-encodes an OTLP JSON body; raises `ValueError` when it is not one.
    """
    budget = ByteBudget(HELD_BYTES)

    async def traces(request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        as_json = media_type == JSON
        reader = _Body(request, budget)
        try:
            if media_type not in (PROTOBUF, JSON):
                raise WrongMediaType(media_type)
            body = await reader.read()
            encoding = request.headers.get("content-encoding", "")
            verdict = await _take(body, encoding, as_json)
        except WrongMediaType as error:
            return PlainTextResponse(
                f"content type {str(error)!r} is not supported; send {PROTOBUF} or {JSON}\n", status_code=415
            )
        except Exception as error:  # noqa: BLE001 # `refusal` tells apart whose fault it is
            return _refuse(error, as_json)
        finally:
            reader.close()
        return Response(encode(response(verdict), as_json), media_type=media_type)

    async def _take(body: bytes, encoding: str, as_json: bool) -> Verdict:
        if encoding and len(body) > SMALL:
            body = await run_in_threadpool(decompress, body, encoding)
        else:
            body = decompress(body, encoding)
        if as_json:
            body = await run_in_threadpool(json_to_protobuf, body)
        return await asyncio.wrap_future(intake.submit(body))

    return Starlette(routes=[Route("/v1/traces", traces, methods=["POST"])])


class _Body:
    """A request's body, read with a limit on its length and on what is held over all requests."""

    def __init__(self, request: Request, budget: ByteBudget) -> None:
        self._request, self._budget = request, budget
        self._held = 0

    async def read(self) -> bytes:
        """Read it all.

        Raises:
            TooLarge: It is longer than `BODY_LIMIT`.
            Overloaded: Too much is held already.
        """
        chunks: list[bytes] = []
        received = 0
        async for chunk in self._request.stream():
            received += len(chunk)
            if received > DRAINED_BYTES:
                break
            if received > BODY_LIMIT:
                chunks.clear()
                continue
            self._budget.take(len(chunk))
            self._held += len(chunk)
            chunks.append(chunk)
        if received > BODY_LIMIT:
            raise TooLarge
        return b"".join(chunks)

    def close(self) -> None:
        self._budget.give_back(self._held)


def _refuse(error: Exception, as_json: bool) -> Response:
    answer: Refusal = refusal(error)
    if answer.http_status == 500:
        log.error("an OTLP/HTTP request failed", exc_info=error)
    headers = {} if answer.retry_after_s is None else {"Retry-After": str(answer.retry_after_s)}
    return Response(
        encode(status(answer), as_json),
        status_code=answer.http_status,
        headers=headers,
        media_type=JSON if as_json else PROTOBUF,
    )
