"""What many traces say of one agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weft.model.segment import SEGMENT_KINDS, SegmentKind
from weft.model.shape import ShapeError, decimal, member, text, whole
from weft.model.step import from_ns_of, step_json


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatistics:
    """What one agent did in many traces, or in those that started in one stretch of time.

    Attributes:
        agent: Its name. Untrusted.
        from_ns: Start of the stretch of time, nanoseconds since the Unix epoch; None for all of it.
        traces: Traces that it took part in.
        spans: Its spans.
        path_p50_ns: Its part of the critical path of a trace, in nanoseconds: half of the traces have less.
        path_p95_ns: 95 of a hundred have less.
        share: Its part of the critical paths of these traces together, from 0 to 1.
        path_ns: What that went to, in nanoseconds, by kind.
        origins: Failures that began in it.
        input_tokens: Tokens that its models read.
        output_tokens: Tokens that they wrote.
        cost: US dollars; None when not even a part of it is known.
        unpriced: Model calls whose price is not known.
    """

    agent: str
    from_ns: int | None
    traces: int
    spans: int
    path_p50_ns: int
    path_p95_ns: int
    share: float
    path_ns: Mapping[SegmentKind, int]
    origins: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    unpriced: int

    def to_json(self) -> dict[str, Any]:
        """Describe it as `GET /weft/v1/agents` does; nanoseconds are decimal strings."""
        return {
            "agent": self.agent,
            **step_json(self.from_ns),
            "traces": self.traces,
            "spans": self.spans,
            "path_p50_ns": str(self.path_p50_ns),
            "path_p95_ns": str(self.path_p95_ns),
            "share": self.share,
            "path_ns": {kind: str(self.path_ns.get(kind, 0)) for kind in SEGMENT_KINDS},
            "origins": self.origins,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost,
            "unpriced": self.unpriced,
        }

    @classmethod
    def from_json(cls, value: object, where: str = "agent") -> "AgentStatistics":
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        path = member(value, "path_ns", dict, where)
        share = decimal(value, "share", where)
        if share is None:
            raise ShapeError(f"{where}.share should be a number, not nothing")
        return cls(
            agent=text(value, "agent", where),
            from_ns=from_ns_of(value, where),
            traces=whole(value, "traces", where),
            spans=whole(value, "spans", where),
            path_p50_ns=whole(value, "path_p50_ns", where),
            path_p95_ns=whole(value, "path_p95_ns", where),
            share=share,
            path_ns={kind: whole(path, kind, f"{where}.path_ns") for kind in SEGMENT_KINDS},
            origins=whole(value, "origins", where),
            input_tokens=whole(value, "input_tokens", where),
            output_tokens=whole(value, "output_tokens", where),
            cost=decimal(value, "cost", where),
            unpriced=whole(value, "unpriced", where),
        )
