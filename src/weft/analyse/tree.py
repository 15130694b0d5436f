"""The tree of a trace, repaired: every span in one place under one root, and every assumption told.

The raw tree is `model.trace.Trace`. Here what stands beside the root is hung from it or from the span that
the evidence names, copies are left out, and two spans that share an id are told apart.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from weft.model import keys
from weft.model.repair import Repair, RepairKind
from weft.model.span import Span, text
from weft.model.trace import Trace

#: Spans above that are looked at, where a chain may be as long as the trace.
_NEAR: Final = 256


@dataclass(frozen=True)
class Tree:
    """The spans of a trace in depth-first order: a parent before its children, children by their start.

    Attributes:
        spans: n spans; the first one is the root.
        parents: For each the index of its parent; -1 of the root.
        links: For each the indexes of the spans of this trace that it is linked to.
        repairs: What was assumed.
    """

    spans: tuple[Span, ...]
    parents: tuple[int, ...]
    links: tuple[tuple[int, ...], ...]
    repairs: tuple[Repair, ...]

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each span the indexes of its children, earliest start first."""
        lists: dict[int, list[int]] = defaultdict(list)  # most spans have none
        for index in range(1, len(self.spans)):
            lists[self.parents[index]].append(index)
        return tuple([tuple(lists[index]) if index in lists else () for index in range(len(self.spans))])

    @cached_property
    def stops(self) -> tuple[int, ...]:
        """For each span the index behind its last descendant: `range(i, stops[i])` is its subtree."""
        stops = list(range(1, len(self.spans) + 1))
        for index in range(len(self.spans) - 1, 0, -1):
            parent = self.parents[index]
            stops[parent] = max(stops[parent], stops[index])
        return tuple(stops)

    def ancestors(self, index: int) -> Iterator[int]:
        """Give the indexes of the parent, its parent, and so on up to the root."""
        while (index := self.parents[index]) >= 0:
            yield index


def repair(trace: Trace) -> Tree:
    """Make one tree of a trace."""
    return _Repair(trace).tree()


def without_copies(trace: Trace) -> Trace:
    """The same trace with every span once."""
    once = {(span.span_id, content_of(span)): span for span in reversed(trace.spans)}
    return Trace(trace.trace_id, tuple(reversed(once.values())), trace.warnings)


class _Repair:
    """Places by number while the tree is still being put together."""

    def __init__(self, trace: Trace) -> None:
        self._nodes = list(trace.walk())
        self._number = {node: number for number, node in enumerate(self._nodes)}
        self._parents = [-1 if node.parent is None else self._number[node.parent] for node in self._nodes]
        self._repairs: list[Repair] = []
        self._left_out: set[int] = set()
        self._holders = {span_id: self._number[node] for span_id, node in trace.node_of.items()}
        self._root = self._number[trace.root]

    def tree(self) -> Tree:
        if len(self._holders) < len(self._nodes):
            self._tell_apart()
            if self._root in self._left_out:
                self._root = self._holders[self._nodes[self._root].span.span_id]
            # A callee that was taken for the root hangs from its caller, a copy where the other one does.
            while self._parents[self._root] >= 0:
                self._root = self._parents[self._root]
        self._hang()
        self._mark_unfinished()
        order = self._order()
        place = {number: index for index, number in enumerate(order)}
        spans = tuple(self._nodes[number].span for number in order)
        return Tree(
            spans,
            tuple(place.get(self._parents[number], -1) for number in order),
            tuple(self._linked(span, index, place) for index, span in enumerate(spans)),
            tuple(self._repairs),
        )

    def _tell_apart(self) -> None:
        """Leave copies out, and give a call's two sides that share an id (as Zipkin's do) their places."""
        same: dict[str, list[int]] = defaultdict(list)
        for number, node in enumerate(self._nodes):
            same[node.span.span_id].append(number)
        for span_id, numbers in same.items():
            if len(numbers) > 1:
                holder = self._holders[span_id]
                self._separate(holder, [holder, *(number for number in numbers if number != holder)])

    def _separate(self, holder: int, numbers: Sequence[int]) -> None:
        """Tell apart spans of one id: `holder` has the children of all."""
        seen: set[tuple[object, ...]] = set()
        alone = []
        for number in numbers:
            content = content_of(self._nodes[number].span)
            if content in seen:
                self._left_out.add(number)
                self._note(number, "duplicate", "the same span is there twice; it is counted once")
            else:
                alone.append(number)
            seen.add(content)
        # The callee's clock may be early: its span is not always the later one.
        kinds = [self._nodes[number].span.kind for number in alone]
        caller = alone[kinds.index("client")] if "client" in kinds else holder
        if caller != holder and self._hangs_from(
            caller, holder
        ):  # then it is not who called: nothing is moved
            caller = holder
        sides = {self._nodes[caller].span.process: caller}
        for number in alone:
            span = self._nodes[number].span
            if number == caller:
                continue
            if (
                self._nodes[caller].span.kind == "client"
                and span.kind == "server"
                and span.process not in sides
            ):
                sides[span.process] = number
                self._parents[number] = caller
                self._note(
                    number, "shared_id", "caller and callee share an id; the callee is put below", caller
                )
            elif number != holder:
                self._note(number, "shared_id", "another span has its id; children are with the earlier one")
        if len(sides) > 1:
            for child in self._nodes[holder].children:
                side = sides.get(child.span.process, caller)
                if self._number[child] not in sides.values():
                    self._parents[self._number[child]] = side

    def _hangs_from(self, number: int, above: int) -> bool:
        """Whether a span is, or may be, below another one."""
        for _ in range(_NEAR):
            if (number := self._parents[number]) < 0:
                return False
            if number == above:
                return True
        return True

    def _hang(self) -> None:
        """Hang every top but the root from the span that the evidence names, or else from the root."""
        tops = [
            number
            for number, parent in enumerate(self._parents)
            if parent < 0 and number != self._root and number not in self._left_out
        ]
        if self._nodes[self._root].broken is not None:
            self._note_top(self._root, None, "it is taken for the root")
        if not tops:
            return
        groups = _Groups(self._parents)
        for number in tops:
            target, why = self._place(number, groups)
            self._parents[number] = target
            groups.join(number, target)
            self._note_top(number, target, why)

    def _place(self, number: int, groups: "_Groups") -> tuple[int, str]:
        span = self._nodes[number].span
        sender = text(span.attributes.get(keys.PROPAGATION_SENDER_SPAN_ID))
        if (target := self._holders.get(sender)) is not None and groups.apart(number, target):
            return target, "the context that arrived names this sender"
        for link in span.links:
            target = self._holders.get(link.span_id) if link.trace_id == span.trace_id else None
            if target is not None and groups.apart(number, target):
                return target, "it is linked to this span"
        return self._root, "it is put below the root"

    def _note_top(self, number: int, target: int | None, why: str) -> None:
        node = self._nodes[number]
        span = node.span
        if node.broken == "cycle":
            if span.parent_id == span.span_id:
                self._note(number, "self_parent", f"it names itself as its parent; {why}", target)
            else:
                self._note(number, "cycle", f"it is its own descendant; {why}", target)
        elif target is None:
            self._note(number, "missing_root", f"no span of the trace is a root; {why}")
        elif node.broken == "missing parent":
            self._note(
                number, "missing_parent", f"its parent {span.parent_id} is not in the trace; {why}", target
            )
        else:
            self._note(number, "second_root", f"the trace has another root; {why}", target)

    def _mark_unfinished(self) -> None:
        for number, node in enumerate(self._nodes):
            if node.span.state == "open":
                self._note(number, "open", "it has not ended; its end is when it was last heard of")
            elif node.span.state == "lost":
                self._note(number, "lost", "it never ended, and its process is gone")

    def _note(self, number: int, kind: RepairKind, reason: str, target: int | None = None) -> None:
        attached = None if target is None else self._nodes[target].span.span_id
        span_id = self._nodes[number].span.span_id
        self._repairs.append(Repair(span_id=span_id, kind=kind, reason=reason, attached_to=attached))

    def _order(self) -> list[int]:
        """Number the spans depth first, children by their start."""
        children: dict[int, list[int]] = defaultdict(list)
        # The walk of the raw tree gives equal starts one order, however the spans arrived.
        for number, parent in enumerate(self._parents):
            if parent >= 0 and number not in self._left_out:
                children[parent].append(number)
        order, waiting = [], [self._root]
        while waiting:
            number = waiting.pop()
            order.append(number)
            below = children.get(number)
            if below:
                if len(below) > 1:
                    below.sort(key=lambda child: self._nodes[child].span.start_ns, reverse=True)
                waiting += below
        return order

    def _linked(self, span: Span, index: int, place: dict[int, int]) -> tuple[int, ...]:
        if not span.links:
            return ()
        numbers = (self._holders.get(link.span_id) for link in span.links if link.trace_id == span.trace_id)
        found = (place.get(number) for number in numbers if number is not None)
        return tuple(dict.fromkeys(other for other in found if other is not None and other != index))


class _Groups:
    """Which spans hang together, so that hanging one group from another never closes a circle."""

    def __init__(self, parents: Sequence[int]) -> None:
        self._above = [number if parent < 0 else parent for number, parent in enumerate(parents)]

    def apart(self, number: int, other: int) -> bool:
        return self._top(number) != self._top(other)

    def join(self, number: int, target: int) -> None:
        self._above[self._top(number)] = self._top(target)

    def _top(self, number: int) -> int:
        top = number
        while self._above[top] != top:
            top = self._above[top]
        while self._above[number] != top:
            self._above[number], number = top, self._above[number]
        return top


def content_of(span: Span) -> tuple[object, ...]:
    """What makes two spans of one id the same span."""
    return (span.service, span.name, span.kind, span.start_ns, span.end_ns)
