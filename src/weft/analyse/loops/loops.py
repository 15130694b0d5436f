"""The pass that finds loops."""

from dataclasses import replace

from weft.analyse.loops.ping_pong import find_ping_pong
from weft.analyse.loops.retries import find_retries
from weft.analyse.loops.same_call import find_same_calls
from weft.analyse.reading import Reading


def find_loops(reading: Reading) -> Reading:
    """Fill in `loops`, by the start of their first span."""
    retries = find_retries(reading)
    tried_again: dict[str, set[str]] = {}
    for loop in retries:
        ids = set(loop.span_ids)
        tried_again |= dict.fromkeys(loop.span_ids, ids)
    again = [
        loop
        for loop in find_same_calls(reading)
        if not tried_again.get(loop.span_ids[0], set()).issuperset(loop.span_ids)
    ]
    found = [*retries, *again, *find_ping_pong(reading)]
    if not found:
        return reading
    begin = {span.span_id: reading.start_ns[index] for index, span in enumerate(reading.tree.spans)}
    return replace(reading, loops=tuple(sorted(found, key=lambda loop: begin[loop.span_ids[0]])))
