"""Sync gRPC servers: a SERVER span around every call that is answered.

Contrib's interceptor comes in by replacing ``grpc.server``. Measured with 0.66b1: interceptors given by
position raise ``TypeError``, as does ``context.disable_next_message_compression``; a server made before, and
``server`` imported by name before, are not traced; a handler that raises leaves a span without error and with
status 0, one that calls ``abort_with_status`` too, one that calls ``abort`` records an exception without a
message; of two ``baggage`` the first is lost. So ours takes its place, first of the interceptors, when the
server starts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import wrapt
from opentelemetry.instrumentation.grpc import GrpcInstrumentorServer
from opentelemetry.instrumentation.grpc._server import OpenTelemetryServerInterceptor, _wrap_rpc_behavior

from weft.instrument.libraries.grpc.doors import Doors
from weft.instrument.libraries.grpc.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def instrument(module: ModuleType) -> None:
    """Trace every call that ``grpc._server`` answers, unless the user has instrumented it already."""
    instrumentor = GrpcInstrumentorServer()  # type: ignore[no-untyped-call]
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    service_pipeline = import_module("grpc._interceptor").service_pipeline
    doors = Doors()

    def start(begin: Callable[..., Any], server: Any, args: Any, kwargs: Any) -> Any:
        state = server._state  # a server that is made takes no more interceptors
        theirs = state.interceptor_pipeline.interceptors if state.interceptor_pipeline else ()
        if not any(isinstance(each, OpenTelemetryServerInterceptor) for each in theirs):
            ours = SyncServer(instrumentor._filter, doors.of(server))
            state.interceptor_pipeline = service_pipeline((ours, *theirs))
        return begin(*args, **kwargs)

    wrapt.wrap_function_wrapper(module, "_Server.start", start)
    doors.watch(module, "_Server")
    instrumentor._is_instrumented_by_opentelemetry = True  # so that nobody does it twice


class SyncServer(Serving, OpenTelemetryServerInterceptor):  # type: ignore[misc]  # a base without types
    """The interceptor of a sync server."""

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Find the handler of a call and put a span around it."""
        handler = continuation(handler_call_details)
        if not self.wants(handler_call_details):
            return handler

        def served(behavior: Callable[..., Any], _: bool, streams: bool) -> Callable[..., Any]:
            return self.serve(handler_call_details, behavior, streams=streams)

        return _wrap_rpc_behavior(handler, served)  # type: ignore[no-untyped-call]
