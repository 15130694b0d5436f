"""The span of one call, from its start to its status."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import get_value
from opentelemetry.instrumentation.grpc.version import __version__
from opentelemetry.semconv._incubating.attributes.rpc_attributes import RPC_GRPC_STATUS_CODE, RPC_SYSTEM
from opentelemetry.trace import Status, StatusCode

from weft.instrument.running import RUNNING, RunningSpan
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

SCOPE: Final = "opentelemetry.instrumentation.grpc"
SCHEMA: Final = "https://opentelemetry.io/schemas/1.11.0"


class Named(NamedTuple):
    """How contrib names and describes a call."""

    name: str
    kind: SpanKind
    attributes: Mapping[str, object]


class Naming:
    """Stands where contrib's interceptors expect a tracer, and hands back what they would start.

    Theirs start every span as the current one and end it when a block is left, which is too early for a call
    that is still going on, and leaves it current in the consumer of a stream.
    """

    def start_as_current_span(
        self, name: str, kind: SpanKind, attributes: Mapping[str, object], **_: Any
    ) -> Named:
        """Give back what was asked for."""
        return Named(name, kind, attributes)


def named(method: str, kind: SpanKind, theirs: Callable[[], Named]) -> Named:
    """Ask contrib for a call's name and attributes.

    It raises ``ValueError`` where a method has no service before it (``/Method``, which gRPC allows), into
    the user's call; such a call has its name only.

    Args:
        method: The full method.
        kind: The span's kind.
        theirs: Contrib's way to start its span, with a `Naming` as its tracer.
    """
    try:
        return theirs()
    except Exception:  # noqa: BLE001 - whatever it stumbles over, the call goes on
        return Named(method, kind, {RPC_SYSTEM: "grpc"})


class CallSpan(RunningSpan):
    """The span of a call, with contrib's name and attributes, ended with the status of the call.

    Args:
        call: Its name, kind and attributes.
        parent: The context it begins in.
        more: More attributes.
    """

    __slots__ = ()

    def __init__(self, call: Named, parent: Context, more: Mapping[str, object] | None = None) -> None:
        enclosing = get_value(RUNNING, parent)
        outer = enclosing if isinstance(enclosing, RunningSpan) else None
        super().__init__(
            call.name,
            parent=parent,
            kind=call.kind,
            attributes={**call.attributes, **(more or {})},
            links=(),
            passed_on=outer.passed_on if outer else {},  # the evidence on the wire names the agent
            outer=outer,
            tracer=trace.get_tracer(SCOPE, __version__, schema_url=SCHEMA),
        )

    def finish(self, code: Any, details: str | None = None, error: BaseException | None = None) -> None:
        """End a client's span with the status of its call: all but OK are errors.

        Args:
            code: A ``grpc.StatusCode``.
            details: What came along with it.
            error: What was raised, where something was.
        """
        number, name = code.value[0], code.name
        self.span.set_attribute(RPC_GRPC_STATUS_CODE, number)
        if number != 0:
            self.span.set_attribute(keys.ERROR_TYPE, name)
            self.span.set_status(Status(StatusCode.ERROR, f"{name}: {details}" if details else name))
            if error is not None:
                with suppress(Exception):  # recording prints the exception, and its __str__ is anyone's code
                    self.span.record_exception(error)
        self.end()
