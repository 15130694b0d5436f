"""Sync gRPC clients: a CLIENT span around every call of every channel, whenever and however it was made.

Contrib wraps ``grpc.insecure_channel``; what it changes for the program, each measured with 0.66b1:

- of two values of one metadata key the first is lost;
- a call that streams its answers is replaced by a bare generator: no ``cancel``, no ``code``, no
  ``initial_metadata``, and the request leaves only when the first answer is asked for; its span stays current
  in the consumer between two answers, and has no end where the consumer stops early and keeps the iterator;
- channels made before, and ``insecure_channel`` imported by name before, are not traced.

So the calls are met one step further in, in the multi-callables, below interceptors of the user's own: an
interceptor that tries again has one span per attempt. Attempts that gRPC makes by itself (a service config's
retry policy) are one call, as its API shows them.
"""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.context import get_current
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient
from opentelemetry.instrumentation.grpc._client import OpenTelemetryClientInterceptor
from opentelemetry.instrumentation.grpc._utilities import RpcInfo
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.trace import SpanKind

from weft.instrument.libraries.grpc.metadata import leaving
from weft.instrument.libraries.grpc.span import CallSpan, Named, Naming, named
from weft.instrument.libraries.grpc.target import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

CALLS: Final = (
    "_UnaryUnaryMultiCallable.__call__",
    "_UnaryUnaryMultiCallable.with_call",
    "_UnaryUnaryMultiCallable.future",
    "_UnaryStreamMultiCallable.__call__",
    "_SingleThreadedUnaryStreamMultiCallable.__call__",
    "_StreamUnaryMultiCallable.__call__",
    "_StreamUnaryMultiCallable.with_call",
    "_StreamUnaryMultiCallable.future",
    "_StreamStreamMultiCallable.__call__",
)


_log = logging.getLogger("weft.instrument")


def instrument(module: ModuleType) -> None:
    """Trace every call of ``grpc._channel``, unless the user has instrumented the client already."""
    instrumentor = GrpcInstrumentorClient()  # type: ignore[no-untyped-call]
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    calls = ClientCalls(instrumentor._filter)
    for name in CALLS:
        wrapt.wrap_function_wrapper(module, name, SyncCall(calls, module))
    instrumentor._is_instrumented_by_opentelemetry = True  # so that nobody does it twice


class ClientCalls(OpenTelemetryClientInterceptor):
    """Starts the spans of outgoing calls, as contrib names and describes them."""

    def __init__(self, filter_: Callable[[object], bool] | None) -> None:
        super().__init__(Naming(), filter_=filter_)  # type: ignore[no-untyped-call]

    def start(
        self, method: bytes, target: bytes, metadata: Iterable[Any] | None
    ) -> tuple[CallSpan, list[Any]] | None:
        """Start a call's span.

        Args:
            method: The full method.
            target: The channel's target, if it is known.
            metadata: What the user gave.

        Returns:
            The span and the metadata to send; None where the call is not traced. The exporter's own never
            are: it suppresses them.
        """
        try:
            name = method.decode()
            return self._started(name, place(target.decode()), metadata) if self._wants(name) else None
        except Exception:  # noqa: BLE001 - metadata may be anything; gRPC says what is wrong with it
            _log.debug("a call is not traced", exc_info=True)
            return None

    def _wants(self, method: str) -> bool:
        if not is_instrumentation_enabled():
            return False
        if self._filter is None:
            return True
        return bool(self._filter(RpcInfo(full_method=method)))  # type: ignore[no-untyped-call]

    def _started(
        self, method: str, where: tuple[str, int | None], metadata: Iterable[Any] | None
    ) -> tuple[CallSpan, list[Any]]:
        host, port = where
        given = list(metadata or ())
        parent = get_current()

        def theirs() -> Named:
            return self._start_span(method)  # type: ignore[no-any-return, no-untyped-call]

        place = {SERVER_ADDRESS: host, SERVER_PORT: port}
        more = {key: value for key, value in place.items() if value}
        call = CallSpan(named(method, SpanKind.CLIENT, theirs), parent, more)
        return call, leaving(given, call.context, host, port)


class SyncCall:
    """Makes one of the sync calls under a span.

    Args:
        calls: Where the spans come from.
        module: ``grpc._channel``.
    """

    def __init__(self, calls: ClientCalls, module: Any) -> None:
        self._calls = calls
        self._rpc_error = module.grpc.RpcError
        self._future = module.grpc.Future
        self._cancelled = module.grpc.StatusCode.CANCELLED
        self._ok = module.grpc.StatusCode.OK

    def __call__(self, make: Callable[..., Any], callable_: Any, args: Any, kwargs: Any) -> Any:
        """Make the call. All of them take ``(request, timeout, metadata, ...)``."""
        given = args[2] if len(args) > 2 else kwargs.get("metadata")
        started = self._calls.start(callable_._method, getattr(callable_, "_target", b""), given)
        if started is None:
            return make(*args, **kwargs)
        call, metadata = started
        if len(args) > 2:
            args = (*args[:2], metadata, *args[3:])
        else:
            kwargs["metadata"] = metadata
        try:
            result = make(*args, **kwargs)
        except self._rpc_error as error:
            call.finish(error.code(), error.details(), error)
            raise
        except BaseException as error:
            call.end(error)
            raise
        if isinstance(result, self._future):
            self._finish_later(result, call)
        else:
            call.finish(self._ok)
        return result

    def _finish_later(self, result: Any, call: CallSpan) -> None:
        """End the span when the call ends.

        The call must not be held by what waits for its end (``add_done_callback`` would): gRPC cancels a call
        whose consumer has dropped it, and the span of one that is gone is ended as that.
        """
        made = weakref.ref(result)

        def finish() -> None:
            ended = made()
            if ended is None:
                call.finish(self._cancelled)
            else:
                call.finish(ended.code(), ended.details())

        if not result.add_callback(finish):
            finish()
