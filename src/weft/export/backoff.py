"""How long to wait before a backend that failed is tried again."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 0.25
# Short for a backend that restarts, and nothing to one that is away: a refused connection costs microseconds.
LONGEST_S: Final = 5.0
# Where it refuses everything from this sender, somebody has to change a setting first.
CLOSED_S: Final = 30.0
# What a backend may ask for (``Retry-After``).
ASKED_S: Final = 300.0


class Backoff:
    """Exponential, with jitter, so that many agents do not come back at the same moment.

    Attributes:
        tries: How many attempts have failed since the last answer.
    """

    __slots__ = ("tries",)

    def __init__(self) -> None:
        self.tries = 0

    def reset(self) -> None:
        """Begin again with the shortest wait: the backend has answered."""
        self.tries = 0

    def next_s(self, *, closed: bool = False, asked_s: float | None = None) -> float:
        """Seconds to wait now.

        Args:
            closed: The backend takes nothing from this sender.
            asked_s: What the backend asked for; at least that is waited.
        """
        longest_s = CLOSED_S if closed else LONGEST_S
        wait_s: float = longest_s if closed else min(longest_s, FIRST_S * 2 ** min(self.tries, 16))
        self.tries += 1
        wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret
        return wait_s if asked_s is None else min(asked_s, ASKED_S) + wait_s / 10
