"""What OpenTelemetry's ASGI instrumentation reads of a request's scope, read so that no client can break it.

Its functions raise where a header is no UTF-8 and has a backslash in it, and where the query is no UTF-8; the
client then gets a 500 from an application that never saw the request (measured, contrib 0.66b1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

READERS: Final = ("collect_request_attributes", "asgi_collect_request_attributes")


def correct(instrumentation: ModuleType) -> None:
    """Replace what an instrumentation reads scopes with."""
    if hasattr(instrumentation, "_decode_header_item"):
        instrumentation._decode_header_item = _latin1  # type: ignore[attr-defined]
    for name in READERS:
        reader = getattr(instrumentation, name, None)
        if reader is not None and not hasattr(reader, "__wrapped__"):
            setattr(instrumentation, name, _safely(reader))


def _safely(read: Callable[..., Any]) -> Callable[..., Any]:
    def collect_request_attributes(scope: Any, *args: Any, **kwargs: Any) -> Any:
        query = scope.get("query_string")
        if isinstance(query, bytes) and not query.isascii():
            scope = {**scope, "query_string": quote(query, safe="=&%+;/?:@!$'()*,[]~-._").encode()}
        return read(scope, *args, **kwargs)

    collect_request_attributes.__wrapped__ = read  # type: ignore[attr-defined]
    return collect_request_attributes


def _latin1(value: bytes) -> str:
    """Header bytes are latin-1 (RFC 9110, section 5.5), whatever they are."""
    return value.decode("latin-1")
