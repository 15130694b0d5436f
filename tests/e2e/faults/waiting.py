"""Waiting for an answer, and giving up."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def within(patience_s: float | None, what: str, work: Awaitable[T]) -> T:
    """Wait for some work, and cancel it when it takes too long.

    Args:
        patience_s: How long; None for ever.
        what: Who does not answer.
        work: What is waited for.

    Raises:
        TimeoutError: It took too long.
    """
    try:
        async with asyncio.timeout(patience_s) as limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"{what} did not answer within {patience_s:g} s") from error


async def leaving_behind(patience_s: float | None, what: str, work: "asyncio.Future[T]") -> T:
    """The same for work that cannot be ended: it goes on, and what becomes of it is nobody's concern.

    Raises:
        TimeoutError: It took too long.
    """
    done, _ = await asyncio.wait({work}, timeout=patience_s)
    if not done:
        work.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise TimeoutError(f"{what} did not answer within {patience_s:g} s")
    return work.result()
