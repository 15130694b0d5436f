"""A stretch of the critical path."""

from typing import Any, Final, Literal, NamedTuple

SegmentKind = Literal["model", "tool", "queue", "network", "human", "own"]
"""A model answers; a tool works; a message or a task waits to be taken; something is on the way between two
processes, or outside any that reported; a human decides; the agent's own work."""

SEGMENT_KINDS: Final[tuple[SegmentKind, ...]] = ("model", "tool", "queue", "network", "human", "own")


class Segment(NamedTuple):
    """A stretch of time in which the end of the trace depended on one span.

    There are up to two for each span of a trace, and a frozen dataclass takes three times as long to make.

    Attributes:
        span_id: The span; of a wait, the one that waited to begin.
        start_ns: Clocks adjusted, nanoseconds since the Unix epoch.
        end_ns: Not before the start; the start of the next segment.
        kind: What the time went to.
        agent: Whose time it was; of a wait, the agent that was waited for.
    """

    span_id: str
    start_ns: int
    end_ns: int
    kind: SegmentKind
    agent: str

    @property
    def duration_ns(self) -> int:
        """How long it is, in nanoseconds."""
        return self.end_ns - self.start_ns

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "span_id": self.span_id,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "kind": self.kind,
            "agent": self.agent,
        }
