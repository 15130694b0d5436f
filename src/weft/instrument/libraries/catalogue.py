"""The libraries Weft connects, each when the application imports it.

A library is instrumented by a hook on its import: at once when it is loaded already, later when it comes,
never when the application does without it. So ``weft.init`` loads no web framework that is merely installed,
and does not mind whether it comes before or after the imports.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import wrapt

from weft.instrument.libraries import (
    aiohttp_client,
    aiohttp_server,
    asgi,
    asyncio_queues,
    celery,
    django,
    flask,
    grpc,
    httpx,
    memory_streams,
    multiprocessing,
    operating_system,
    process_pools,
    subprocesses,
    thread_queues,
    threads,
    urllib3,
    urllib_request,
    websocket_handshakes,
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
    Library("httpx", "httpx", httpx.httpx),
    Library("httpx2", "httpx2", httpx.httpx2),
    Library("requests", "requests", urllib3.requests),
    Library("urllib3", "urllib3", urllib3.urllib3),
    Library("urllib", "urllib.request", urllib_request.urllib),
    Library("aiohttp-client", "aiohttp", aiohttp_client.aiohttp_client),
    Library("aiohttp-server", "aiohttp.web", aiohttp_server.aiohttp_server),
    Library("django", "django.core.handlers.base", django.django),
    Library("starlette", "starlette.applications", asgi.starlette),
    Library("fastapi", "fastapi.applications", asgi.fastapi),
    Library("flask", "flask.app", flask.flask),
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
