"""The parts that the receiver's own spans show: from having it to the beginning of the work, and the work."""

from weft.analyse.hand_offs.moments import Moments
from weft.analyse.hand_offs.part import OPEN, part
from weft.model.hand_off import Part


def start_part(moments: Moments, since_ns: int, evidence: str, error_ns: int = 0) -> Part:
    """From a moment to the AI work, or to the receiver's first span where it has none.

    What lies between the first inner span and the AI work may be work already: it counts to the high bound.

    Args:
        moments: The receiver's.
        since_ns: When it began.
        evidence: What says so.
        error_ns: How far that moment may be off the receiver's clock.
    """
    low_ns, high_ns = moments.first_ns - since_ns, moments.at_work_ns - since_ns
    if low_ns < high_ns:
        evidence += "; other spans lie before the AI work"
    return part("start", low_ns, low_ns - error_ns, high_ns + error_ns, evidence)


def inner_start(moments: Moments) -> tuple[Part, ...]:
    """From the receiver's first span to its AI work, where there is any."""
    if moments.working_ns is None:
        return ()
    return (start_part(moments, moments.taken_up_ns, "the receiver's first span and its AI work"),)


def work_part(moments: Moments) -> Part:
    """The work, up to the end of the receiver's spans."""
    low_ns = moments.heard_ns - moments.at_work_ns
    if moments.finished_ns is None:
        return part("work", None, low_ns, None, OPEN)
    ns = moments.finished_ns - moments.first_ns
    return part("work", ns, low_ns, ns, "the receiver's spans")
