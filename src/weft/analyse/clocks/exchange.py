"""What a trace says of the clocks of two hosts: calls, messages, and work that was done inside other work.

A request arrives after it was sent, and its answer after it left. With the four times of a call (RFC 5905,
section 8) that is: the clock of the server minus that of the client is at least `end of the server's span -
end of the client's` and at most `start of the server's span - start of the client's`. The one holds when the
call ends and the other when it begins; in between the clocks drift apart.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from weft.model import keys
from weft.model.span import Span
from weft.model.trace import Node, Trace

Kind = Literal["call", "message", "inside", "between"]
"""How two spans of two hosts are related.

call: a client's span and the server's below it: both limits hold by cause and effect.
message: a producer's span and a consumer's: what was received had been sent, nothing more.
inside: below another span, no call: it began after it, and presumably ended before it.
between: as before, and presumably in the only gap between the parent's other children that is long enough.
"""


#: Half of a hundred ppm, which is what two crystals may drift apart, half of a span's time before its middle.
_DRIFT: Final = 20_000
#: Times are often written in whole microseconds.
WRITTEN_NS: Final = 1_000


class Exchange(NamedTuple):
    """The limits of one difference between two clocks.

    Attributes:
        kind: Where the limits come from.
        from_host: The host of the parent.
        to_host: The host of the child.
        at_ns: When, by the clock of `from_host`: the middle of the parent, or of a message its sending.
        low_ns: The clock of `to_host` minus that of `from_host` is no less; None where nothing says so.
        high_ns: It is no more.
    """

    kind: Kind
    from_host: str
    to_host: str
    at_ns: int
    low_ns: int | None
    high_ns: int


class Hosts:
    """The host of each span of a trace; spans of a process share a resource, which is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, str | None] = {}

    def of(self, span: Span) -> str | None:
        """The host of a span; the spans must outlive this object."""
        key = id(span.resource)
        if key not in self._known:
            self._known[key] = span.host
        return self._known[key]


def exchanges(trace: Trace) -> Iterator[Exchange]:
    """Give what the spans of a trace say of the clocks of their hosts.

    A span whose parent is missing counts as one inside the root: whatever happened in a trace happened
    after its root had begun.
    """
    hosts, root, gaps = Hosts(), trace.root, _Gaps()
    for node in trace.walk():
        parent = node.parent or root
        if parent is node:
            continue
        from_host, to_host = hosts.of(parent.span), hosts.of(node.span)
        if from_host == to_host or from_host is None or to_host is None:
            continue
        kind, low_ns, high_ns = limits(parent.span, node.span, known=node.parent is not None)
        start_ns, end_ns = parent.span.start_ns, parent.span.end_ns
        at_ns = start_ns if kind == "message" else (start_ns + end_ns) // 2
        rough_ns = _rough_ns(parent.span)
        low_ns = None if low_ns is None else low_ns - rough_ns
        yield Exchange(kind, from_host, to_host, at_ns, low_ns, high_ns + rough_ns)
        if kind == "inside" and (gap := gaps.around(node, parent, from_host, hosts)):
            low_ns, high_ns = node.span.end_ns - gap[1] - rough_ns, node.span.start_ns - gap[0] + rough_ns
            yield Exchange("between", from_host, to_host, sum(gap) // 2, low_ns, high_ns)


def limits(parent: Span, child: Span, *, known: bool = True) -> tuple[Kind, int | None, int]:
    """Say between which limits the clock of the child's host minus that of the parent's is.

    Args:
        parent: A span of one host.
        child: One below it, of another host.
        known: Whether the child itself names the parent.

    Returns:
        What the two are to each other, the lower limit (None where there is none), and the upper one, as
        their times say it: neither what was lost in writing them nor the drift in between is allowed for.
    """
    sent_ns = _sent_ns(parent, child) if known else parent.start_ns
    high_ns = child.start_ns - sent_ns
    if known and (parent.kind == "producer" or child.kind == "consumer"):
        return "message", None, high_ns
    kind: Kind = "call" if known and parent.kind == "client" and child.kind == "server" else "inside"
    low_ns = child.end_ns - parent.end_ns
    # A server that was longer at work than its client waited answered nobody; so does one still at work.
    ended = parent.state == "ended" and child.state == "ended" and child.end_ns >= child.start_ns
    return kind, low_ns if ended and low_ns - high_ns <= 2 * _rough_ns(parent) else None, high_ns


def _rough_ns(parent: Span) -> int:
    """How far limits may be off that come from a span and one below it."""
    return WRITTEN_NS + max(0, parent.duration_ns) // _DRIFT


def _sent_ns(parent: Span, child: Span) -> int:
    """When the parent sent what the child received: evidence of the hop, or else the parent's start."""
    sent_ns = child.attributes.get(keys.PROPAGATION_SENT_NS)
    if type(sent_ns) is not int or keys.PROPAGATION_SENDER_SPAN_ID in child.attributes:
        return parent.start_ns
    return sent_ns if parent.start_ns <= sent_ns <= parent.end_ns else parent.start_ns


class _Gaps:
    """The times of a span in which none of its children on its own host was at work."""

    def __init__(self) -> None:
        self._longest: dict[Node, tuple[tuple[int, int], int]] = {}

    def around(self, node: Node, parent: Node, host: str, hosts: Hosts) -> tuple[int, int] | None:
        """The gap of the parent that a child of another host was in, if it fits into only one."""
        if parent not in self._longest:
            self._longest[parent] = _longest_gap(parent, host, hosts)
        gap, second_ns = self._longest[parent]
        return gap if second_ns < node.span.duration_ns <= gap[1] - gap[0] else None


def _longest_gap(parent: Node, host: str, hosts: Hosts) -> tuple[tuple[int, int], int]:
    """Find the longest gap, and how long the second longest is."""
    gaps: list[tuple[int, int, int]] = []
    reached_ns = parent.span.start_ns
    for child in parent.children:
        if hosts.of(child.span) == host:
            gaps.append((child.span.start_ns - reached_ns, reached_ns, child.span.start_ns))
            reached_ns = max(reached_ns, child.span.end_ns)
    gaps.append((parent.span.end_ns - reached_ns, reached_ns, parent.span.end_ns))
    gaps.sort(reverse=True)
    _, start_ns, end_ns = gaps[0]
    return (start_ns, end_ns), max(0, gaps[1][0]) if len(gaps) > 1 else 0
