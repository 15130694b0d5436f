"""A bound on the bytes of request bodies that are held at the same time."""

import threading

from weft.receive.intake import Overloaded


class ByteBudget:
    """Counts bytes that are held; refuses more than `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Hold `count` bytes more.

        Raises:
            Overloaded: That would be more than the limit.
        """
        with self._lock:
            if self._held and self._held + count > self.limit:
                raise Overloaded
            self._held += count

    def give_back(self, count: int) -> None:
        """Hold `count` bytes less."""
        with self._lock:
            self._held -= count
