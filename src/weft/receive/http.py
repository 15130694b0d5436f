"""OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, compressed or not (OTLP 1.11, OTLP/HTTP)."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from weft.receive.answers import IDENTITY, encode, refusal, response, status
from weft.receive.body import read
from weft.receive.budget import ByteBudget, Share
from weft.receive.compression import TooLarge, decompress
from weft.receive.intake import Intake, Verdict

log = logging.getLogger(__name__)

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
#: Bodies in memory at the same time, over all connections.
HELD_BYTES: Final = 256 << 20
#: Bodies up to this size are decompressed on the spot, to 16 times as much: a thread would cost more.
SMALL: Final = 64 << 10
#: Bodies that are decompressed in threads at the same time; each may take 64 MiB twice.
DECOMPRESSING: Final = 4
#: JSON beyond this size is read one at a time: as Python objects it takes 10 to 50 times its size.
LARGE_JSON: Final = 256 << 10


def application(intake: Intake[Any], json_to_protobuf: Callable[[bytes], bytes]) -> Starlette:
    """The OTLP/HTTP application.

    Args:
        intake: Where bodies go.
        json_to_protobuf: Re-encodes an OTLP JSON body; raises `ValueError` when it is not one.
    """
    receiver = _Receiver(intake, json_to_protobuf)
    return Starlette(routes=[Route("/v1/traces", receiver.traces, methods=["POST"])])


class _Receiver:
    def __init__(self, intake: Intake[Any], json_to_protobuf: Callable[[bytes], bytes]) -> None:
        self._intake, self._json_to_protobuf = intake, json_to_protobuf
        self._budget = ByteBudget(HELD_BYTES)
        self._decompressing = asyncio.Semaphore(DECOMPRESSING)
        self._large_json = asyncio.Semaphore(1)

    async def traces(self, request: Request) -> Response:
        """Take one request and answer it."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in (PROTOBUF, JSON):
            return PlainTextResponse(
                f"content type {media_type[:100]!r} is not supported; send {PROTOBUF} or {JSON}\n", 415
            )
        as_json = media_type == JSON
        try:
            with self._budget.share() as share:
                body = await read(request, share)
                encoding = request.headers.get("content-encoding", "")
                verdict = await self._take(body, encoding, as_json, share)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:  # noqa: BLE001 # `refusal` tells apart whose fault it is
            return _refuse(error, as_json)
        return Response(encode(response(verdict), as_json), headers=dict([IDENTITY]), media_type=media_type)

    async def _take(self, body: bytes, encoding: str, as_json: bool, share: Share) -> Verdict:
        if encoding:
            body = await self._decompressed(body, encoding)
            share.resize(len(body))
        if as_json:
            async with self._large_json if len(body) > LARGE_JSON else contextlib.nullcontext():
                body = await run_in_threadpool(self._json_to_protobuf, body)
        return await asyncio.wrap_future(self._intake.submit(body))

    async def _decompressed(self, body: bytes, encoding: str) -> bytes:
        if len(body) <= SMALL:
            with contextlib.suppress(TooLarge):  # too large for here
                return decompress(body, encoding, SMALL * 16)
        async with self._decompressing:
            return await run_in_threadpool(decompress, body, encoding)


def _refuse(error: Exception, as_json: bool) -> Response:
    answer = refusal(error)
    if answer.http_status == 500:
        log.error("an OTLP/HTTP request failed", exc_info=error)
    headers = dict([IDENTITY])
    if answer.retry_after_s is not None:
        headers["Retry-After"] = str(answer.retry_after_s)
    if answer.http_status == 415:
        headers["Accept-Encoding"] = "gzip, zstd, deflate"  # RFC 9110, 15.5.16
    if answer.http_status == 408:
        headers["Connection"] = "close"  # RFC 9110, 15.5.9; and the rest of the body is not awaited
    return Response(
        encode(status(answer), as_json),
        status_code=answer.http_status,
        headers=headers,
        media_type=JSON if as_json else PROTOBUF,
    )
