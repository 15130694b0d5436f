"""A trace: spans, and the tree they make, whatever state they arrived in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Final, Literal

from weft.model.span import Span
from weft.model.summary import TraceSummary

Break = Literal["missing parent", "cycle"]
"""Why a span that names a parent stands at the top: the parent is not there, or it is its own descendant."""


@dataclass(slots=True, eq=False)
class Node:
    """A span at its place in the tree. Two nodes are equal when they are the same one.

    Attributes:
        span: The span.
        parent: The node above; None at the top.
        depth: Nodes above it.
        children: The nodes below, earliest start first.
        broken: Why it stands at the top although it names a parent.
    """

    span: Span
    parent: "Node | None" = field(default=None, repr=False)
    depth: int = 0
    children: Sequence["Node"] = field(default=(), repr=False)
    broken: Break | None = None


class Trace:
    """The spans of one trace and the tree that they make.

    Spans may come in any order, without their parent, naming each other in a circle, or with an id that
    another one has too: every span has exactly one place in the tree, whatever the order of arrival.

    Attributes:
        trace_id: 32 lowercase hex digits.
        spans: The spans as they came; never empty.
        roots: The tops of the tree, earliest start first.
        node_of: The node of a span id; where several spans share it, the earlier one, which has the children.
        warnings: What the backend said about the trace as a whole.
    """

    def __init__(self, trace_id: str, spans: Sequence[Span], warnings: Sequence[str] = ()) -> None:
        if not spans:
            raise ValueError(f"trace {trace_id} has no spans")
        self.trace_id = trace_id
        self.spans = tuple(spans)
        self.warnings = tuple(warnings)
        self.roots, self.node_of = _grow(self.spans)

    def walk(self) -> Iterator[Node]:
        """Give every node, each before its children, top to bottom."""
        waiting = list(reversed(self.roots))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    @property
    def root(self) -> Node:
        """The earliest span that names no parent, or else the earliest at the top."""
        return next((node for node in self.roots if node.broken is None), self.roots[0])

    @property
    def connected(self) -> bool:
        """Whether every span but exactly one has its parent in the trace, and all hang from that one."""
        return len(self.roots) == 1 and self.roots[0].broken != "cycle"

    @cached_property
    def open(self) -> int:
        """How many spans have not ended and are still announced: more of the trace is to come."""
        return sum(span.state == "open" for span in self.spans)

    @cached_property
    def lost(self) -> int:
        """How many spans have not ended and are announced no more."""
        return sum(span.state == "lost" for span in self.spans)

    @cached_property
    def start_ns(self) -> int:
        """Start of the earliest span, nanoseconds since the Unix epoch."""
        return min(span.start_ns for span in self.spans)

    @cached_property
    def end_ns(self) -> int:
        """End of the latest span, nanoseconds since the Unix epoch."""
        return max(span.end_ns for span in self.spans)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that took part, in the order of the tree."""
        return tuple(dict.fromkeys(node.span.service for node in self.walk()))

    def summary(self) -> TraceSummary:
        """Say in one line what the trace is."""
        root = self.root.span
        return TraceSummary(
            trace_id=self.trace_id,
            root_service=root.service,
            root_name=root.name,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            spans=len(self.spans),
            errors=sum(span.failed for span in self.spans),
            services=self.services,
            open=self.open,
            lost=self.lost,
        )


def _grow(spans: Sequence[Span]) -> tuple[tuple[Node, ...], dict[str, Node]]:
    """Give every span its place, and return the tops, and the holder of every id."""
    # One order for everything that follows makes the tree independent of the order of arrival. Only spans
    # that share an id can be alike in all that the usual order looks at.
    shared = len({span.span_id for span in spans}) < len(spans)
    nodes = [Node(span) for span in sorted(spans, key=_whole_order if shared else _ORDER)]
    holders: dict[str, Node] = {}
    for node in nodes:
        # Where two spans share an id, the children belong to the earlier one.
        holders.setdefault(node.span.span_id, node)
    for node in nodes:
        if node.span.parent_id is not None:
            node.parent = holders.get(node.span.parent_id)
            node.broken = None if node.parent else "missing parent"
    _cut_cycles(nodes)
    children: dict[Node, list[Node]] = {}  # only of those that have any: most have none
    for node in nodes:
        if node.parent is not None:
            if node.parent in children:
                children[node.parent].append(node)
            else:
                node.parent.children = children[node.parent] = [node]
    roots = tuple(node for node in nodes if node.parent is None)
    _measure(roots)
    return roots, holders


_ORDER: Final = attrgetter("start_ns", "span_id")


def _whole_order(span: Span) -> tuple[object, ...]:
    parent_id = span.parent_id or ""
    return (span.start_ns, span.span_id, parent_id, -span.end_ns, span.service, span.name, repr(span))


def _cut_cycles(nodes: Sequence[Node]) -> None:
    """Make the earliest span of every circle a top. `nodes` are in order."""
    place = {node: index for index, node in enumerate(nodes)}
    walk_of: dict[Node, int] = {}  # the walk that first came by
    for number, start in enumerate(nodes):
        step: Node | None = start
        while step is not None and step not in walk_of:
            walk_of[step] = number
            step = step.parent
        if step is None or walk_of[step] != number:
            continue
        circle = [step]
        while (above := circle[-1].parent) is not None and above is not step:
            circle.append(above)
        first = min(circle, key=place.__getitem__)
        first.parent, first.broken = None, "cycle"


def _measure(roots: Sequence[Node]) -> None:
    """Write down the depth of every node."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        for child in node.children:
            child.depth = node.depth + 1
            waiting.append(child)
