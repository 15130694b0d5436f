"""Whose clock stamped a span, and how far two clocks may be apart once they were adjusted."""

from weft.analyse.reading import Reading


class Hosts:
    """The hosts of a trace's spans.

    Args:
        reading: After the clocks were looked at.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[int, str | None] = {}
        self._root = self._of(0)

    def same(self, one: int, other: int) -> bool:
        """Whether two spans are known to be of one host."""
        host = self._of(one)
        return host is not None and host == self._of(other)

    def error_ns(self, one: int, other: int, *, started: bool = False) -> int | None:
        """How far off the time between two spans may be, in nanoseconds; None where nothing bounds it.

        Args:
            one: A span.
            other: Another one.
            started: Whether the process of one started that of the other: on its own machine, where nothing
                says otherwise.
        """
        reading = self._reading
        if reading.processes[one] == reading.processes[other] or self.same(one, other):
            return 0
        if self._compared(one) and self._compared(other):
            return reading.bound_ns[one] + reading.bound_ns[other]
        return 0 if started and None in (self._of(one), self._of(other)) else None

    def _compared(self, index: int) -> bool:
        """Whether its clock is the root's, or was compared with it."""
        reading = self._reading
        if reading.bound_ns[index] or reading.shift_ns[index]:
            return True
        return reading.processes[index] == reading.processes[0] or (
            self._root is not None and self._of(index) == self._root
        )

    def _of(self, index: int) -> str | None:
        span = self._reading.tree.spans[index]
        key = id(span.resource)  # shared by the spans of a process, and looked at once
        if key not in self._known:
            self._known[key] = span.host
        return self._known[key]
