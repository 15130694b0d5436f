"""A hand-off: work goes from one agent or process to another."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

HandOffKind = Literal["call", "message", "spawn", "delegation", "approval"]
"""A request and its answer; a message through a broker; a process, thread or task that was started; an agent
that another one runs in its own process; a human who was asked."""

PartName = Literal["queue", "network", "start", "work", "reply"]
"""Waiting to be taken; on the way; taken but not begun; the work itself; the answer's way back."""


class Part(NamedTuple):
    """One part of the time of a hand-off. There are four or five of each, so it is a plain tuple.

    Attributes:
        name: Which part.
        ns: How long, in nanoseconds, as far as the evidence says; None where it does not say.
        low_ns: It was not shorter than this.
        high_ns: It was not longer than this; None where nothing bounds it.
        evidence: What says so, or what is missing, in a few words.
    """

    name: PartName
    ns: int | None
    low_ns: int
    high_ns: int | None
    evidence: str

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "part": self.name,
            "ns": self.ns,
            "low_ns": self.low_ns,
            "high_ns": self.high_ns,
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a hand-off.

    Attributes:
        from_span_id: The sender's span of this try.
        to_span_id: The receiver's first span; None when none came.
        start_ns: Start of the sender's span of it, clocks adjusted, nanoseconds since the Unix epoch; where
            the sender has none for it alone, start of the receiver's.
        end_ns: End of the last of these spans.
        failed: Whether it failed.
    """

    from_span_id: str
    to_span_id: str | None
    start_ns: int
    end_ns: int
    failed: bool

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "from_span_id": self.from_span_id,
            "to_span_id": self.to_span_id,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """A crossing from one agent or process to another.

    Attributes:
        kind: What sort of crossing.
        transport: What carried it (`http`, `grpc`, `redis`, `thread`, …); empty where nothing says so.
        relation: Whether the receiver's span is a child of the sender's or linked to it; `none` when the
            receiver never reported.
        from_span_id: The sender's span, of the last attempt.
        to_span_id: The receiver's first span, of the last attempt; None when none came.
        from_agent: The agent that hands over.
        to_agent: The agent that takes over.
        from_service: Its service.
        to_service: Its service; empty when unknown.
        start_ns: Start of the first attempt, clocks adjusted, nanoseconds since the Unix epoch.
        end_ns: End of the last.
        parts: The time of the last attempt, in parts; those that its kind has.
        attempts: Every try, the first one first; never empty.
        failed: Whether the last attempt failed.
    """

    kind: HandOffKind
    transport: str
    relation: Literal["parent", "link", "none"]
    from_span_id: str
    to_span_id: str | None
    from_agent: str
    to_agent: str
    from_service: str
    to_service: str
    start_ns: int
    end_ns: int
    parts: tuple[Part, ...]
    attempts: tuple[Attempt, ...]
    failed: bool

    @property
    def wait_ns(self) -> int:
        """What passed before the work began, as far as it is known, in nanoseconds."""
        return sum(part.ns or 0 for part in self.parts if part.name in ("queue", "network", "start"))

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "kind": self.kind,
            "transport": self.transport,
            "relation": self.relation,
            "from_span_id": self.from_span_id,
            "to_span_id": self.to_span_id,
            "from_agent": self.from_agent,
            "to_agent": self.to_agent,
            "from_service": self.from_service,
            "to_service": self.to_service,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "parts": [part.to_json() for part in self.parts],
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "failed": self.failed,
        }
