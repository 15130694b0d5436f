"""asyncio gRPC clients: a CLIENT span around every call of every channel, whenever and however it was made.

Contrib hands interceptors to ``grpc.aio.insecure_channel``; what that changes for the program, each measured
with 0.66b1:

- a unary call's interceptor waits for the answer: one that is cancelled meanwhile has a span that never ends,
  and a stream written with ``call.write`` never gets to write (the call waits for itself);
- a stream's span ends only if somebody reads it, and says OK when it was cancelled;
- interceptors given by position raise ``TypeError``;
- channels made before, and ``insecure_channel`` imported by name before, are not traced.

So the calls are met where they begin, in the constructors of the call objects, below interceptors of the
user's own: an interceptor that tries again has one span per attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient

from weft.instrument.libraries.grpc.client import ClientCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType

CALLS: Final = ("UnaryUnaryCall", "UnaryStreamCall", "StreamUnaryCall", "StreamStreamCall")
# The constructors' arguments, in their order; gRPC itself gives all of them by position.
ARGUMENTS: Final = ("request", "deadline", "metadata", "credentials", "wait_for_ready", "channel", "method")
METADATA, CHANNEL, METHOD = (ARGUMENTS.index(name) for name in ("metadata", "channel", "method"))


def instrument(module: ModuleType) -> None:
    """Trace every call of ``grpc.aio._call``, unless the user has instrumented the client already."""
    instrumentor = GrpcAioInstrumentorClient()  # type: ignore[no-untyped-call]
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    # Its filter is OTEL_PYTHON_GRPC_EXCLUDED_SERVICES, here and in the other modules.
    begin = AioCall(ClientCalls(instrumentor._filter), module)
    for name in CALLS:
        wrapt.wrap_function_wrapper(module, f"{name}.__init__", begin)
    instrumentor._is_instrumented_by_opentelemetry = True  # so that nobody does it twice


class AioCall:
    """Begins one of the asyncio calls under a span.

    Args:
        calls: Where the spans come from.
        module: ``grpc.aio._call``.
    """

    def __init__(self, calls: ClientCalls, module: Any) -> None:
        self._calls = calls
        self._metadata = module.Metadata

    def __call__(self, construct: Callable[..., None], made: Any, args: Any, kwargs: Any) -> None:
        """Construct a call object, which starts the call."""
        started = None
        if len(args) > METHOD:
            started = self._calls.start(args[METHOD], getattr(args[CHANNEL], "target", b""), args[METADATA])
        if started is None:
            construct(*args, **kwargs)
            return
        call, pairs = started
        try:
            construct(*args[:METADATA], self._metadata(*pairs), *args[METADATA + 1 :], **kwargs)
        except BaseException as error:
            call.end(error)
            raise
        # gRPC holds a stream that its consumer drops until the channel is closed; so long its span is open.
        made.add_done_callback(lambda ended: call.finish(_now(ended.code()), _now(ended.details())))


def _now(answer: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine of a call that is done returns: it has nothing left to wait for."""
    try:
        answer.send(None)
    except StopIteration as done:
        return done.value
    finally:
        answer.close()
    return None
