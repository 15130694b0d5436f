"""Who may talk to the backend: anybody on this machine, or whoever has the token.

Without a token the backend listens on loopback only, and answers only requests that call it by a loopback
name: a web page that points a name of its own at 127.0.0.1 (DNS rebinding) gets nothing.
"""

import hmac
import ipaddress
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

BEARER: Final = "bearer "


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine and nobody else."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def has_token(authorization: str, token: str) -> bool:
    """Whether an `Authorization` header carries the token; every miss takes the same time."""
    scheme, given = authorization[: len(BEARER)], authorization[len(BEARER) :]
    return scheme.lower() == BEARER and hmac.compare_digest(given.strip().encode(), token.encode())


class Gate:
    """ASGI middleware in front of every HTTP port.

    Args:
        application: What is behind it.
        token: Asked for as `Authorization: Bearer …`; None lets in whoever calls this machine by name.
    """

    def __init__(self, application: ASGIApp, token: str | None) -> None:
        self._application, self._token = application, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it with 401 or 403."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if self._token is not None:
            if not has_token(headers.get(b"authorization", ""), self._token):
                refused = PlainTextResponse(
                    "a token is needed: Authorization: Bearer <WEFT_TOKEN>\n",
                    401,
                    {"WWW-Authenticate": "Bearer"},
                )
                await refused(scope, receive, send)
                return
        elif not is_loopback(_host_of(headers.get(b"host", ""))):
            refused = PlainTextResponse(
                "this backend has no token and answers only to localhost; "
                "set WEFT_TOKEN to reach it by another name\n",
                403,
            )
            await refused(scope, receive, send)
            return
        await self._application(scope, receive, send)


def _host_of(header: str) -> str:
    """The host of a `Host` header, without its port; HTTP/1.0 sends none and means this machine."""
    if not header:
        return "localhost"
    if header.startswith("["):
        return header.partition("]")[0]
    return header.partition(":")[0]
