"""The moments of a crossing, by the clock of the root's host, and how sure they are."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from weft.analyse.hand_offs.crossing import HANDING, Crossing
from weft.analyse.hand_offs.hosts import Hosts
from weft.analyse.hand_offs.stamps import names_sender, stamp
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.span import Span

_ANSWERED: Final = ("http.response.status_code", "http.status_code")
_LEFT: Final = (keys.OUTCOME_CANCELLED, keys.OUTCOME_CLOSED)


class Moments(NamedTuple):
    """When what happened. Nanoseconds since the Unix epoch, clocks adjusted.

    Attributes:
        begun_ns: Start of the sender's span.
        done_ns: Its end; None while it is open.
        sent_ns: When it was sent, by the sender's own evidence; None without any.
        ready_ns: When the receiver began to wait for it; None where nothing says so.
        taken_ns: When the receiver had it; None where nothing says so.
        taken_up_ns: Start of the receiver's first span.
        first_ns: The first sign of work below it: the start of its first child, or of AI work.
        working_ns: Start of the AI work there; None where there is none.
        finished_ns: End of the receiver's work; None while it is open.
        heard_ns: When the receiver was last heard of.
        error_ns: How far the receiver's clock, as adjusted, may be off the sender's; None if nothing says so.
        dedicated: Whether the sender's span is that of the call or the sending, and of nothing else.
        answered: Whether the caller got an answer, as far as its span says.
        local: Whether it went through a queue of one process.
    """

    begun_ns: int
    done_ns: int | None
    sent_ns: int | None
    ready_ns: int | None
    taken_ns: int | None
    taken_up_ns: int
    first_ns: int
    working_ns: int | None
    finished_ns: int | None
    heard_ns: int
    error_ns: int | None
    dedicated: bool
    answered: bool
    local: bool

    @property
    def since_ns(self) -> int:
        """When it was sent, or else the start of the sender's span, the earliest that it can have been."""
        return self.begun_ns if self.sent_ns is None else self.sent_ns

    @property
    def at_work_ns(self) -> int:
        """When the work began at the latest."""
        return self.taken_up_ns if self.working_ns is None else self.working_ns


class Clockwork:
    """Reads the moments of crossings off a trace."""

    def __init__(self, reading: Reading, hosts: Hosts) -> None:
        self._reading = reading
        self._hosts = hosts
        self._work = _first_work(reading)

    def moments(self, crossing: Crossing, receiver: int) -> Moments:
        """The moments of a crossing that has a receiver."""
        reading = self._reading
        one, other = reading.tree.spans[crossing.sender], reading.tree.spans[receiver]
        begun_ns, done_ns = reading.start_ns[crossing.sender], reading.end_ns[crossing.sender]
        taken_up_ns = reading.start_ns[receiver]
        dedicated = self._is_dedicated(crossing)
        error_ns = self._hosts.error_ns(crossing.sender, receiver, started=crossing.kind == "spawn")
        sent_ns = self._sent(crossing, one, other)
        if sent_ns is not None and not (
            begun_ns <= sent_ns
            and (crossing.kind != "call" or not dedicated or sent_ns <= done_ns)
            and (error_ns is None or sent_ns <= taken_up_ns + error_ns)
        ):
            sent_ns = None  # the context was kept from another time, or somebody made it up
        ready_ns, taken_ns = self._received(other, receiver)
        members = (receiver, *crossing.also)
        heard_ns = max(map(reading.end_ns.__getitem__, members))
        ended = all(reading.tree.spans[each].state == "ended" for each in members)
        working_ns = self._work[receiver]
        return Moments(
            begun_ns=begun_ns,
            done_ns=done_ns if one.state == "ended" else None,
            sent_ns=sent_ns,
            ready_ns=ready_ns,
            taken_ns=taken_ns,
            taken_up_ns=taken_up_ns,
            first_ns=self._first_sign(receiver, working_ns),
            working_ns=working_ns,
            finished_ns=heard_ns if ended else None,
            heard_ns=heard_ns,
            error_ns=error_ns,
            dedicated=dedicated,
            answered=_is_answered(one),
            local=other.attributes.get(keys.PROPAGATION_CARRIER) == keys.CARRIER_QUEUE
            and not self._reading.crosses(receiver),
        )

    def _is_dedicated(self, crossing: Crossing) -> bool:
        tree = self._reading.tree
        span = tree.spans[crossing.sender]
        if crossing.kind == "delegation":
            return span.work.operation == HANDING
        if span.kind == "unspecified":  # a stub's span, as far as one can tell
            return len(tree.children[crossing.sender]) == 1
        return span.kind in ("client", "producer")

    def _sent(self, crossing: Crossing, one: Span, other: Span) -> int | None:
        sent_ns = stamp(other, keys.PROPAGATION_SENT_NS)
        if sent_ns is None or not names_sender(other, one):
            return None
        return sent_ns + self._reading.shift_ns[crossing.sender]

    def _received(self, other: Span, receiver: int) -> tuple[int | None, int | None]:
        """When the receiver was ready and when it had it, where that can be: both lie before its span."""
        taken_ns = stamp(other, keys.PROPAGATION_TAKEN_NS)
        if taken_ns is None or taken_ns > other.start_ns:
            return None, None
        ready_ns = stamp(other, keys.PROPAGATION_READY_NS)
        if ready_ns is not None and ready_ns > taken_ns:
            ready_ns = None
        shift_ns = self._reading.shift_ns[receiver]
        return None if ready_ns is None else ready_ns + shift_ns, taken_ns + shift_ns

    def _first_sign(self, receiver: int, working_ns: int | None) -> int:
        reading = self._reading
        start_ns = reading.start_ns[receiver]
        if working_ns is None:
            return start_ns
        children = reading.tree.children[receiver]
        first_ns = reading.start_ns[children[0]] if children else working_ns
        return max(start_ns, min(first_ns, working_ns))


def _is_answered(span: Span) -> bool:
    if span.attributes.get(keys.WEFT_OUTCOME) in _LEFT:
        return False
    return not span.failed or any(key in span.attributes for key in _ANSWERED)


def _first_work(reading: Reading) -> Sequence[int | None]:
    """For each span the start of the first AI work in it or below it in the same process."""
    spans, parents = reading.tree.spans, reading.tree.parents
    found: list[int | None] = [None] * len(spans)
    for index in range(len(spans) - 1, -1, -1):
        start_ns = reading.start_ns[index]
        if spans[index].work.operation or spans[index].work.agent:
            found[index] = start_ns
        first_ns, parent = found[index], parents[index]
        if first_ns is not None and parent >= 0 and not reading.crosses(index):
            above_ns = found[parent]
            found[parent] = first_ns if above_ns is None else min(above_ns, first_ns)
    for index, first_ns in enumerate(found):
        if first_ns is not None:
            found[index] = max(first_ns, reading.start_ns[index])
    return found
