"""A call that is being answered: its span, and the handler's view of it."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import wrapt
from opentelemetry.instrumentation.grpc._utilities import _server_status
from opentelemetry.semconv._incubating.attributes.rpc_attributes import RPC_GRPC_STATUS_CODE

from weft.instrument.libraries.grpc.span import CallSpan

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from weft.instrument.libraries.grpc.span import Named

CANCELLED: Final = 1
UNKNOWN: Final = 2
_CODES: Final = {code.value[0]: code for code in import_module("grpc").StatusCode}


class ServedSpan(CallSpan):
    """The SERVER span of a call; ended with the status that its client sees.

    Attributes:
        code: The ``grpc.StatusCode`` that the handler has set, if it has.
        details: The details that it has set.
        aborted: Whether the handler ended the call with ``abort``: what that raises is no failure.
    """

    __slots__ = ("aborted", "code", "details")

    def __init__(self, call: Named, parent: Context) -> None:
        super().__init__(call, parent)
        self.code: Any = None
        self.details: str | None = None
        self.aborted = False

    def end(self, error: BaseException | None = None) -> None:
        """End the span, once."""
        number = self.code.value[0] if self.code is not None else 0
        if number:
            status = _server_status(self.code, self.details or self.code.value[1])  # type: ignore[no-untyped-call]
            self.span.set_status(status)
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            number = CANCELLED  # the client is gone, or its deadline is over
        elif error is not None:
            number = UNKNOWN
        self.span.set_attribute(RPC_GRPC_STATUS_CODE, number)
        super().end(None if self.aborted else error)


class ServedContext(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic in its stub only
    """A handler's ``ServicerContext``, sync or asyncio, that tells the span what status the handler sets."""

    def __init__(self, context: Any, span: ServedSpan) -> None:
        super().__init__(context)
        self._self_span = span

    def set_code(self, code: Any) -> Any:
        """Set the status code: a ``grpc.StatusCode``, or a number where gRPC takes one."""
        self._self_span.code = _CODES.get(code, code if code in _CODES.values() else None)
        return self.__wrapped__.set_code(code)

    def set_details(self, details: Any) -> Any:
        """Set the details of the status."""
        self._self_span.details = str(details)
        return self.__wrapped__.set_details(details)

    def abort(self, *args: Any, **kwargs: Any) -> Any:
        """End the call with a status; a coroutine where the server is asyncio."""
        self._self_aborted(args[0] if args else kwargs.get("code"), kwargs.get("details", *args[1:2]))
        return self.__wrapped__.abort(*args, **kwargs)

    def abort_with_status(self, status: Any) -> Any:
        """End the call with a ``grpc.Status``."""
        self._self_aborted(getattr(status, "code", None), getattr(status, "details", None))
        return self.__wrapped__.abort_with_status(status)

    def _self_aborted(self, code: Any, details: Any = None) -> None:
        span = self._self_span
        span.code = _CODES.get(code, code if code in _CODES.values() else None)
        span.details = str(details) if details else span.details
        span.aborted = True
