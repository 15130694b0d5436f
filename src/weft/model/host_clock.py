"""How the clock of a host differs from that of a trace's root."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HostClock:
    """What was found out about the clock of one host.

    Attributes:
        host: The host, as its spans name it (`Span.host`). Untrusted.
        ahead_ns: Its clock minus that of the root's host, in nanoseconds; negative where it is behind.
        bound_ns: How far the truth may be from that.
    """

    host: str
    ahead_ns: int
    bound_ns: int

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {"host": self.host, "ahead_ns": self.ahead_ns, "bound_ns": self.bound_ns}
