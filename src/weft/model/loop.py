"""Work that is done again and again."""

from dataclasses import dataclass
from typing import Any, Literal

LoopKind = Literal["same_call", "ping_pong", "retry"]
"""The same tool with the same arguments; agents that hand a task back and forth; a call tried again because
it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Something that was repeated.

    Attributes:
        kind: What sort of repetition.
        agents: The agents that took part.
        what: The tool, or the hand-off, that was repeated. Untrusted.
        count: How often it was done in all.
        span_ids: The spans, the first one first.
        duration_ns: What the repetitions after the first took together, in nanoseconds.
    """

    kind: LoopKind
    agents: tuple[str, ...]
    what: str
    count: int
    span_ids: tuple[str, ...]
    duration_ns: int

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "kind": self.kind,
            "agents": list(self.agents),
            "what": self.what,
            "count": self.count,
            "span_ids": list(self.span_ids),
            "duration_ns": self.duration_ns,
        }
