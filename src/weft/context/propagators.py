"""The formats in use: OpenTelemetry's global propagator, however OTEL_PROPAGATORS is spelt.

``import opentelemetry.propagate`` raises when the variable names a propagator that is misspelt or not
installed (measured, opentelemetry-api 1.45). Weft therefore imports it here and nowhere else, with the names
that exist.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.propagators.textmap import TextMapPropagator

VARIABLE = "OTEL_PROPAGATORS"
DEFAULT = "tracecontext,baggage"

_log = logging.getLogger("weft")


def current() -> TextMapPropagator:
    """The propagator that every instrumentation in this process uses."""
    from opentelemetry.propagate import get_global_textmap  # noqa: PLC0415 - only after `load` made it importable

    return get_global_textmap()


def load() -> None:
    """Import OpenTelemetry's propagation API; a propagator that cannot be loaded costs one warning."""
    if "opentelemetry.propagate" in sys.modules:
        return
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    missing = [name for name in names if name.lower() != "none" and not _loads(name)]
    if not missing:
        import_module("opentelemetry.propagate")
        return
    usable = ",".join(name for name in names if name not in missing) or DEFAULT
    _log.warning(
        "%s: no propagator is called %s; going on with %s. Check the spelling, or install the package that "
        "has it (pip install opentelemetry-propagator-...).",
        VARIABLE,
        " or ".join(repr(name) for name in missing),
        usable,
    )
    with _variable(usable):
        import_module("opentelemetry.propagate")


def _loads(name: str) -> bool:
    """Whether an installed package provides the propagator and it can be made."""
    for entry_point in entry_points(group="opentelemetry_propagator", name=name):
        try:
            entry_point.load()()
        except Exception:  # noqa: BLE001 - other people's packages fail in any way; the answer is the same
            return False
        return True
    return False


@contextmanager
def _variable(value: str) -> Iterator[None]:
    before = os.environ[VARIABLE]
    os.environ[VARIABLE] = value
    try:
        yield
    finally:
        os.environ[VARIABLE] = before


load()
