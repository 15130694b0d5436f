"""Slack: how much longer a span could have taken without the root ending later.

Source: the critical path method (J. E. Kelley and M. R. Walker, 1959): latest times, from the end backwards.
"""

from collections.abc import Sequence
from typing import Final

from weft.analyse.critical_path.moments import Moments
from weft.analyse.critical_path.waits import Waits
from weft.analyse.reading import Reading

_NEVER: Final = 1 << 100  # later than any time: nothing waits for it
_WAITED: Final = 1 << 99  # less than this, and something does


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
    inner = [_NEVER] * count  # of what a span began while it ran
    waiter, released_ns = waits.waiter, waits.released_ns
    start_from_ns, end_from_ns, receivers = moments.start_from_ns, moments.end_from_ns, waits.receivers
    for moment in reversed(moments.order):
        if moment < 0:
            index = ~moment
            left = room[index] if (above := waiter[index]) < 0 else latest[above] - released_ns[index]
            for receiver in receivers.get(index, ()):
                left = min(left, latest[receiver] - ends[index])
            room[index] = left = min(left, behind[index])
            latest[index] = min(latest[index], left + end_from_ns[index])
        elif moment > 0:
            parent, start_ns = parents[moment], starts[moment]
            begin = latest[moment] - start_ns
            if start_ns > ends[parent]:
                behind[parent] = min(behind[parent], begin)
            else:
                latest[parent] = min(latest[parent], begin + start_from_ns[moment])
                inner[parent] = min(inner[parent], begin)
    # Nobody waits for the end of a worker that has answered: its answer is what can be late.
    return _told(
        reading,
        [of_end if of_end < _WAITED else of_answer for of_end, of_answer in zip(room, inner, strict=True)],
    )


def _told(reading: Reading, room: Sequence[int]) -> tuple[int | None, ...]:
    """None where nothing waited; none where the path goes through."""
    critical = {segment.span_id for segment in reading.critical_path}
    return tuple(
        0 if span.span_id in critical else None if left >= _WAITED else max(0, left)
        for span, left in zip(reading.tree.spans, room, strict=True)
    )
