"""The pass that finds hand-offs: crossings, their tries, and where the time of the last try went."""

from collections.abc import Iterator
from dataclasses import replace

from weft.analyse.hand_offs.approvals import HUMAN
from weft.analyse.hand_offs.attempts import Tries, failed, group
from weft.analyse.hand_offs.crossing import Crossing
from weft.analyse.hand_offs.crossings import find_crossings
from weft.analyse.hand_offs.hosts import Hosts
from weft.analyse.hand_offs.moments import Clockwork
from weft.analyse.hand_offs.parts import approval_parts, parts, silent_parts
from weft.analyse.hand_offs.transport import transport
from weft.analyse.reading import Reading
from weft.model.hand_off import Attempt, HandOff, Part


def find_hand_offs(reading: Reading) -> Reading:
    """Fill in `hand_offs`. The clocks must have been looked at, and the agents named."""
    hosts = Hosts(reading)
    tries = group(reading, find_crossings(reading, hosts))
    telling = _Telling(reading, Clockwork(reading, hosts))
    hand_offs = [telling.hand_off(each) for each in tries]
    hand_offs.sort(key=lambda hand_off: (hand_off.start_ns, hand_off.to_span_id or ""))
    return replace(reading, hand_offs=tuple(hand_offs))


class _Telling:
    """Says what was found in ids and names."""

    def __init__(self, reading: Reading, clockwork: Clockwork) -> None:
        self._reading = reading
        self._clockwork = clockwork

    def hand_off(self, tries: Tries) -> HandOff:
        last = tries[-1]
        attempts = tuple(map(self._attempt, tries))
        spans, agents = self._reading.tree.spans, self._reading.agents
        sender = spans[last.sender]
        return HandOff(
            kind=last.kind,
            transport=transport(self._reading, last),
            relation=last.relation,
            from_span_id=sender.span_id,
            to_span_id=None if last.receiver is None else spans[last.receiver].span_id,
            from_agent=agents[last.sender],
            to_agent=self._to_agent(tries),
            from_service=sender.service,
            to_service=next((spans[each].service for each in _receivers(tries)), ""),
            start_ns=attempts[0].start_ns,
            end_ns=max([attempt.end_ns for attempt in attempts]),
            parts=self._parts(last),
            attempts=attempts,
            failed=attempts[-1].failed,
        )

    def _to_agent(self, tries: Tries) -> str:
        """Who takes over: who did at last, or else who was called."""
        if tries[-1].kind == "approval":
            return HUMAN
        for receiver in _receivers(tries):
            return self._reading.agents[receiver]
        callees = self._reading.callees
        return next((callees[each.lead] for each in reversed(tries) if callees and callees[each.lead]), "")

    def _attempt(self, crossing: Crossing) -> Attempt:
        reading = self._reading
        spans = reading.tree.spans
        sender, receiver = crossing.sender, crossing.receiver
        # Where no span stands for the handing over, the sender's is that of other work as well.
        ours = [sender] if receiver != crossing.lead else []
        members = [*ours, *([receiver] if receiver is not None else []), *crossing.also]
        return Attempt(
            from_span_id=spans[sender].span_id,
            to_span_id=None if receiver is None else spans[receiver].span_id,
            start_ns=reading.start_ns[members[0]],
            end_ns=max(map(reading.end_ns.__getitem__, members)),
            failed=failed(reading, crossing),
        )

    def _parts(self, crossing: Crossing) -> tuple[Part, ...]:
        reading = self._reading
        receiver = crossing.receiver
        if receiver is not None and crossing.kind != "approval":
            return parts(crossing.kind, self._clockwork.moments(crossing, receiver))
        asking = crossing.sender if receiver is None else receiver
        ended = reading.tree.spans[asking].state == "ended"
        duration_ns = reading.end_ns[asking] - reading.start_ns[asking] if ended else None
        if crossing.kind == "approval":
            return approval_parts(duration_ns)
        return silent_parts(crossing.kind, duration_ns)


def _receivers(tries: Tries) -> Iterator[int]:
    """Whoever took over, the last one first."""
    return (each.receiver for each in reversed(tries) if each.receiver is not None)
