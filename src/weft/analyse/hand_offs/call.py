"""A call: the request's way, the callee's start and work, the answer's way.

The two ways together are the caller's duration less the callee's, whatever the clocks; each alone is between
nothing and that, as nothing arrives before it was sent (RFC 5905, section 8). Where the clocks are known to
an error, that bounds them too.
"""

from weft.analyse.hand_offs.moments import Moments
from weft.analyse.hand_offs.part import NO_CLOCKS, OPEN, PREPARED, exact, part, said, unknown
from weft.analyse.hand_offs.receiving import inner_start, work_part
from weft.model.hand_off import Part

Parts = tuple[Part, ...]


def split_call(moments: Moments) -> Parts:
    """Split a call into network, start, work and reply."""
    m = moments
    between = *inner_start(m), work_part(m)
    if m.done_ns is None or m.finished_ns is None:
        return _network(m, None), *between, unknown("reply", None, OPEN)
    both_ns = (m.done_ns - m.since_ns) - (m.finished_ns - m.taken_up_ns)
    if not _is_contained(m, both_ns):
        return _network(m, _until_answer(m)), *between, _no_reply(m)
    network = _network(m, both_ns)
    return network, *between, _reply(m, network, both_ns)


def _is_contained(m: Moments, both_ns: int) -> bool:
    """Whether the caller waited for the callee's end."""
    assert m.done_ns is not None
    assert m.finished_ns is not None
    if both_ns < 0:
        return False
    if m.error_ns is None:
        return m.answered
    return m.finished_ns - m.error_ns <= m.done_ns


def _until_answer(m: Moments) -> int | None:
    """What bounds a request's way where the callee went on after the caller's end: it was there by then."""
    return m.done_ns - m.since_ns if m.dedicated and m.answered and m.done_ns is not None else None


def _network(m: Moments, high_ns: int | None) -> Part:
    way_ns = m.taken_up_ns - m.since_ns
    if m.error_ns is None:
        together = "" if high_ns is None else f"; with the answer's way it is at most {said(high_ns)}"
        return unknown("network", high_ns, NO_CLOCKS + together)
    if high_ns is None or way_ns + m.error_ns < high_ns:
        high_ns = way_ns + m.error_ns
    if m.sent_ns is not None:
        return part("network", way_ns, way_ns - m.error_ns, high_ns, "sent_ns and the receiver's first span")
    if m.dedicated:
        return part("network", way_ns, 0, high_ns, PREPARED)
    return unknown("network", high_ns, "no time of sending: no `weft` member in tracestate, no client span")


def _reply(m: Moments, network: Part, both_ns: int) -> Part:
    assert m.done_ns is not None
    assert m.finished_ns is not None
    if not m.dedicated:
        return unknown("reply", both_ns, "the call has no span of its own: instrument the client")
    if m.error_ns is None or network.ns is None:
        return unknown("reply", both_ns, f"{NO_CLOCKS}; with the request's way it is {said(both_ns)}")
    back_ns = m.done_ns - m.finished_ns
    high_ns = min(both_ns, back_ns + m.error_ns)
    ns = back_ns if m.sent_ns is None else both_ns - network.ns
    return part("reply", ns, back_ns - m.error_ns, high_ns, "the ends of the two spans")


def _no_reply(m: Moments) -> Part:
    if not m.dedicated:
        return exact("reply", 0, "the sender did not wait for the end")
    if not m.answered:
        return exact("reply", 0, "the caller had gone before the end")
    return exact("reply", 0, "the callee went on after its answer: a stream, or work in the background")
