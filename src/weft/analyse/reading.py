"""What the passes have found out about a trace so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from weft.analyse.tree import Tree
from weft.model.failure import Failure
from weft.model.hand_off import HandOff
from weft.model.loop import Loop
from weft.model.segment import Segment
from weft.model.trace import Trace
from weft.model.usage import NO_USAGE, Usage


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The record that is handed from pass to pass; each fills in its own and changes nothing else.

    Sequences of n go with the n spans of the tree, index by index. Times are nanoseconds since the Unix
    epoch.

    Attributes:
        trace: The trace as it is, for whoever wants the raw tree.
        tree: The repaired tree.
        start_ns: n starts, by the clock of the root's host.
        end_ns: n ends, none before its start, and of a span that has not ended none before what is below.
        shift_ns: n times that were added to both; 0 where the clock was left alone.
        bound_ns: n times within which the shift is right, one of 0 too; 0 where the clock is not known.
        agents: n names: the agent that did the work, or else the service.
        callees: n names: the agent that a span calls in another process; empty for most.
        processes: n numbers; two spans with the same number were made by one process.
        crossings: n times whether a span was made by another process than its parent.
        hand_offs: Crossings between agents and processes.
        critical_path: From the root's start to its end.
        slack_ns: n times that a span could have taken longer without the root ending later; None where
            nothing waited for it.
        failures: Spans that failed.
        usage: Tokens and cost of the whole.
        own: Tokens and cost of a span itself, by index, where there are any.
        inclusive: Tokens and cost of a span with all below it, by index, where there are any.
        loops: What was repeated.
    """

    trace: Trace
    tree: Tree
    start_ns: tuple[int, ...]
    end_ns: tuple[int, ...]
    shift_ns: tuple[int, ...]
    bound_ns: tuple[int, ...]
    agents: tuple[str, ...] = ()
    callees: tuple[str, ...] = ()
    processes: tuple[int, ...] = ()
    crossings: tuple[bool, ...] = ()
    hand_offs: tuple[HandOff, ...] = ()
    critical_path: tuple[Segment, ...] = ()
    slack_ns: tuple[int | None, ...] = ()
    failures: tuple[Failure, ...] = ()
    usage: Usage = NO_USAGE
    own: Mapping[int, Usage] = field(default_factory=dict)
    inclusive: Mapping[int, Usage] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()

    @classmethod
    def of(cls, trace: Trace, tree: Tree) -> "Reading":
        """Begin: the spans' own times, and nothing found yet."""
        still = (0,) * len(tree.spans)
        return cls(
            trace=trace,
            tree=tree,
            start_ns=tuple(span.start_ns for span in tree.spans),
            end_ns=_ends(tree),
            shift_ns=still,
            bound_ns=still,
        )

    def crosses(self, index: int) -> bool:
        """Whether a span was made by another process than its parent."""
        return self.crossings[index]


def _ends(tree: Tree) -> tuple[int, ...]:
    """When each span ended; one that has not, no earlier than what is below it: it was still there."""
    spans = tree.spans
    ends = [max(span.start_ns, span.end_ns) for span in spans]
    if any(span.state != "ended" for span in spans):
        latest = ends[:]
        for index in range(len(spans) - 1, -1, -1):
            if spans[index].state != "ended":
                ends[index] = latest[index]
            if index:
                parent = tree.parents[index]
                latest[parent] = max(latest[parent], latest[index])
    return tuple(ends)


Pass = Callable[[Reading], Reading]
"""One step of the analysis."""
