"""How much may wait to be sent, and how often it is sent: OTEL_BSP_* with Weft's defaults."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Final

MAX_SPANS: Final = 8192
BATCH_SPANS: Final = 512
DELAY_MS: Final = 1000

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
            seconds are long for somebody who watches a workflow run.
    """

    max_spans: int = MAX_SPANS
    max_bytes: int = 64 * 1024 * 1024
    batch_spans: int = BATCH_SPANS
    batch_bytes: int = 2 * 1024 * 1024
    delay_s: float = DELAY_MS / 1000

    @classmethod
    def from_environment(cls) -> QueueLimits:
        """Read the variables. A value that is no positive number costs one warning and keeps the default."""
        max_spans = _positive("OTEL_BSP_MAX_QUEUE_SIZE", MAX_SPANS)
        return cls(
            max_spans=max_spans,
            batch_spans=min(_positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SPANS), max_spans),
            delay_s=_positive("OTEL_BSP_SCHEDULE_DELAY", DELAY_MS) / 1000,
        )


def _positive(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if text.isdecimal() and 0 < int(text) < 1 << 31:
        return int(text)
    _log.warning("weft: %s is %r, not a positive whole number; going on with %d", variable, text, default)
    return default
