"""What stays on the machine: processes, tasks of a pool, items of a queue, agents that another one runs."""

from weft.analyse.hand_offs.moments import Moments
from weft.analyse.hand_offs.part import NO_CLOCKS, OPEN, exact, part, unknown
from weft.analyse.hand_offs.receiving import start_part, work_part
from weft.model.hand_off import Part

Parts = tuple[Part, ...]


def split_spawn(moments: Moments) -> Parts:
    """Split a started process into start and work, a task of a pool into queue, start and work."""
    m = moments
    if m.error_ns is None:  # its environment came from another machine
        return unknown("start", None, NO_CLOCKS), work_part(m)
    if m.sent_ns is None:
        missing = "no time of sending: the process was started without Weft"
        return unknown("start", m.at_work_ns - m.begun_ns + m.error_ns, missing), work_part(m)
    if m.taken_ns is None:
        evidence = "sent_ns and the spans of the process"
        return start_part(m, m.sent_ns, evidence, m.error_ns), work_part(m)
    return split_queued(m, m.sent_ns, m.taken_ns)


def split_queued(m: Moments, sent_ns: int, taken_ns: int) -> Parts:
    """Split what waited in a queue of this machine, where there is no network, into queue, start and work."""
    queue = exact("queue", taken_ns - sent_ns, "sent_ns and taken_ns, by one clock")
    return queue, start_part(m, taken_ns, "taken_ns and the receiver's spans"), work_part(m)


def split_delegation(moments: Moments) -> Parts:
    """Split the run of an agent by another one in its process into start and work."""
    m = moments
    if m.dedicated and m.done_ns is not None:
        ns = m.taken_up_ns - m.done_ns
        start = part("start", ns, ns, m.taken_up_ns - m.begun_ns, "the span of handing over")
    else:
        start = unknown("start", m.taken_up_ns - m.begun_ns, "nothing says when it was handed over")
    if m.finished_ns is None:
        return start, part("work", None, m.heard_ns - m.taken_up_ns, None, OPEN)
    return start, exact("work", m.finished_ns - m.taken_up_ns, "the agent's span")
