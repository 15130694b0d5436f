"""HTTP spans with the stable semantic conventions (``http.request.method``), not the ones of 2021."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # untyped

if TYPE_CHECKING:
    from collections.abc import Collection

VARIABLE: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"


class _Conventions(BaseInstrumentor):  # type: ignore[misc]  # a base without types
    """Instruments nothing. Any instrumentor, before all else, has the conventions chosen for the process."""

    def instrumentation_dependencies(self) -> Collection[str]:
        return ()

    def _uninstrument(self, **kwargs: Any) -> None:
        """Nothing to undo."""


def choose_stable_conventions() -> None:
    """Opt in, unless the user has chosen. OpenTelemetry reads the variable once: it is set only meanwhile."""
    if VARIABLE in os.environ:
        return
    os.environ[VARIABLE] = "http"
    try:
        _Conventions().instrument()
    finally:
        del os.environ[VARIABLE]
