"""An answer that is made while it is sent: its span lasts as long, and is current where it is made.

The instrumentations of Flask and Django end the SERVER span when the view has returned; the generator that it
returned runs later, outside of every span, and whatever it calls begins a trace of its own (measured, contrib
0.66b1).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from opentelemetry.context import attach, get_current
from opentelemetry.trace import Status, StatusCode

from weft.context.current import restore

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator


class HeldSpan:
    """A span whose ``end`` waits for `release`. Made where the span is current.

    Args:
        span: A recording span of the SDK.

    Attributes:
        span: That span.
        context: The context the answer is made in.
    """

    __slots__ = ("context", "span")

    def __init__(self, span: Any) -> None:
        self.span = span
        self.context = get_current()
        span.end = _wait  # on the instance: the class's method comes back when this is taken away

    def release(self, error: BaseException | None = None) -> None:
        """End the span, once, with what interrupted the answer."""
        if self.span.__dict__.pop("end", None) is None:
            return
        if isinstance(error, Exception):
            self.span.record_exception(error)
            self.span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
            self.span.set_attribute("error.type", type(error).__qualname__)
        self.span.end()


class Answer:
    """The body of a WSGI answer (PEP 3333): iterated under the span, which ends when it is closed."""

    __slots__ = ("_body", "_held", "_items")

    def __init__(self, body: Iterable[bytes], held: HeldSpan) -> None:
        self._body = body
        self._items: Iterator[bytes] | None = None
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item: bytes = self._step(self._next)
        return item

    def close(self) -> None:
        """Close the body, and end the span."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                self._step(close)
        finally:
            self._held.release()

    def _next(self) -> Any:
        if self._items is None:
            self._items = iter(self._body)
        return next(self._items)

    def _step(self, step: Callable[[], Any]) -> Any:
        token = attach(self._held.context)
        try:
            return step()
        except StopIteration:
            raise
        except BaseException as error:
            self._held.release(error)
            raise
        finally:
            restore(token)


async def answer(body: AsyncIterable[bytes], held: HeldSpan) -> AsyncIterator[bytes]:
    """Iterate over an asynchronous body under the span, which ends with it."""
    items = aiter(body)
    try:
        while True:
            token = attach(held.context)
            try:
                item = await anext(items)
            finally:
                restore(token)
            yield item
    except StopAsyncIteration:
        pass
    except BaseException as error:
        held.release(error)
        raise
    finally:
        held.release()
        if isinstance(items, AsyncGenerator):
            await items.aclose()


def _wait(end_time: int | None = None) -> None:
    """Stands where ``Span.end`` was, while the span is held."""
