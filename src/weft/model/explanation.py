"""What a trace says once it is explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weft.model.failure import Failure
from weft.model.hand_off import HandOff
from weft.model.host_clock import HostClock
from weft.model.loop import Loop
from weft.model.repair import Repair
from weft.model.segment import SEGMENT_KINDS, Segment, SegmentKind
from weft.model.usage import NO_USAGE, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentShare:
    """One agent's contribution.

    Attributes:
        services: The services in which it worked.
        spans: How many spans are its own.
        path_ns: Its part of the critical path, in nanoseconds, by kind.
        origins: How many failures began in it.
        usage: Tokens and cost of its own model calls.
    """

    services: tuple[str, ...]
    spans: int
    path_ns: Mapping[SegmentKind, int]
    origins: int = 0
    usage: Usage = NO_USAGE

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "services": list(self.services),
            "spans": self.spans,
            "path_ns": sum(self.path_ns.values()),
            "path_ns_by_kind": {kind: self.path_ns[kind] for kind in SEGMENT_KINDS if kind in self.path_ns},
            "origins": self.origins,
            **self.usage.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A trace, explained. Times are nanoseconds since the Unix epoch by the clock of the root's host.

    Attributes:
        trace_id: 32 lowercase hex digits.
        root_span_id: The span that stands for the whole.
        start_ns: Its start.
        duration_ns: Its duration: what the segments of the critical path sum to.
        tail_ns: How long work went on after its end.
        agents: Each agent's contribution by its name, in the order in which they began.
        agent_of: The agent of each span, by span id.
        critical_path: From the root's start to its end, without a gap.
        slack_ns: By span id how much longer a span could have taken without the root ending later; None
            where nothing waited for it. Spans on the path have 0.
        saves_ns: By span id how much earlier the root would have ended, had the span's own work taken no
            time; only the spans that were asked about.
        hand_offs: Crossings between agents and processes, the first one first.
        failures: Spans that failed, in the order of the tree.
        usage: Tokens and cost of the whole.
        inclusive: Tokens and cost of a span with all that is below it, by span id, where there are any.
        loops: What was repeated.
        repairs: What was assumed to make one tree of the spans.
        shift_ns: By span id what was added to its times to bring its host's clock to the root's; only
            spans that were adjusted.
        host_clocks: The hosts of these spans, in the order of the tree.
    """

    trace_id: str
    root_span_id: str
    start_ns: int
    duration_ns: int
    tail_ns: int = 0
    agents: Mapping[str, AgentShare] = field(default_factory=dict)
    agent_of: Mapping[str, str] = field(default_factory=dict)
    critical_path: tuple[Segment, ...] = ()
    slack_ns: Mapping[str, int | None] = field(default_factory=dict)
    saves_ns: Mapping[str, int] = field(default_factory=dict)
    hand_offs: tuple[HandOff, ...] = ()
    failures: tuple[Failure, ...] = ()
    usage: Usage = NO_USAGE
    inclusive: Mapping[str, Usage] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    repairs: tuple[Repair, ...] = ()
    shift_ns: Mapping[str, int] = field(default_factory=dict)
    host_clocks: tuple[HostClock, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Say it as `weft analyse --json` does (docs/reference/analysis.md)."""
        return {
            "trace_id": self.trace_id,
            "root": self.root_span_id,
            "start_ns": self.start_ns,
            "duration_ns": self.duration_ns,
            "tail_ns": self.tail_ns,
            "agents": {name: share.to_json() for name, share in self.agents.items()},
            "critical_path": [segment.to_json() for segment in self.critical_path],
            "slack_ns": dict(self.slack_ns),
            "saves_ns": dict(self.saves_ns),
            "hand_offs": [hand_off.to_json() for hand_off in self.hand_offs],
            "errors": [failure.to_json() for failure in self.failures],
            "tokens": self.usage.tokens.to_json(),
            "cost": self.usage.cost,
            "unpriced": self.usage.unpriced,
            "loops": [loop.to_json() for loop in self.loops],
            "repairs": [repair.to_json() for repair in self.repairs],
            "adjusted": dict(self.shift_ns),
            "host_clocks": [clock.to_json() for clock in self.host_clocks],
        }
