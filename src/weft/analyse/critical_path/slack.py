"""Slack: how much longer a span could have taken without the root ending later.

Source: the critical path method (J. E. Kelley and M. R. Walker, 1959): latest times, from the end backwards.
"""

from collections.abc import Sequence
from typing import Final

from weft.analyse.critical_path.moments import Moments
from weft.analyse.critical_path.waits import Waits
from weft.analyse.reading import Reading

_NEVER: Final = 1 << 100  # later than any time: nothing waits for it


def slack(reading: Reading, waits: Waits, moments: Moments) -> tuple[int | None, ...]:
    """Find the slack of every span.

    Returns:
        n times; None where nothing waited for the span, however long it took.
    """
    starts, ends, parents = reading.start_ns, reading.end_ns, reading.tree.parents
    count = len(starts)
    # The latest at which a span may go on from its last wait; it falls from each moment to the one before.
    latest = [_NEVER] * count
    room = [_NEVER] * count  # of the end of a span
    room[0] = 0
    behind = [_NEVER] * count  # of what began after a span had ended
    for moment in reversed(moments.order):
        if moment < 0:
            index = ~moment
            above = waits.waiter[index]
            if above >= 0:
                room[index] = latest[above] - waits.released_ns[index]
            room[index] = min(room[index], behind[index])
            latest[index] = min(latest[index], room[index] + moments.end_from_ns[index])
        elif moment > 0:
            parent = parents[moment]
            begin = latest[moment] - starts[moment]
            if starts[moment] > ends[parent]:
                behind[parent] = min(behind[parent], begin)
            else:
                latest[parent] = min(latest[parent], begin + moments.start_from_ns[moment])
    return _told(reading, room)


def _told(reading: Reading, room: Sequence[int]) -> tuple[int | None, ...]:
    """None where nothing waited; none where the path goes through."""
    critical = {segment.span_id for segment in reading.critical_path}
    return tuple(
        0 if span.span_id in critical else None if left >= _NEVER >> 1 else max(0, left)
        for span, left in zip(reading.tree.spans, room, strict=True)
    )
