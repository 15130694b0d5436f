"""How much may wait to be sent, where, and how often it is sent: OTEL_BSP_* and WEFT_SPOOL*."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_SPANS: Final = 8192
BATCH_SPANS: Final = 512
DELAY_MS: Final = 300

SPOOL_BYTES: Final = 256 << 20
SPOOL_AGE_S: Final = 24 * 3600

_BYTES: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

_log = logging.getLogger("weft")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Bounds of the export queue.

    Attributes:
        max_spans: Spans that may wait (OTEL_BSP_MAX_QUEUE_SIZE). The specification's 2048 is a burst of a few
            seconds; the bound that protects the application is the one in bytes.
        max_bytes: Memory that waiting spans may take, those on their way included.
        batch_spans: Spans in one request (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).
        batch_bytes: Memory of the spans in one request: their encoding then stays under the 4 MiB that gRPC
            servers accept by default, unless a single span is larger.
        delay_s: Seconds between two requests (OTEL_BSP_SCHEDULE_DELAY, in ms). The specification's five
            seconds are long for somebody who watches a workflow run; and for so long, and ``grace_s``, a span
            is in memory only, and dies with a process that is killed.
        grace_s: Seconds that a request waits for the backend's answer before it is written to disk as well.
            Answers take 5 ms on loopback, and half a second from a backend that is very busy.
    """

    max_spans: int = MAX_SPANS
    max_bytes: int = 64 * 1024 * 1024
    batch_spans: int = BATCH_SPANS
    batch_bytes: int = 2 * 1024 * 1024
    delay_s: float = DELAY_MS / 1000
    grace_s: float = 0.25

    @classmethod
    def from_environment(cls) -> QueueLimits:
        """Read the variables. A value that is no positive number costs one warning and keeps the default."""
        max_spans = _positive("OTEL_BSP_MAX_QUEUE_SIZE", MAX_SPANS)
        return cls(
            max_spans=max_spans,
            batch_spans=min(_positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SPANS), max_spans),
            delay_s=_positive("OTEL_BSP_SCHEDULE_DELAY", DELAY_MS) / 1000,
        )


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """Where requests are kept that no backend has acknowledged, and how many.

    Attributes:
        directory: Above the spools of all destinations (WEFT_SPOOL), or None for memory only
            (``WEFT_SPOOL=off``).
        max_bytes: What the spools of one destination may take together (WEFT_SPOOL_MAX_BYTES: ``268435456``,
            ``256M``).
        max_age_s: Seconds that a request is kept (WEFT_SPOOL_MAX_AGE: ``86400``, ``24h``, ``1d``).
    """

    directory: Path | None
    max_bytes: int = SPOOL_BYTES
    max_age_s: float = SPOOL_AGE_S

    @classmethod
    def from_environment(cls) -> SpoolLimits:
        """Read the variables. A value that cannot be used costs one warning and keeps the default."""
        return cls(
            directory=_spool_directory(),
            max_bytes=_with_unit("WEFT_SPOOL_MAX_BYTES", _BYTES, SPOOL_BYTES),
            max_age_s=_with_unit("WEFT_SPOOL_MAX_AGE", _SECONDS, SPOOL_AGE_S),
        )


def _spool_directory() -> Path | None:
    text = os.environ.get("WEFT_SPOOL", "").strip()
    if text.lower() == "off":
        return None
    try:
        # XDG Base Directory Specification: paths that are not absolute are not to be used.
        state = Path(os.environ.get("XDG_STATE_HOME", ""))
        state = state if state.is_absolute() else Path.home() / ".local/state"
        path = Path(text).expanduser().absolute() if text else state / "weft/spool"
        there = next(each for each in (path, *path.parents) if each.exists())
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return path
        error = f"{there} cannot be written"
    except (OSError, RuntimeError) as raised:  # no home, a path that is too long
        error = str(raised)
    _log.warning(
        "weft: unsent spans are kept in memory only (%s); set WEFT_SPOOL to a directory, or to off", error
    )
    return None


def _with_unit(variable: str, units: dict[str, int], default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    match = re.fullmatch(r"([0-9]{1,15})([a-z]?)(ib)?", text.lower())
    if match and int(match[1]) > 0 and match[2] in units:
        return int(match[1]) * units[match[2]]
    _log.warning("weft: %s is %r, not a number like %d; going on with that", variable, text, default)
    return default


def _positive(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if text.isdecimal() and 0 < int(text) < 1 << 31:
        return int(text)
    _log.warning("weft: %s is %r, not a positive whole number; going on with %d", variable, text, default)
    return default
