"""The moments of a trace in the order in which one follows from the other: starts and ends of spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from weft.analyse.critical_path.waits import Waits
from weft.analyse.reading import Reading

_LAST: Final = 1 << 100  # later than any time
_NESTED: Final = 8  # callers one above the other that gave up, as far as they are told apart


@dataclass(frozen=True, slots=True)
class Moments:
    """When everything happened, and what each moment followed from.

    Attributes:
        order: Index i for the start of span i, ~i for its end, in the order of time.
        start_from_ns: For each of n spans when its parent had last gone on, or had ended, before it began.
        end_from_ns: For each span when it had itself last gone on before it ended.
    """

    order: Sequence[int]
    start_from_ns: Sequence[int]
    end_from_ns: Sequence[int]


def moments(reading: Reading, waits: Waits) -> Moments:
    """Put the moments of a trace in order."""
    starts, ends, parents = reading.start_ns, reading.end_ns, reading.tree.parents
    count = len(starts)
    limits = _limits(reading, waits)
    keyed: list[tuple[int, ...]] = []
    for index in range(count):
        start_ns, end_ns, limit = starts[index], ends[index], limits[index]
        keyed.append((*_key(start_ns, limit), 1, index, index))
        # What ends and begins at one moment: first the ends, the inner one first. A span without a duration
        # has to begin before it can end.
        keyed.append((*_key(end_ns, limit), 2 if start_ns == end_ns else 0, -index, ~index))
    keyed.sort()
    start_from = [0] * count
    for index in range(1, count):
        parent = parents[index]
        if starts[index] > ends[parent]:
            start_from[index] = ends[parent]
        else:
            start_from[index] = waits.before(parent, starts[index], min(starts[parent], starts[index]))
    end_from = [waits.before(index, ends[index], starts[index]) for index in range(count)]
    return Moments([key[-1] for key in keyed], start_from, end_from)


def _key(at_ns: int, limits: tuple[int, ...]) -> tuple[int, ...]:
    """Where a moment stands: before the moments that it has to be looked at by, else by its time."""
    return (*(limit for limit in limits if limit < at_ns), at_ns, _LAST) if limits else (at_ns, _LAST)


def _limits(reading: Reading, waits: Waits) -> list[tuple[int, ...]]:
    """For each span the times by which its moments have to be looked at, in order.

    A caller that gave up went on before its server ended; whether it would still have given up depends on
    when the server ends, so all that happens there is looked at before the caller goes on.
    """
    tree = reading.tree
    inside = [0] * len(tree.spans)  # the innermost server below a caller that gave up, or 0
    limits: list[tuple[int, ...]] = [()] * len(tree.spans)
    for index in range(1, len(tree.spans)):
        server = inside[tree.parents[index]]
        if server and server <= waits.waiter[index] < tree.stops[server]:
            inside[index], limits[index] = server, limits[server]
        if waits.released_ns[index] < reading.end_ns[index]:
            inside[index] = index
            limits[index] = tuple(sorted((*limits[index][-_NESTED:], waits.released_ns[index])))
    return limits
