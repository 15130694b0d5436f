"""The moments of a trace in the order in which one follows from the other: starts and ends of spans."""

from collections.abc import Sequence
from dataclasses import dataclass

from weft.analyse.critical_path.waits import Waits
from weft.analyse.reading import Reading


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
    keyed = []
    for index in range(count):
        keyed.append((starts[index], 1, index, index))
        # What ends and begins at one moment: first the ends, the inner one first. A span without a duration
        # has to begin before it can end.
        instant = starts[index] == ends[index]
        keyed.append((ends[index], 2 if instant else 0, -index, ~index))
    keyed.sort()
    start_from = [0] * count
    for index in range(1, count):
        parent = parents[index]
        if starts[index] > ends[parent]:
            start_from[index] = ends[parent]
        else:
            start_from[index] = waits.before(parent, starts[index], min(starts[parent], starts[index]))
    end_from = [waits.before(index, ends[index], starts[index]) for index in range(count)]
    return Moments([moment for *_, moment in keyed], start_from, end_from)
