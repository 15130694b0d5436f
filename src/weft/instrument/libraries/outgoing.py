"""One attempt at an outgoing call: its span says where it goes, and its answer reaches the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from opentelemetry import trace

from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def describe(host: str | None, port: int | None, resends: int = 0) -> None:
    """Write on the current span where the call goes, and how many times it was sent before.

    Source: OpenTelemetry semantic conventions, http/http-spans.md (HTTP client span).
    """
    span = trace.get_current_span()
    if host:
        span.set_attribute(keys.SERVER_ADDRESS, host)
    if port:
        span.set_attribute(keys.SERVER_PORT, port)
    if resends > 0:
        span.set_attribute(keys.HTTP_REQUEST_RESEND_COUNT, resends)


def destination_of(url: str) -> tuple[str | None, int | None]:
    """The host and port that a URL names; None where it names none."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:  # brackets without an end, a port that is no number: the library will say so itself
        return None, None


class Attempt:
    """Calls once, through a tracing function that may fail before the call and after it.

    OpenTelemetry's urllib and urllib3 instrumentations raise where a body has no length, where headers have
    no ``copy``, and where a peer answers with a Content-Length that is no number (measured, contrib 0.66b1).

    Args:
        call: Does what the tracing function asks for.
        plain: Does the same untraced.
    """

    __slots__ = ("_answer", "_around", "_call", "_made", "_plain")

    def __init__(self, call: Callable[..., Any], plain: Callable[[], Any]) -> None:
        self._call = call
        self._plain = plain
        self._around = trace.get_current_span()
        self._made = False
        self._answer: Any = None

    def through(self, traced: Callable[[Callable[..., Any]], Any]) -> Any:
        """Call, and return what the call returned or raise what it raised."""
        try:
            return traced(self._once)
        except Exception:
            if self._answer is not None:
                return self._answer
            if self._made:
                raise
        return self._plain()

    def _once(self, *args: Any, **kwargs: Any) -> Any:
        self._made = True
        try:
            self._answer = self._call(*args, **kwargs)
        except Exception as error:
            span = trace.get_current_span()
            if span is not self._around:
                span.set_attribute(keys.ERROR_TYPE, type(error).__qualname__)
            raise
        return self._answer
