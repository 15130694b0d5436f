"""From limits to lines: how the difference of two clocks moved, cut where one was set or changed its pace.

A call's best guess is the middle of its limits, right when request and answer were on the way equally long.
What a call waited longer than the fastest one it may have waited on one side only, so it counts the less.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import log
from statistics import median
from typing import Final, NamedTuple

from weft.analyse.clocks.line import SECOND, Corner, Line, corners_of, violation
from weft.analyse.clocks.record import Limits

#: Of the fastest round trip: what a middle is off even without any waiting. Hotel traces: 45 µs of 1.0 ms.
_FLOOR: Final = 0.04
#: Of the time waited beyond that: all of it on one side would be half. Hotel traces: 80 µs for 500.
_WAIT: Final = 0.2
#: Rates that are likely without evidence, in ns a second: crystals are within 50 ppm.
_PACE: Final = 5e4
#: A cut has to explain this much of the squared error, and more among many samples.
_CUT: Final = 20.0
_FEWEST: Final = 3
_TRIES: Final = 48
#: A stretch whose limits contradict each other in more than this share is not one.
_CONTRADICTED: Final = 0.05


class Sample(NamedTuple):
    """A call as a guess of the difference of two clocks: where it is, and how far off that may be, in ns."""

    limits: Limits
    guess_ns: int
    error_ns: float

    def turned(self) -> "Sample":
        """The same, of the first clock minus the second."""
        return Sample(self.limits.turned(), -self.guess_ns, self.error_ns)


def sample(limits: Limits, fastest_ns: int, lean_ns: int = 0) -> Sample:
    """Make a guess of the limits of a call.

    Args:
        limits: Both sides.
        fastest_ns: The fastest round trip between the two hosts.
        lean_ns: By how much the middle of a call is known to be too high.
    """
    assert limits.low_ns is not None
    assert limits.high_ns is not None
    guess_ns = (limits.low_ns + limits.high_ns) // 2 - lean_ns
    waited_ns = max(0, limits.slack_ns - fastest_ns)
    error_ns = max(1_000.0, _FLOOR * fastest_ns) + _WAIT * waited_ns
    return Sample(limits, min(max(guess_ns, limits.low_ns), limits.high_ns), error_ns)


def trend(samples: Sequence[Sample], alone: Sequence[Limits]) -> tuple[Line, ...]:
    """Find the lines along which the difference of two clocks moved.

    Args:
        samples: Guesses with both limits, in any order.
        alone: Limits that stand for themselves, most of them on one side only.

    Returns:
        Lines one after the other; none where nothing limits the difference on one of its sides.
    """
    alone = sorted(alone, key=lambda limit: limit.at_ns)
    if not samples:
        line = _line((), alone)
        return (line[0],) if line else ()
    samples = sorted(samples, key=lambda each: (each.limits.at_ns, each.error_ns, each.guess_ns))
    series = _Series(samples)
    times = [limit.at_ns for limit in alone]
    lines: list[Line] = []
    waiting = [(0, len(samples))]
    while waiting:
        start, stop = waiting.pop()
        cut = series.cut(start, stop)
        if cut is None or cut[1] < series.worth:
            # A limit from beyond the outermost samples belongs to the nearest stretch.
            first = 0 if start == 0 else bisect_left(times, samples[start].limits.at_ns)
            last = len(alone) if stop == len(samples) else bisect_right(times, samples[stop - 1].limits.at_ns)
            found = _line(samples[start:stop], alone[first:last])
            assert found is not None
            broken = found[1] > _CONTRADICTED * (stop - start + last - first)
            # Cause and effect need no majority: a single call that contradicts the others stands alone.
            cut = series.cut(start, stop, fewest=1) if broken else None
            if cut is None:
                lines.append(found[0])
                continue
        waiting += [(cut[0], stop), (start, cut[0])]
    return tuple(lines)


class _Series:
    """Sums over samples in order of time, from which the best line through any stretch follows at once."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        start_ns, base_ns = samples[0].limits.at_ns, samples[0].guess_ns
        at = [(each.limits.at_ns - start_ns) / SECOND for each in samples]
        by = [float(each.guess_ns - base_ns) for each in samples]
        weight = [each.error_ns**-2 for each in samples]
        rows = [
            (w, w * t, w * t * t, w * y, w * t * y, w * y * y) for t, y, w in zip(at, by, weight, strict=True)
        ]
        self._sums: list[list[float]] = [[0.0, *accumulate(column)] for column in zip(*rows, strict=True)]
        steps = [
            abs(a.guess_ns - b.guess_ns) / (a.error_ns**2 + b.error_ns**2) ** 0.5
            for a, b in pairwise(samples)
        ]
        noise = max(0.25, 1.48 * median(steps)) if steps else 1.0
        #: What a cut has to explain to be believed.
        self.worth = (_CUT + 4 * log(len(samples))) * noise**2

    def _error(self, start: int, stop: int) -> float:
        """The squared error that the best line through a stretch leaves, in units of the samples' own."""
        w, t, tt, y, ty, yy = (column[stop] - column[start] for column in self._sums)
        pace = tt - t * t / w + _PACE**-2
        slope = ty - t * y / w
        return max(0.0, yy - y * y / w - slope * slope / pace)

    def cut(self, start: int, stop: int, fewest: int = _FEWEST) -> tuple[int, float] | None:
        """Where a stretch is best cut in two, and what that explains; None where it is too short.

        Args:
            start: The first sample.
            stop: The sample behind the last.
            fewest: How many samples there have to be on either side.
        """
        first, last = start + fewest, stop - fewest
        if first > last:
            return None
        step = max(1, (last - first) // _TRIES)
        halves = {at: self._error(start, at) + self._error(at, stop) for at in range(first, last + 1, step)}
        near = min(halves, key=halves.__getitem__)
        for at in range(max(first, near - step), min(last, near + step) + 1):
            halves[at] = self._error(start, at) + self._error(at, stop)
        best = min(halves, key=halves.__getitem__)
        return best, self._error(start, stop) - halves[best]


def _line(samples: Sequence[Sample], alone: Sequence[Limits]) -> tuple[Line, int] | None:
    """Lay a line through one stretch; returned with it is how many limits contradict the others."""
    limits = [*(each.limits for each in samples), *alone]
    lows = [limit.low_ns for limit in limits if limit.low_ns is not None]
    highs = [limit.high_ns for limit in limits if limit.high_ns is not None]
    if not lows or not highs:
        return None
    from_ns = min(limit.at_ns for limit in limits)
    until_ns = max(limit.at_ns for limit in limits)
    base_ns = samples[0].guess_ns if samples else (max(lows) + min(highs)) // 2
    level, rate = _fit(samples, from_ns, base_ns) if samples else (0.0, 0.0)
    corners, dropped = corners_of(limits, from_ns, base_ns)
    if dropped:
        # Some are wrong: those that are furthest from where the best calls lie come last.
        limits.sort(
            key=lambda each: violation(each, base_ns + level + rate * ((each.at_ns - from_ns) / SECOND))
        )
        corners, dropped = corners_of(limits, from_ns, base_ns)
    if not samples:
        level, rate = _middle(corners, (until_ns - from_ns) / SECOND)
    pause_ns = (until_ns - from_ns) // max(1, len(samples or alone) - 1)
    return Line(from_ns, until_ns, base_ns, level, rate, tuple(corners), pause_ns), dropped


def _fit(samples: Sequence[Sample], from_ns: int, base_ns: int) -> Corner:
    """The level and the rate that are nearest to the guesses, each counted by its error."""
    weights = [each.error_ns**-2 for each in samples]
    times = [(each.limits.at_ns - from_ns) / SECOND for each in samples]
    values = [float(each.guess_ns - base_ns) for each in samples]
    total = sum(weights)
    time = sum(w * t for w, t in zip(weights, times, strict=True)) / total
    value = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    spread = sum(w * (t - time) ** 2 for w, t in zip(weights, times, strict=True))
    joint = sum(w * (t - time) * (y - value) for w, t, y in zip(weights, times, values, strict=True))
    rate = joint / (spread + _PACE**-2)
    return value - rate * time, rate


def _middle(corners: Sequence[Corner], seconds: float) -> Corner:
    """The line half way between the limits at the start and at the end."""
    start = [level for level, _ in corners]
    end = [level + rate * seconds for level, rate in corners]
    level = (min(start) + max(start)) / 2
    return level, ((min(end) + max(end)) / 2 - level) / seconds if seconds else 0.0
