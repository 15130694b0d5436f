"""gRPC, sync and asyncio, both sides: OpenTelemetry's spans, entered and ended as each kind of call needs it.

Names, attributes and filters are those of ``opentelemetry-instrumentation-grpc`` (0.66b1). How its
interceptors enter a call, and when they end its span, breaks programs and loses spans (each measured, see the
modules), so that part is done here: calls are met where every one of them passes, whoever made the channel or
the server and when.

Nothing here is loaded before the program loads gRPC; the hooks below are called then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def client(module: ModuleType) -> None:
    """Trace the calls of sync channels (``grpc._channel``)."""
    import_module(f"{__name__}.client").instrument(module)


def server(module: ModuleType) -> None:
    """Trace the calls that sync servers answer (``grpc._server``)."""
    import_module(f"{__name__}.server").instrument(module)


def aio_client(module: ModuleType) -> None:
    """Trace the calls of asyncio channels (``grpc.aio._call``)."""
    import_module(f"{__name__}.aio_client").instrument(module)


def aio_server(module: ModuleType) -> None:
    """Trace the calls that asyncio servers answer (``grpc.aio._server``)."""
    import_module(f"{__name__}.aio_server").instrument(module)
