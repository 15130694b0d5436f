"""Outgoing calls: where one is going, and what of the trace context may go there.

The corrections of the HTTP and RPC libraries say where a call goes (`going_to`) around the code that injects,
and take away what the destination may not have (`strip`), also what other code put in: some SDKs inject into
calls to public model providers by themselves (anthropic 2.12).
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from opentelemetry.context import get_current
from opentelemetry.trace import SpanKind

from weft.context.arrival import SPAN_KEY
from weft.context.carriers import CarrierGetter, remove
from weft.context.received import is_baggage_field, is_trace_field
from weft.instrument.trust import policy
from weft.instrument.trust.policy import EVERYTHING, Leave

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context


class Destination(NamedTuple):
    """Where a call goes: a host (name or address; empty for this machine), and its port where it is known."""

    host: str
    port: int | None = None


UNKNOWN: Final = "?"  # no host is called so: it is outside

_getter = CarrierGetter()
_going_to: ContextVar[Destination | None] = ContextVar("weft.going_to", default=None)


class going_to:  # noqa: N801 - used as a verb: `with going_to(host, port):`
    """Say where the calls go that are made inside the block; ``leave`` is what may go along.

    Args:
        host: A name or address; empty for this machine. None where it is not known, which is outside: what
            one parser of URLs refuses another one may call (``http://example.com:+80``).
        port: The port there, if it is known.
    """

    __slots__ = ("_destination", "_token")

    def __init__(self, host: str | None, port: int | None = None) -> None:
        self._destination = Destination(UNKNOWN if host is None else host, port)
        self._token: Token[Destination | None] | None = None

    @property
    def leave(self) -> Leave:
        """What may go along to this destination."""
        return _leave(self._destination)

    def strip(self, carrier: Any) -> None:
        """Take away the fields that this destination may not have, whoever put them in."""
        strip(carrier, self._destination)

    def __enter__(self) -> Self:
        self._token = _going_to.set(self._destination)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            _going_to.reset(token)


def strip(carrier: Any, destination: Destination | None = None) -> None:
    """Take away the trace fields and baggage that a destination may not have.

    Args:
        carrier: Headers: a mutable mapping or a list of pairs.
        destination: Where they go; what ``going_to`` says by default.
    """
    leave = _leave(destination or _going_to.get())
    if leave == EVERYTHING:
        return
    for name in _getter.keys(carrier):
        if (is_trace_field(name) and not leave.trace) or (is_baggage_field(name) and not leave.baggage):
            remove(carrier, name)


def leave_for(context: Context | None) -> Leave:
    """What may go along with the call being made. Where nobody said where it goes, its span may."""
    destination = _going_to.get()
    if destination is None:
        destination = _destination_of_span(get_current() if context is None else context)
        if destination is None:
            return EVERYTHING
    return policy.current().leave(destination.host, destination.port)


def _leave(destination: Destination | None) -> Leave:
    if destination is None:
        return EVERYTHING
    return policy.current().leave(destination.host, destination.port)


def _destination_of_span(context: Context) -> Destination | None:
    """The host that the current CLIENT span names: an SDK's own instrumentation starts it, then injects."""
    span: Any = context.get(SPAN_KEY)
    if getattr(span, "kind", None) is not SpanKind.CLIENT or not span.attributes:
        return None
    # A plain copy: the SDK's own mapping takes 1 µs for each key that is not there (measured, 1.45).
    found = dict(span.attributes.copy() if hasattr(span.attributes, "copy") else span.attributes).get
    host = found("server.address") or found("net.peer.name")
    port = found("server.port") or found("net.peer.port")
    if not isinstance(host, str):
        url = found("url.full") or found("http.url")
        if not isinstance(url, str):
            return None
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or UNKNOWN, parts.port
        except ValueError:
            return Destination(UNKNOWN)
    return Destination(host, port if isinstance(port, int) else None)
