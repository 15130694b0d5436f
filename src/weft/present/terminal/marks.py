"""What the analysis adds to the tree of a trace: who did it, what was waited for, where errors began."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from weft.model.explanation import Explanation
from weft.model.failure import Role
from weft.model.trace import Node, Trace
from weft.present.terminal.failure import origins


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in a tree.

    Attributes:
        roles: The part that each failed span has in what went wrong.
        agents: The agent of each span by its id; empty when nobody explained the trace.
        path: By span id its stretches on the critical path: (start, end) in nanoseconds since the Unix epoch.
        shifts: By span id what brings its times to the clock of the root's host, in nanoseconds.
        start_ns: The earliest start by that clock, nanoseconds since the Unix epoch.
        end_ns: The latest end.
        why: By span id what tells that it failed, where it says nothing of that itself.
    """

    roles: Mapping[Node, Role]
    start_ns: int
    end_ns: int
    agents: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    shifts: Mapping[str, int] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def begun(self) -> set[Node]:
        """Where the errors began."""
        return {node for node, role in self.roles.items() if role == "origin"}


def marks(trace: Trace, explanation: Explanation | None) -> Marks:
    """Take the marks from an explanation; without one, tell origins from errors that were passed on."""
    if explanation is None:
        begun = origins(trace)
        failed = (node for node in trace.walk() if node.span.failed)
        told: dict[Node, Role] = {node: "origin" if node in begun else "passed_on" for node in failed}
        return Marks(told, trace.start_ns, trace.end_ns)
    path: dict[str, list[tuple[int, int]]] = {}
    for segment in explanation.critical_path:
        path.setdefault(segment.span_id, []).append((segment.start_ns, segment.end_ns))
    roles = {
        trace.node_of[failure.span_id]: failure.role
        for failure in explanation.failures
        if failure.span_id in trace.node_of
    }
    shifts = explanation.shift_ns
    moved = [(span, shifts.get(span.span_id, 0)) for span in trace.spans] if shifts else []
    return Marks(
        roles,
        min((span.start_ns + shift for span, shift in moved), default=trace.start_ns),
        max((span.end_ns + shift for span, shift in moved), default=trace.end_ns),
        explanation.agent_of,
        path,
        shifts,
        {
            failure.span_id: failure.evidence
            for failure in explanation.failures
            if failure.span_id in trace.node_of and not trace.node_of[failure.span_id].span.failed
        },
    )
