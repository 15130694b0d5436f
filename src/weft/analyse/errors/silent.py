"""Calls that nobody answered, and what is left in the trace of whoever was called.

An agent whose spans were lost is known by two ends: the call that it took, and the spans of those that it
called in turn, whose parent is missing.
"""

from bisect import bisect_right

from weft.analyse.errors.branch import slack_ns
from weft.analyse.reading import Reading


def find_continuations(reading: Reading) -> dict[int, list[int]]:
    """Find, for unanswered calls by index, the spans that their callee seems to have caused.

    A span without its parent is taken for the work of the last call of another process that began before it
    and that nobody answered: a message, or a request that was still open.
    """
    tree, starts, ends = reading.tree, reading.start_ns, reading.end_ns
    lost = {repair.span_id for repair in tree.repairs if repair.kind == "missing_parent"}
    if not lost:
        return {}
    calls = sorted(
        (starts[index], index)
        for index, span in enumerate(tree.spans)
        if (span.kind in ("client", "producer") or reading.callees[index]) and not tree.children[index]
    )
    found: dict[int, list[int]] = {}
    for index, span in enumerate(tree.spans):
        if span.span_id not in lost or reading.agents[index] == reading.agents[0]:
            continue
        place = bisect_right(calls, (starts[index], index))
        # Of many calls at once there is no telling which one it was: a few are looked at.
        for _, call in reversed(calls[max(0, place - _LOOKED_AT) : place]):
            elsewhere = reading.processes[call] != reading.processes[index]
            is_open = ends[call] >= starts[index] - slack_ns(reading, call, index)
            if elsewhere and (tree.spans[call].kind == "producer" or is_open):
                found.setdefault(call, []).append(index)
                break
    return found


_LOOKED_AT = 16
