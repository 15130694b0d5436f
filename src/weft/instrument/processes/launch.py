"""What a hook needs where a child process is started: never an error, whatever the caller passed."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from opentelemetry.instrumentation.utils import is_instrumentation_enabled

from weft.instrument.processes import ambient

_log = logging.getLogger("weft.instrument")


def environment_for(given: Any) -> Any:
    """The ``env`` to start a child process with.

    Args:
        given: The caller's ``env``: a mapping of ``str`` or ``bytes``, or None where the child inherits.

    Returns:
        A mapping with the context in it, or ``given`` itself where there is nothing to change.
    """
    try:
        if not is_instrumentation_enabled() or not (given is None or isinstance(given, Mapping)):
            return given
        fresh = ambient.for_child(None if given is None else _text(given))
    except Exception:  # noqa: BLE001 - a process starts, traced or not; what is wrong with `env` Popen says itself
        _log.debug("a child process starts without a trace context", exc_info=True)
        return given
    return given if fresh is None else fresh


def _text(environment: Mapping[Any, Any]) -> dict[str, str]:
    """An environment as ``str``: POSIX takes ``bytes`` and paths as well, as ``os.fsencode`` does."""
    return {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
