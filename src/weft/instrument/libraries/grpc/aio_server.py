"""asyncio gRPC servers: a SERVER span around every call that is answered.

Contrib's interceptor takes every streaming handler for an async generator and every other for a coroutine
function: handlers that stream with ``context.write`` and sync handlers, both of which gRPC allows, fail with
``TypeError`` (measured with 0.66b1; open-telemetry/opentelemetry-python-contrib#3066). Here each keeps its
kind. What else is corrected is the same as for sync servers.

A server of this kind is C inside and takes no more interceptors once it is made: ``weft.init`` comes before.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorServer
from opentelemetry.instrumentation.grpc._aio_server import OpenTelemetryAioServerInterceptor
from opentelemetry.instrumentation.grpc._server import _wrap_rpc_behavior

from weft.instrument.functions import traced
from weft.instrument.libraries.grpc.doors import Doors
from weft.instrument.libraries.grpc.serving import Serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import ModuleType

# Server(thread_pool, generic_handlers, interceptors, options, ...); gRPC itself gives them by position.
INTERCEPTORS: Final = 2


def instrument(module: ModuleType) -> None:
    """Trace every call that ``grpc.aio._server`` answers, unless the user has instrumented it already."""
    instrumentor = GrpcAioInstrumentorServer()  # type: ignore[no-untyped-call]
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    doors = Doors()

    def construct(make: Callable[..., None], server: Any, args: Any, kwargs: Any) -> None:
        theirs = args[INTERCEPTORS] if len(args) > INTERCEPTORS else kwargs.get("interceptors", ())
        if any(isinstance(each, OpenTelemetryAioServerInterceptor) for each in theirs or ()):
            make(*args, **kwargs)
            return
        ours = AioServer(instrumentor._filter, doors.of(server))
        interceptors = (ours, *(theirs or ()))
        if len(args) > INTERCEPTORS:
            make(*args[:INTERCEPTORS], interceptors, *args[INTERCEPTORS + 1 :], **kwargs)
        else:
            make(*args, **{**kwargs, "interceptors": interceptors})

    wrapt.wrap_function_wrapper(module, "Server.__init__", construct)
    doors.watch(module, "Server")
    instrumentor._is_instrumented_by_opentelemetry = True  # so that nobody does it twice


class AioServer(Serving, OpenTelemetryAioServerInterceptor):  # type: ignore[misc]  # a base without types
    """The interceptor of an asyncio server."""

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Find the handler of a call and put a span around it."""
        handler = await continuation(handler_call_details)
        if not self.wants(handler_call_details):
            return handler

        def served(behavior: Callable[..., Any], _: bool, streams: bool) -> Callable[..., Any]:
            if inspect.isasyncgenfunction(behavior):
                return self._generator(handler_call_details, behavior)
            if inspect.iscoroutinefunction(behavior):
                return self._coroutine(handler_call_details, behavior)
            return self.serve(handler_call_details, behavior, streams=streams)  # run in a thread by gRPC

        return _wrap_rpc_behavior(handler, served)  # type: ignore[no-untyped-call]

    def _coroutine(
        self, details: Any, behavior: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(behavior)
        async def answer(request: Any, context: Any) -> Any:
            call, context = self.begin(details, context)
            with call:
                return await behavior(request, context)

        return answer

    def _generator(
        self, details: Any, behavior: Callable[..., AsyncIterator[Any]]
    ) -> Callable[..., AsyncIterator[Any]]:
        @functools.wraps(behavior)
        async def answers(request: Any, context: Any) -> AsyncIterator[Any]:
            call, context = self.begin(details, context)
            generator: Any = traced(behavior, lambda *_: call)(request, context)
            async with aclosing(generator) as each:
                async for response in each:
                    yield response

        return answers
