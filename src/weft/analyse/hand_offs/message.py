"""A message: waiting to be taken, the way through the broker, the consumer's start and work.

Let a message be sent at S, be with the broker at B, and be taken at T by a consumer that began to wait for it
at R. What it waited because nobody was ready is the queue, max(0, R - B); all the rest up to T is network. So
time on the way that passes while the consumer is busy is waiting: had the network been faster, T would be the
same. B lies between S and the end of the publication; S on the one hand and R and T on the other are by two
clocks that differ by the error at most. The bounds follow from this, whatever the delays are.
"""

from weft.analyse.hand_offs.moments import Moments
from weft.analyse.hand_offs.part import NO_CLOCKS, PREPARED, part, said, unknown
from weft.analyse.hand_offs.receiving import inner_start, start_part, work_part
from weft.analyse.hand_offs.started import split_queued
from weft.model.hand_off import Part

Parts = tuple[Part, ...]

_NO_READY = "the consumer's ready time is missing: weft.redis.listen and weft.redis.receive write it"


def split_message(moments: Moments) -> Parts:
    """Split a message into queue, network (none through a queue of one process), start and work."""
    m = moments
    if m.local and m.sent_ns is not None and m.taken_ns is not None:
        return split_queued(m, m.sent_ns, m.taken_ns)
    if m.ready_ns is None or m.taken_ns is None:
        return *_undivided(m), work_part(m)
    start = start_part(m, m.taken_ns, "taken_ns and the receiver's spans")
    return *_waits(m, m.ready_ns, m.taken_ns), start, work_part(m)


def _waits(m: Moments, ready_ns: int, taken_ns: int) -> Parts:
    # Where the publication's end is not known, the message was with the broker when it was taken.
    held_ns = max(m.done_ns, m.since_ns) if m.dedicated and m.done_ns is not None else None
    waited_ns = taken_ns - ready_ns  # by a consumer that was ready
    most_ns = None if held_ns is None else waited_ns + held_ns - m.since_ns
    if m.error_ns is None:
        return unknown("queue", None, NO_CLOCKS), unknown("network", most_ns, NO_CLOCKS)
    way_ns = taken_ns - m.since_ns
    latest_ns = min(taken_ns, taken_ns if held_ns is None else held_ns)
    queue = part(
        "queue",
        ready_ns - (m.since_ns + latest_ns) // 2,
        0 if held_ns is None else ready_ns - m.error_ns - held_ns,
        ready_ns + m.error_ns - m.since_ns,
        "ready_ns, and when the broker had it",
    )
    sent_by_ns = m.sent_ns if m.sent_ns is not None else (taken_ns if held_ns is None else held_ns)
    high_ns = way_ns + m.error_ns
    network = part(
        "network",
        way_ns - (queue.ns or 0),
        min(taken_ns - m.error_ns - sent_by_ns, waited_ns),
        high_ns if most_ns is None else min(high_ns, most_ns),
        "sent_ns, ready_ns and taken_ns" if m.sent_ns is not None else f"ready_ns and taken_ns; {PREPARED}",
    )
    return queue, network


def _undivided(m: Moments) -> Parts:
    """Queue, network and start, of which the sum is known at best."""
    until_ns = m.taken_up_ns if m.taken_ns is None else m.taken_ns
    high_ns = None if m.error_ns is None else max(0, until_ns + m.error_ns - m.since_ns)
    evidence = _NO_READY
    if high_ns is None:
        evidence += f"; {NO_CLOCKS}"
    else:
        evidence += f"; queue and network together are at most {said(high_ns)}"
    if m.taken_ns is not None:
        start = start_part(m, m.taken_ns, "taken_ns and the receiver's spans")
    else:
        low_ns = sum(inner.low_ns for inner in inner_start(m))
        most_ns = None if high_ns is None else high_ns + m.at_work_ns - m.taken_up_ns
        start = part("start", None, low_ns, most_ns, "nothing says when it was taken")
    return unknown("queue", high_ns, evidence), unknown("network", high_ns, evidence), start
