"""What many traces say of the hand-offs from one agent to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from weft.model.hand_off import PartName
from weft.model.shape import member, text, whole
from weft.model.step import from_ns_of, step_json

PARTS: Final[tuple[PartName, ...]] = get_args(PartName)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatistics:
    """How long one part of hand-offs took, in nanoseconds, over those in which it is known.

    Attributes:
        known: In how many it is known.
        p50_ns: Half of them took less; 0 when it is known of none.
        p95_ns: 95 of a hundred took less.
        p99_ns: 99 of a hundred took less.
    """

    known: int
    p50_ns: int
    p95_ns: int
    p99_ns: int

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON; nanoseconds are decimal strings."""
        return {
            "known": self.known,
            "p50_ns": str(self.p50_ns),
            "p95_ns": str(self.p95_ns),
            "p99_ns": str(self.p99_ns),
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "PartStatistics":
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        return cls(
            known=whole(value, "known", where),
            p50_ns=whole(value, "p50_ns", where),
            p95_ns=whole(value, "p95_ns", where),
            p99_ns=whole(value, "p99_ns", where),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeStatistics:
    """The hand-offs from one agent to another over one transport. Names are untrusted.

    Attributes:
        from_agent: Who handed over.
        to_agent: Who took over.
        transport: What carried it; empty where nothing says so.
        from_ns: Start of the stretch of time, nanoseconds since the Unix epoch; None for all of it.
        hand_offs: How many.
        failed: Of these, the ones whose last attempt failed.
        retried: Of these, the ones that took more than one attempt.
        parts: How long each part took.
    """

    from_agent: str
    to_agent: str
    transport: str
    from_ns: int | None
    hand_offs: int
    failed: int
    retried: int
    parts: Mapping[PartName, PartStatistics]

    def to_json(self) -> dict[str, Any]:
        """Describe it as `GET /weft/v1/edges` does."""
        return {
            "from_agent": self.from_agent,
            "to_agent": self.to_agent,
            "transport": self.transport,
            **step_json(self.from_ns),
            "hand_offs": self.hand_offs,
            "failed": self.failed,
            "retried": self.retried,
            "parts": {part: self.parts[part].to_json() for part in PARTS},
        }

    @classmethod
    def from_json(cls, value: object, where: str = "edge") -> "EdgeStatistics":
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        parts = member(value, "parts", dict, where)
        return cls(
            from_agent=text(value, "from_agent", where),
            to_agent=text(value, "to_agent", where),
            transport=text(value, "transport", where),
            from_ns=from_ns_of(value, where),
            hand_offs=whole(value, "hand_offs", where),
            failed=whole(value, "failed", where),
            retried=whole(value, "retried", where),
            parts={
                part: PartStatistics.from_json(member(parts, part, dict, f"{where}.parts"), f"{where}.{part}")
                for part in PARTS
            },
        )
