"""The traces that a test looks at, wherever they are."""

from collections.abc import Callable, Iterator, Sequence

from weft.model.trace import Trace


class Traces:
    """Traces that are read anew each time that they are looked at.

    Args:
        read: Gives the traces as they are now.
        where: Where they come from, in words: `the test process`.
        patience_s: How many seconds an assertion waits for more of them before it fails.
        hint: What to look at when there are none.
    """

    def __init__(
        self, read: Callable[[], Sequence[Trace]], *, where: str, patience_s: float = 0.0, hint: str = ""
    ) -> None:
        self._read = read
        self.where = where
        self.patience_s = patience_s
        self.hint = hint

    def __iter__(self) -> Iterator[Trace]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())

    def all(self) -> list[Trace]:
        """Give the traces as they are now, earliest first."""
        return sorted(self._read(), key=lambda trace: trace.start_ns)

    def one(self) -> Trace:
        """Give the only trace.

        Raises:
            AssertionError: There is none, there are several, or it is not in one piece.
        """
        __tracebackhide__ = True
        from weft.testing.assertions import assert_one_trace  # noqa: PLC0415 - which knows this class

        return assert_one_trace(self)
