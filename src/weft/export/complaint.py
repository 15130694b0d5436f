"""A warning that is worth saying again, but not on every span."""

from __future__ import annotations

import logging
import time
from typing import Final

INTERVAL_S: Final = 60.0

_log = logging.getLogger("weft")


class Complaint:
    """One kind of warning, logged at most once per interval.

    Args:
        interval_s: Seconds between two warnings.
    """

    __slots__ = ("_interval_s", "_next_s")

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._next_s = 0.0

    def due(self) -> bool:
        """Whether the warning would be logged now."""
        return time.monotonic() >= self._next_s

    def say(self, message: str, *arguments: object) -> None:
        """Log the warning, unless it was logged a short while ago."""
        if self.due():
            self._next_s = time.monotonic() + self._interval_s
            _log.warning(message, *arguments)
