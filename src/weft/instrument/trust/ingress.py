"""Incoming calls: at which door and path one arrives."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.propagators.textmap import default_getter

from weft.context.carriers import CarrierGetter

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType


class Arriving(NamedTuple):
    """Where a request came in.

    Attributes:
        path: Its path, decoded; for gRPC the full method.
        host: The address the server listens on, as far as it is known.
        port: The port it listens on.
    """

    path: str
    host: str = ""
    port: int | None = None


_arriving: ContextVar[Arriving | None] = ContextVar("weft.arriving", default=None)


class arriving:  # noqa: N801 - used as a verb: `with arriving(path=request.path):`
    """Say where a request came in, around the code that extracts; for servers whose carrier does not tell."""

    __slots__ = ("_arriving", "_token")

    def __init__(self, *, path: str = "", host: str | None = None, port: int | None = None) -> None:
        self._arriving = Arriving(path, host or "", port)
        self._token: Token[Arriving | None] | None = None

    def __enter__(self) -> None:
        self._token = _arriving.set(self._arriving)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            _arriving.reset(token)


def where(carrier: object, getter: object = None) -> Arriving | None:
    """Where the request came in that a carrier belongs to; None where it is not known to be a server's.

    ASGI scopes (asgiref specs/www.rst) and WSGI environs (PEP 3333) are known by their shape, where they are
    read as such: in a plain mapping of headers whoever sends the request could write ``path`` and ``server``.

    Args:
        carrier: What is read.
        getter: What reads it.
    """
    if type(carrier) is dict and getter is not default_getter and not isinstance(getter, CarrierGetter):
        try:
            if "asgi" in carrier or carrier.get("type") in ("http", "websocket"):
                server = carrier.get("server") or ("", None)
                return Arriving(str(carrier.get("path", "")), str(server[0] or ""), _port(server[1]))
            if "wsgi.version" in carrier or "wsgi.url_scheme" in carrier:
                path = str(carrier.get("SCRIPT_NAME", "")) + str(carrier.get("PATH_INFO", ""))
                text = path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333: bytes in latin-1
                return Arriving(text, str(carrier.get("SERVER_NAME", "")), _port(carrier.get("SERVER_PORT")))
        except Exception:  # noqa: BLE001 - a scope is the server's word; what cannot be read is no door
            return Arriving("")
    return _arriving.get()


def _port(value: object) -> int | None:
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdigit() and len(value) <= 5 else None
