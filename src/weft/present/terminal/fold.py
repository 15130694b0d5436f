"""Which spans of a long trace are shown, and where the rest is counted.

Two things make a trace long: the same work many times over, and sheer size. Of work that repeats among
siblings the first few are shown and the rest is one line. What is then still too much is cut from below.
The place where an error began is always shown, except where siblings failed in the same places with the
same messages: then the line that counts the repeats says so.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from weft.model.trace import Node, Trace
from weft.present.terminal.failure import reason

LONG: Final = 100
"""Spans up to which nothing is left out."""
KEPT: Final = 3
"""Repeats that are shown; the rest is left out when it is two or more."""
MOST: Final = 300
"""Spans shown of a long trace, besides those where an error began."""


@dataclass(slots=True)
class Repeats:
    """Siblings left out because they are like those above.

    Attributes:
        siblings: How many.
        spans: Spans in them, everything below included.
        shortest_ns: The least duration of the siblings.
        longest_ns: The greatest.
        failing: Whether an error began in each, the same one.
    """

    siblings: int = 0
    spans: int = 0
    shortest_ns: int = 0
    longest_ns: int = 0
    failing: bool = False

    def add(self, node: Node, spans: int) -> None:
        """Count one more."""
        length_ns = node.span.duration_ns
        self.shortest_ns = min(self.shortest_ns, length_ns) if self.siblings else length_ns
        self.longest_ns = max(self.longest_ns, length_ns) if self.siblings else length_ns
        self.siblings += 1
        self.spans += spans


@dataclass(slots=True)
class Outline:
    """What is shown of a trace.

    Attributes:
        below: The spans shown under each shown span; None holds the tops.
        repeats: After which shown span how many like it were left out.
        cut: Under which shown span how many further spans were left out; None counts at the top.
        count: Spans shown.
    """

    below: dict[Node | None, list[Node]] = field(default_factory=lambda: defaultdict(list))
    repeats: dict[Node, Repeats] = field(default_factory=dict)
    cut: Counter[Node | None] = field(default_factory=Counter)
    count: int = 0


def outline(trace: Trace, begun: set[Node], *, full: bool) -> Outline:
    """Choose what is shown.

    Args:
        trace: The trace.
        begun: Where errors began (`failure.origins`).
        full: Show everything.
    """
    nodes = list(trace.walk())
    result = Outline()
    hidden: set[Node] = set()
    if full or len(nodes) <= LONG:
        chosen = set(nodes)
    else:
        hidden = _fold(trace, nodes, begun, result)
        chosen = _choose([node for node in nodes if node not in hidden], begun)
    nearest: dict[Node, Node | None] = {}  # the shown span that stands for one that is not
    for node in nodes:
        above = nearest[node.parent] if node.parent else None
        if node in chosen:
            result.below[above].append(node)
        elif node not in hidden:
            result.cut[above] += 1
        nearest[node] = node if node in chosen else above
    for node in [node for node in result.repeats if node not in chosen]:
        result.cut[nearest[node]] += result.repeats.pop(node).spans
    result.count = len(chosen)
    return result


def _fold(trace: Trace, nodes: Sequence[Node], begun: set[Node], result: Outline) -> set[Node]:
    """Find the repeats; give the spans in them."""
    likeness, size = _likeness(nodes, begun)
    hidden: set[Node] = set()
    for siblings in [trace.roots, *(node.children for node in nodes if len(node.children) > KEPT + 1)]:
        alike: dict[Hashable, list[Node]] = defaultdict(list)
        for node in siblings:
            alike[likeness[node]].append(node)
        for group in alike.values():
            if len(group) > KEPT + 1:
                repeats = Repeats(failing=_fails(likeness[group[0]]))
                for node in group[KEPT:]:
                    repeats.add(node, size[node])
                    hidden.add(node)
                result.repeats[group[KEPT - 1]] = repeats
    for node in nodes:  # parents come first: what hangs below a repeat is hidden with it
        if node.parent in hidden:
            hidden.add(node)
            result.repeats.pop(node, None)
    return hidden


def _likeness(
    nodes: Sequence[Node], begun: set[Node]
) -> tuple[dict[Node, tuple[Hashable, ...]], dict[Node, int]]:
    """Give for every node what makes it like another, and the number of spans in its subtree.

    That is service, name and whether it has ended, and where errors began in the subtree, also where and with
    which messages.
    """
    likeness: dict[Node, tuple[Hashable, ...]] = {}
    size: dict[Node, int] = {}
    numbers: dict[tuple[Hashable, ...], int] = {}
    for node in reversed(nodes):  # children come first
        span = node.span
        failing = frozenset(numbers[likeness[child]] for child in node.children if _fails(likeness[child]))
        here = (span.service, span.name, span.kind, node.broken, span.state)
        likeness[node] = (
            (*here, reason(span) if node in begun else "", failing) if failing or node in begun else here
        )
        numbers.setdefault(likeness[node], len(numbers))
        size[node] = 1 + sum(size[child] for child in node.children)
    return likeness, size


def _fails(likeness: tuple[Hashable, ...]) -> bool:
    return len(likeness) > 5


def _choose(nodes: Sequence[Node], begun: set[Node]) -> set[Node]:
    """Take the topmost spans, and wherever an error began."""
    topmost = nodes if len(nodes) <= MOST else sorted(nodes, key=lambda node: node.depth)[:MOST]
    return set(topmost) | {node for node in nodes if node in begun}
