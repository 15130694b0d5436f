"""The body of an HTTP request, read with limits on its length, on its time and on what all requests hold."""

import asyncio
from typing import Final

from starlette.requests import Request

from weft.receive.budget import Share
from weft.receive.compression import BODY_LIMIT, TooLarge

#: A body over the limit is read to this length before it is refused, so that a sender that writes first and
#: reads later sees the answer and not a broken connection.
DRAINED_BYTES: Final = 256 << 20
#: How long a sender may pause within a body, and how long all of it may take: a request that never ends holds
#: memory that others need.
PAUSE_S: Final = 10.0
WHOLE_S: Final = 60.0


class TooSlow(Exception):
    """A body did not arrive in time."""


async def read(request: Request, share: Share) -> bytes:
    """Read a request's body.

    Args:
        request: Its headers have been read.
        share: Holds the bytes that were read.

    Raises:
        TooLarge: It is longer than `BODY_LIMIT`.
        TooSlow: It took too long.
        Overloaded: Too much is held already.
        starlette.requests.ClientDisconnect: The sender has gone.
    """
    clock = asyncio.get_running_loop().time
    last = clock() + WHOLE_S
    chunks: list[bytes] = []
    received = 0
    try:
        async with asyncio.timeout_at(clock() + PAUSE_S) as patience:
            async for chunk in request.stream():
                patience.reschedule(min(last, clock() + PAUSE_S))
                received += len(chunk)
                if received <= BODY_LIMIT:
                    share.resize(received)
                    chunks.append(chunk)
                elif received <= DRAINED_BYTES:
                    chunks.clear()
                    share.resize(0)
                else:
                    break
    except TimeoutError:
        raise TooSlow from None
    if received > BODY_LIMIT:
        raise TooLarge
    return b"".join(chunks)
