"""The moments of a trace in the order in which one follows from the other: starts and ends of spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from weft.analyse.critical_path.handed import handed_ns
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
        handed_ns: How long before its start a span was handed over, by index, where that is known.
        end_from_ns: For each span when it had itself last gone on before it ended.
    """

    order: Sequence[int]
    start_from_ns: Sequence[int]
    handed_ns: Mapping[int, int]
    end_from_ns: Sequence[int]


def moments(reading: Reading, waits: Waits) -> Moments:
    """Put the moments of a trace in order."""
    starts, ends, parents = reading.start_ns, reading.end_ns, reading.tree.parents
    count = len(starts)
    handed = handed_ns(reading)
    # What ends and begins at one moment: first the ends, the inner one first. A span without a duration has
    # to begin before it can end.
    ended = range(count - 1, -1, -1)
    order = [~index for index in ended if ends[index] != starts[index]]
    order += range(count)
    order += [~index for index in ended if ends[index] == starts[index]]
    order.sort(key=_keys(reading, waits, handed).__getitem__)
    start_from = [0] * count
    for index in range(1, count):
        parent = parents[index]
        if starts[index] > ends[parent]:
            start_from[index] = ends[parent]
        else:
            begun_ns = starts[index] - handed.get(index, 0)
            start_from[index] = waits.before(parent, begun_ns, starts[parent])
    end_from = [waits.before(index, ends[index], starts[index]) for index in range(count)]
    return Moments(order, start_from, handed, end_from)


def _keys(
    reading: Reading, waits: Waits, handed: Mapping[int, int]
) -> Sequence[int] | Sequence[tuple[int, ...]]:
    """What the moments are put in order by: of starts at i, of ends at ~i."""
    starts = _in_turn(reading, handed)
    ends = [max(end_ns, start_ns) for end_ns, start_ns in zip(reading.end_ns, starts, strict=True)]
    at_ns = (*starts, *reversed(ends))
    limits = _limits(reading, waits)
    if not any(limits):
        return at_ns
    return [_key(at, limit) for at, limit in zip(at_ns, (*limits, *reversed(limits)), strict=True)]


def _in_turn(reading: Reading, handed: Mapping[int, int]) -> Sequence[int]:
    """When each span was begun, none before its parent: clocks may say so, and yet it began first."""
    starts = list(reading.start_ns)
    for index, before_ns in handed.items():
        starts[index] -= before_ns
    parents = reading.tree.parents
    for index in range(1, len(starts)):
        starts[index] = max(starts[index], starts[parents[index]])
    return starts


def _key(at_ns: int, limits: tuple[int, ...]) -> tuple[int, ...]:
    """Where a moment stands: before the moments that it has to be looked at by, else by its time."""
    return (*(limit for limit in limits if limit < at_ns), at_ns, _LAST) if limits else (at_ns, _LAST)


def _limits(reading: Reading, waits: Waits) -> list[tuple[int, ...]]:
    """For each span the times by which its moments have to be looked at, in order.

    A caller that gave up went on before its server ended; whether it would still have given up depends on
    when the server ends, so all that happens there is looked at before the caller goes on.
    """
    parents, stops, ends = reading.tree.parents, reading.tree.stops, reading.end_ns
    waiter, released = waits.waiter, waits.released_ns
    inside = [0] * len(parents)  # the innermost server below a caller that gave up, or 0
    limits: list[tuple[int, ...]] = [()] * len(parents)
    for index in range(1, len(parents)):
        server = inside[parents[index]]
        if server and server <= waiter[index] < stops[server]:
            inside[index], limits[index] = server, limits[server]
        if released[index] < ends[index]:
            inside[index] = index
            limits[index] = tuple(sorted((*limits[index][-_NESTED:], released[index])))
    return limits
