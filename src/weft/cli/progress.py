"""How far a long command is, on one line of a terminal that is written over and over."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

_FIRST_S: Final = 1.0  # what takes less has no need of it
_EVERY_S: Final = 0.2


class Progress:
    """Counts what goes by on stderr. Nothing is written where stderr is no terminal.

    Args:
        command: What to begin the line with.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._shows = sys.stderr is not None and sys.stderr.isatty()
        self._next_s = time.monotonic() + _FIRST_S
        self._written = False

    def of(self, things: Iterable[T], what: str) -> Iterator[T]:
        """Hand on what comes, and say how many have.

        Args:
            things: What to count.
            what: What is done with them: `traces explained`.
        """
        for number, thing in enumerate(things, 1):
            yield thing
            if self._shows and time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + _EVERY_S
                self._written = True
                sys.stderr.write(f"\r\x1b[K{self._command}: {number:,} {what}")
                sys.stderr.flush()
        self.clear()

    def clear(self) -> None:
        """Take the line away, before something else is written."""
        if self._written:
            self._written = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
