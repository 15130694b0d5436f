"""The two ends of a WebSocket connection: what it was opened for, and who is at the other side.

The libraries name these differently: ``websockets`` has the request or the URI it connected to, Starlette a
``url`` and a ``client``, aiohttp's client the response of the handshake, its server the request.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit


def path_of(websocket: Any) -> str | None:
    """The path of a connection, without its query; None where it does not tell."""
    with suppress(Exception):  # properties of other people's objects
        path = _path(websocket)
        return urlsplit(str(path)).path or "/" if path is not None else None
    return None


def far_end(websocket: Any) -> tuple[str, int | None]:
    """The host and port of the other side: as the client named it, or the address that the server sees.

    No host where it does not tell, as for a Unix socket.
    """
    with suppress(Exception):  # properties of other people's objects
        uri = uri_of(websocket)
        if uri is not None:
            return uri.host, uri.port
        client = getattr(websocket, "client", None)  # Starlette
        if client is not None:
            return str(client.host), int(client.port)
        response = getattr(websocket, "_response", None)  # aiohttp's client
        if response is not None:
            return str(response.url.host), response.url.port
        address = getattr(websocket, "remote_address", None)  # the server of `websockets`
        if address is None and hasattr(websocket, "get_extra_info"):  # aiohttp's server
            address = websocket.get_extra_info("peername")
        if isinstance(address, tuple):
            return str(address[0]), int(address[1])
    return "", None


def uri_of(websocket: Any) -> Any:
    """The URI that a client of ``websockets`` has connected to; None for all others."""
    protocol = getattr(websocket, "protocol", None)
    return getattr(protocol, "uri", None) or getattr(protocol, "wsuri", None)


def _path(websocket: Any) -> Any:
    request = getattr(websocket, "request", None)  # `websockets`, both sides
    if request is not None and hasattr(request, "path"):
        return request.path
    url = getattr(websocket, "url", None)  # Starlette
    if url is not None:
        return url.path
    response = getattr(websocket, "_response", None)  # aiohttp's client
    if response is not None:
        return response.url.path
    return websocket._req.path  # aiohttp's server
