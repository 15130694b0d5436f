"""The ``websockets`` library: the handshake carries the trace context, in both APIs, asyncio and sync.

The library has no instrumentation; ASGI servers and aiohttp have theirs. A handshake is an HTTP request and
has the two spans of one, which end when the connection is open: one span for as long as a connection lives
would collect all its workflows, and be open for days. What the handler of a connection does without a message
of Weft's is a child of the handshake.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import wrapt
from opentelemetry.context import Context, attach
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.semconv.attributes.http_attributes import HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.url_attributes import URL_PATH, URL_SCHEME
from opentelemetry.trace import SpanKind

from weft.context import propagation
from weft.context.carriers import remove
from weft.instrument.libraries.websocket_ends import path_of, uri_of
from weft.instrument.span import SpanScope
from weft.instrument.trust.egress import going_to
from weft.instrument.trust.ingress import arriving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import ModuleType

    from weft.instrument.running import RunningSpan


def websockets(_: ModuleType) -> None:
    """Carry the context of handshakes (``websockets``), in the parts of the library that are used."""
    for api in ("asyncio", "sync"):
        wrapt.register_post_import_hook(_client, f"websockets.{api}.client")
        wrapt.register_post_import_hook(_server, f"websockets.{api}.server")


def _client(module: Any) -> None:
    wrapt.wrap_function_wrapper(module, "ClientConnection.handshake", _connect)


def _server(module: Any) -> None:
    wrapt.wrap_function_wrapper(module, "ServerConnection.handshake", _accept)


def _connect(handshake: Callable[..., Any], connection: Any, args: Any, kwargs: Any) -> Any:
    """A client's handshake. Every attempt to connect is one, also those after a redirect."""
    uri = uri_of(connection)
    if uri is None or not is_instrumentation_enabled():
        return handshake(*args, **kwargs)
    scheme = "wss" if uri.secure else "ws"
    running = _request(
        SpanKind.CLIENT, {URL_SCHEME: scheme, URL_PATH: uri.path or "/", **_at(uri.host, uri.port)}
    ).start()
    headers = args[0] if args else kwargs.pop("additional_headers", None)
    with suppress(Exception), going_to(uri.host, uri.port) as destination:  # headers may be anything
        headers = _merged(headers, propagation.inject({}, running.context))
        destination.strip(headers)
    try:
        shaken = handshake(headers, *args[1:], **kwargs)
    except BaseException as error:
        _end(running, connection, error)
        raise
    if inspect.isawaitable(shaken):
        return _awaited(shaken, lambda error: _end(running, connection, error))
    _end(running, connection)
    return shaken


def _accept(handshake: Callable[..., Any], connection: Any, args: Any, kwargs: Any) -> Any:
    """A server's handshake; its task or thread runs the handler of the connection afterwards."""
    if not is_instrumentation_enabled():
        return handshake(*args, **kwargs)
    shaken = handshake(*args, **kwargs)
    if inspect.isawaitable(shaken):
        return _awaited(shaken, lambda error: _accepted(connection, error))
    _accepted(connection, None)
    return shaken


async def _awaited(shaken: Awaitable[Any], done: Callable[[BaseException | None], None]) -> Any:
    try:
        result = await shaken
    except BaseException as error:
        done(error)
        raise
    done(None)
    return result


def _accepted(connection: Any, error: BaseException | None) -> None:
    """Leave the client's context, and the span of the handshake, to the handler of the connection."""
    request = getattr(connection, "request", None)
    if request is None:  # nothing readable arrived
        return
    host, port = _listener(connection)
    path = path_of(connection) or "/"
    with arriving(path=path, host=host, port=port):
        context = propagation.extract(list(request.headers.raw_items()), Context())
    running = _request(SpanKind.SERVER, {URL_PATH: path, **_at(host, port)}, context).start()
    _end(running, connection, error)
    attach(running.context)


def _request(kind: SpanKind, attributes: Mapping[str, object], context: Context | None = None) -> SpanScope:
    """The span of a handshake: an HTTP request (OpenTelemetry's HTTP conventions)."""
    return SpanScope(
        "GET",
        None,
        subject_key=URL_PATH,
        kind=kind,
        attributes={HTTP_REQUEST_METHOD: "GET", **attributes},
        context=context,
    )


def _at(host: str, port: int | None) -> dict[str, object]:
    return {SERVER_ADDRESS: host or None, SERVER_PORT: port}


def _end(running: RunningSpan, connection: Any, error: BaseException | None = None) -> None:
    """End a handshake's span with the status of the answer, where one was given."""
    status = getattr(getattr(connection, "response", None), "status_code", None)
    if status is not None:
        running.span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
    running.end(error)


def _merged(given: Any, fields: dict[str, str]) -> list[tuple[str, str]]:
    """The user's headers and the context's fields; of those the user's own go."""
    headers = list(import_module("websockets.datastructures").Headers(given or ()).raw_items())
    for name in fields:
        remove(headers, name)
    return [*headers, *fields.items()]


def _listener(connection: Any) -> tuple[str, int | None]:
    """Where the server listens."""
    with suppress(Exception):  # a property of somebody else's object
        address = connection.local_address
        if isinstance(address, tuple):
            return str(address[0]), int(address[1])
    return "", None
