"""Celery: a task is a child of whoever called it, in every kind of worker pool.

OpenTelemetry's instrumentation sends the context in the task's headers and has a span for the call and one
for the run. Its getter names no fields (measured, 0.66b1), so that a propagator that first looks which ones
there are finds none: ours names them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry.propagators.textmap import Getter

from weft.context.carriers import CarrierGetter

if TYPE_CHECKING:
    from types import ModuleType

_getter = CarrierGetter()


def celery(_: ModuleType) -> None:
    """Instrument Celery (``celery.app.base``)."""
    theirs: Any = import_module("opentelemetry.instrumentation.celery")
    theirs.celery_getter = RequestGetter()
    instrumentor = theirs.CeleryInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.instrument()


class RequestGetter(Getter[Any]):
    """Reads the headers of a task's message, which Celery makes attributes of the request."""

    def get(self, carrier: object, key: str) -> list[str] | None:
        """Return the values of a field."""
        return _getter.get(_headers(carrier), key)

    def keys(self, carrier: object) -> list[str]:
        """Return the names of the fields."""
        return _getter.keys(_headers(carrier))


def _headers(request: object) -> dict[str, object]:
    return {name: value for name, value in vars(request).items() if isinstance(value, str | list | tuple)}
