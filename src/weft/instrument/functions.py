"""Something around every call of a function (a span, a context): sync, async, generator or async generator.

A generator's span is current only while the generator's own code runs. Were it attached once for the whole
iteration, it would stay current in the caller between two items, and every span of the caller's loop would
become its child (open-telemetry/opentelemetry-python#2606).

What is returned is a function of the same kind for ``inspect`` too, as FastAPI and pytest ask it. Only the
body of such a function can look at the arguments: a generator that lacks one raises at its first step.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

from opentelemetry.context import attach

from weft.context.current import left_behind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from opentelemetry.context import Context

P = ParamSpec("P")
R = TypeVar("R")


class Call(Protocol):
    """What is around one call.

    Attributes:
        context: The context in which the function's code runs; a generator's is kept here between two steps.
    """

    context: Context

    def __enter__(self) -> object: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def end(self, error: BaseException | None = None) -> None:
        """Say that the call has ended, with what it raised, if it did; more than once is as once."""


class Start(Protocol):
    """Begins one call: starts its span."""

    def __call__(self, args: tuple[object, ...], kwargs: Mapping[str, object], /) -> Call:
        """Begin a call with these arguments, a method's object among them."""


def traced(function: Callable[P, R], start: Start) -> Callable[P, R]:
    """Return a function of the same kind, signature and metadata that begins something around each call.

    Args:
        function: Any callable.
        start: Begins each of its calls.
    """
    body: Any = function
    kind = body if inspect.isroutine(body) or isinstance(body, functools.partial) else type(body).__call__
    if inspect.isasyncgenfunction(kind):
        wrapper: Any = _async_generator(body, start)
    elif inspect.isgeneratorfunction(kind):
        wrapper = _generator(body, start)
    elif inspect.iscoroutinefunction(kind):
        wrapper = _coroutine(body, start)
    else:
        wrapper = _plain(body, start)
    return cast("Callable[P, R]", functools.wraps(body)(wrapper))


def _plain(function: Callable[P, R], start: Start) -> Callable[P, R]:
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with start(args, kwargs):
            return function(*args, **kwargs)

    return call


def _coroutine(function: Callable[P, Awaitable[R]], start: Start) -> Callable[P, Awaitable[R]]:
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with start(args, kwargs):
            return await function(*args, **kwargs)

    return call


def _generator(
    function: Callable[P, Generator[Any, Any, R]], start: Start
) -> Callable[P, Generator[Any, Any, R]]:
    def call(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, Any, R]:
        return (yield from _SteppedGenerator(function(*args, **kwargs), start(args, kwargs)))

    return call


class _SteppedGenerator(Generator[Any, Any, R]):
    """Runs a generator step by step, each step in the context that the last one left behind."""

    def __init__(self, generator: Generator[Any, Any, R], running: Call) -> None:
        self._generator = generator
        self._running = running

    def send(self, value: Any) -> Any:
        return self._step(self._generator.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._generator.throw, *error)

    def close(self) -> Any:
        result = self._step(self._generator.close)
        self._running.end(GeneratorExit())
        return result

    def _step(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        token = attach(self._running.context)
        try:
            return resume(*arguments)
        except StopIteration:
            self._running.end()
            raise
        except BaseException as error:
            self._running.end(error)
            raise
        finally:
            self._running.context = left_behind(token)


def _async_generator(
    function: Callable[P, AsyncGenerator[Any, Any]], start: Start
) -> Callable[P, AsyncGenerator[Any, Any]]:
    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        running = start(args, kwargs)
        step: Awaitable[Any] = generator.asend(None)
        while True:
            try:
                item = await _stepped(step, running)
            except StopAsyncIteration:
                running.end()
                return
            try:
                step = generator.asend((yield item))
            except GeneratorExit:
                await _stepped(generator.aclose(), running)
                running.end(GeneratorExit())
                raise
            except BaseException as thrown:  # noqa: BLE001 - the generator decides what becomes of it
                step = generator.athrow(thrown)

    return call


async def _stepped(step: Awaitable[R], running: Call) -> R:
    """One step of an async generator, in the context that the last one left behind."""
    token = attach(running.context)
    try:
        return await step
    except StopAsyncIteration:
        raise
    except BaseException as error:
        running.end(error)
        raise
    finally:
        running.context = left_behind(token)
