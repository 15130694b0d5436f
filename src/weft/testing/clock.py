"""A clock that a test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

_BEGIN_NS: Final = 1_700_000_000 * 10**9
"""2023-11-14."""


class FakeClock:
    """Time that passes only when it is told to.

    Calling it gives nanoseconds since the Unix epoch, so it can stand in for `time.time_ns`.

    Args:
        start_ns: What it shows at first.
    """

    def __init__(self, start_ns: int = _BEGIN_NS) -> None:
        self.now_ns = start_ns

    def __call__(self) -> int:
        """Give the time, nanoseconds since the Unix epoch."""
        return self.now_ns

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * 1e9)

    @contextmanager
    def stamps_spans(self) -> Iterator["FakeClock"]:
        """Have OpenTelemetry's SDK take the times of spans and events from this clock."""
        # The SDK (1.42 to 1.45) has no parameter for its clock; this is the name it calls.
        sdk: Any = import_module("opentelemetry.sdk.trace")
        before = sdk.time_ns
        sdk.time_ns = self
        try:
            yield self
        finally:
            sdk.time_ns = before
