"""The libraries Weft connects, each when the application imports it.

A library is instrumented by a hook on its import: at once when it is loaded already, later when it comes,
never when the application does without it. So ``weft.init`` loads no web framework that is merely installed,
and does not mind whether it comes before or after the imports.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

import wrapt

from weft.instrument.libraries import (
    asgi,
    asyncio_queues,
    celery,
    grpc,
    memory_streams,
    multiprocessing,
    operating_system,
    process_pools,
    subprocesses,
    thread_queues,
    threads,
    websocket_handshakes,
    wsgi,
)
from weft.instrument.processes import roots

if TYPE_CHECKING:
    from types import ModuleType

DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"

_log = logging.getLogger("weft")
_hooked: set[str] = set()


@dataclass(frozen=True, slots=True)
class Library:
    """A library and how it is instrumented.

    Attributes:
        name: As OpenTelemetry calls it, also in OTEL_PYTHON_DISABLED_INSTRUMENTATIONS.
        module: The module whose import makes it worth while.
        instrument: Called with that module, once.
    """

    name: str
    module: str
    instrument: Callable[[ModuleType], None]


def _instrumentor(package: str, name: str) -> Callable[[ModuleType], None]:
    """An OpenTelemetry instrumentor that patches the library as a whole."""

    def instrument(_: ModuleType) -> None:
        instrumentor = getattr(import_module(f"opentelemetry.instrumentation.{package}"), name)()
        if not instrumentor.is_instrumented_by_opentelemetry:
            with warnings.catch_warnings():  # aiohttp discourages the subclass that its instrumentation makes
                warnings.simplefilter("ignore", DeprecationWarning)
                instrumentor.instrument()

    return instrument


LIBRARIES: Final = (
    Library("environment", "opentelemetry.sdk.trace", roots.instrument),
    Library("os", "os", operating_system.instrument),
    Library("subprocess", "subprocess", subprocesses.popen),
    Library("asyncio-subprocess", "asyncio.subprocess", subprocesses.create_subprocess),
    Library("threading", "threading", threads.instrument),
    Library("concurrent-futures", "concurrent.futures.process", process_pools.instrument),
    Library("multiprocessing", "multiprocessing.process", multiprocessing.process),
    Library("multiprocessing-pool", "multiprocessing.pool", multiprocessing.pool),
    Library("asyncio-queue", "asyncio.queues", asyncio_queues.instrument),
    Library("queue", "queue", thread_queues.instrument),
    Library("anyio", "anyio.streams.memory", memory_streams.instrument),
    Library("httpx", "httpx", _instrumentor("httpx", "HTTPXClientInstrumentor")),
    Library("httpx2", "httpx2", _instrumentor("httpx", "HTTPX2ClientInstrumentor")),
    Library("requests", "requests", _instrumentor("requests", "RequestsInstrumentor")),
    Library("aiohttp-client", "aiohttp", _instrumentor("aiohttp_client", "AioHttpClientInstrumentor")),
    Library("aiohttp-server", "aiohttp.web", _instrumentor("aiohttp_server", "AioHttpServerInstrumentor")),
    Library("starlette", "starlette.applications", asgi.starlette),
    Library("fastapi", "fastapi.applications", asgi.fastapi),
    Library("flask", "flask.app", wsgi.flask),
    Library("grpc-client", "grpc._channel", grpc.client),
    Library("grpc-server", "grpc._server", grpc.server),
    Library("grpc-aio-client", "grpc.aio._call", grpc.aio_client),
    Library("grpc-aio-server", "grpc.aio._server", grpc.aio_server),
    Library("websockets", "websockets", websocket_handshakes.websockets),
    Library("celery", "celery.app.base", celery.celery),
)


def instrument(wanted: bool | Iterable[str] = True) -> None:
    """Instrument the libraries that are loaded, and the others when they are.

    Args:
        wanted: All, none, or those named. OTEL_PYTHON_DISABLED_INSTRUMENTATIONS (names, or ``*``) takes away.
    """
    names = _names(wanted) - _disabled()
    for library in LIBRARIES:
        if library.name in names and library.name not in _hooked:
            _hooked.add(library.name)
            wrapt.register_post_import_hook(_guarded(library), library.module)


def _guarded(library: Library) -> Callable[[ModuleType], None]:
    """The hook: an import never fails because of us."""

    def hook(module: ModuleType) -> None:
        try:
            library.instrument(module)
        except Exception as error:  # noqa: BLE001 - instrumentations are anyone's code, inside anyone's import
            _log.warning("weft: %s is not instrumented: %s", library.name, error)

    return hook


def _names(wanted: object) -> set[str]:
    known = {library.name for library in LIBRARIES}
    if wanted is True:
        return known
    if isinstance(wanted, str):
        wanted = wanted.split(",")
    if not isinstance(wanted, Iterable):
        return set()
    names = {str(name).strip().replace("_", "-") for name in wanted}
    if unknown := sorted(names - known):
        _log.warning(
            "weft: instrument= names %s, which Weft does not know; it knows %s",
            ", ".join(unknown),
            ", ".join(sorted(known)),
        )
    return names & known


def _disabled() -> set[str]:
    names = {name.strip().replace("_", "-") for name in os.environ.get(DISABLED, "").split(",")}
    return {library.name for library in LIBRARIES} if "*" in names else names
