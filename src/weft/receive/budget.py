"""A bound on the bytes of request bodies that are held at the same time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from weft.receive.intake import Overloaded


class ByteBudget:
    """Counts bytes that are held; refuses more than `limit`, but never the only ones.

    Attributes:
        limit: The most that is held.
        held: How many are held now.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Hold `count` bytes more.

        Raises:
            Overloaded: That would be more than the limit; nothing was taken.
        """
        with self._lock:
            if self.held and self.held + count > self.limit:
                raise Overloaded
            self.held += count

    def give_back(self, count: int) -> None:
        """Hold `count` bytes less."""
        with self._lock:
            self.held -= count

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Open an empty share; what it holds at the end of the context is given back."""
        share = Share(self)
        try:
            yield share
        finally:
            share.resize(0)


class Share:
    """What one request holds of a budget.

    Attributes:
        held: How many bytes.
    """

    def __init__(self, budget: ByteBudget) -> None:
        self.held = 0
        self._budget = budget

    def resize(self, count: int) -> None:
        """Hold `count` bytes.

        Raises:
            Overloaded: That would be more than the budget's limit; nothing has changed.
        """
        if count > self.held:
            self._budget.take(count - self.held)
        else:
            self._budget.give_back(self.held - count)
        self.held = count
