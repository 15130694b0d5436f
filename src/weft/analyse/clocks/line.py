"""A time in which the difference of two clocks grew evenly, and all the lines that it may have grown along.

Each pair of limits leaves a half-plane of (level, rate). What all of them leave is a convex polygon, and the
bound at a time is what its corners reach there: Paxson's lines under the delays ("On calibrating measurements
of packet transit times", 1998), from both directions at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Self

from weft.analyse.clocks.record import Limits
from weft.model.shape import ShapeError, member

SECOND: Final = 1_000_000_000
#: No two clocks drift apart faster than this, in ns a second: each is slewed by up to 500 ppm (adjtime, NTP).
FASTEST: Final = 1e6
#: Away from the evidence the rate may change; disciplined clocks do by a few ppm.
_WANDER: Final = 5e3
#: No crystal is this fast; a clock that is was slewed, or set between two calls that are far apart.
_HASTE: Final = 1e5

_LARGEST: Final = 2.0**80  # times are 64-bit numbers

Corner = tuple[float, float]


class Reach(NamedTuple):
    """Where a difference is at a time, in nanoseconds: likely, at the least, at the most."""

    likely_ns: int
    low_ns: int
    high_ns: int

    def plus(self, other: "Reach", *, turned: bool) -> "Reach":
        """The sum with the difference of a further clock, or with that of one from whom it was measured."""
        if turned:
            other = Reach(-other.likely_ns, -other.high_ns, -other.low_ns)
        return Reach(
            self.likely_ns + other.likely_ns, self.low_ns + other.low_ns, self.high_ns + other.high_ns
        )

    @property
    def apart(self) -> bool:
        """Whether there is a difference at all."""
        return abs(self.likely_ns) > self.bound_ns

    @property
    def bound_ns(self) -> int:
        """How far it can be from where it likely is."""
        return max(self.high_ns - self.likely_ns, self.likely_ns - self.low_ns)


@dataclass(frozen=True, slots=True)
class Line:
    """The difference of two clocks over a stretch of time.

    Attributes:
        from_ns: The first evidence.
        until_ns: The last evidence.
        base_ns: What the levels below are added to: floats are exact enough for small numbers only.
        level: Likely difference at `from_ns`, above `base_ns`.
        rate: Likely drift, in nanoseconds a second.
        corners: The outermost (level, rate) that the limits leave.
        pause_ns: How long there is no evidence, on the average.
    """

    from_ns: int
    until_ns: int
    base_ns: int
    level: float
    rate: float
    corners: tuple[Corner, ...]
    pause_ns: int = 0

    def at(self, at_ns: int) -> Reach:
        """Where the difference is at a time; beyond the evidence the limits move apart."""
        seconds = (at_ns - self.from_ns) / SECOND
        reached = [level + rate * seconds for level, rate in self.corners]
        low, high = min(reached), max(reached)
        likely = min(max(self.level + self.rate * seconds, low), high)
        beyond_ns = max(self.from_ns - at_ns, at_ns - self.until_ns, 0)
        beyond = (beyond_ns + self.pause_ns / 2) / SECOND * _WANDER
        beyond += max(0.0, abs(self.rate) - _HASTE) * self.pause_ns / SECOND
        return Reach(
            self.base_ns + round(likely),
            self.base_ns + round(low - beyond),
            self.base_ns + round(high + beyond),
        )

    def turned(self) -> "Line":
        """The same, of the first clock minus the second."""
        corners = tuple((-level, -rate) for level, rate in self.corners)
        return replace(self, base_ns=-self.base_ns, level=-self.level, rate=-self.rate, corners=corners)

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "from_ns": self.from_ns,
            "until_ns": self.until_ns,
            "base_ns": self.base_ns,
            "level": self.level,
            "rate": self.rate,
            "pause_ns": self.pause_ns,
            "corners": [{"level": level, "rate": rate} for level, rate in self.corners],
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> Self:
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        corners = [
            (number(corner, "level", where), number(corner, "rate", where))
            for corner in member(value, "corners", list, where)
        ]
        if not corners:
            raise ShapeError(f"{where}.corners is empty")
        return cls(
            integer(value, "from_ns", where),
            integer(value, "until_ns", where),
            integer(value, "base_ns", where),
            number(value, "level", where),
            number(value, "rate", where),
            tuple(corners),
            integer(value, "pause_ns", where),
        )


def integer(value: object, key: str, where: str) -> int:
    """Take a member that is a whole number, of either sign.

    Raises:
        ShapeError: It is not.
    """
    found = value.get(key) if isinstance(value, dict) else None
    if type(found) is not int:
        raise ShapeError(f"{where}.{key} should be a whole number")
    return found


def number(value: object, key: str, where: str) -> float:
    """Take a member that is a number and finite.

    Raises:
        ShapeError: It is not.
    """
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, (int, float)) or not abs(found) < _LARGEST:
        raise ShapeError(f"{where}.{key} should be a number")
    return float(found)


def corners_of(limits: Sequence[Limits], from_ns: int, base_ns: int) -> tuple[list[Corner], int]:
    """Find the lines that respect limits, the first of them being kept where they contradict each other.

    Args:
        limits: With at least one lower and one upper limit among them.
        from_ns: Where the level is taken.
        base_ns: What it is taken above.

    Returns:
        The corners, and how many limits were not kept.
    """
    seconds = [(limit.at_ns - from_ns) / SECOND for limit in limits]
    lows = [limit.low_ns - base_ns for limit in limits if limit.low_ns is not None]
    highs = [limit.high_ns - base_ns for limit in limits if limit.high_ns is not None]
    reach = FASTEST * max(1.0, *map(abs, seconds))
    bottom, top = float(min(lows)) - reach, float(max(highs)) + reach
    corners = [(bottom, -FASTEST), (top, -FASTEST), (top, FASTEST), (bottom, FASTEST)]
    dropped = 0
    for at, limit in zip(seconds, limits, strict=True):
        left = corners
        if limit.high_ns is not None:
            left = _clip(left, at, limit.high_ns - base_ns, 1)
        if left and limit.low_ns is not None:
            left = _clip(left, at, limit.low_ns - base_ns, -1)
        if left:
            corners = left
        else:
            dropped += 1
    return corners, dropped


def _clip(corners: list[Corner], seconds: float, limit: float, side: int) -> list[Corner]:
    """Cut off the lines that pass above a limit at a time (side 1), or below it (side -1)."""
    over = [side * (level + rate * seconds - limit) for level, rate in corners]
    if max(over) <= 0:
        return corners
    left: list[Corner] = []
    for index, corner in enumerate(corners):
        last, now = over[index - 1], over[index]
        if (last > 0) != (now > 0):
            before, share = corners[index - 1], last / (last - now)
            left.append(
                (before[0] + share * (corner[0] - before[0]), before[1] + share * (corner[1] - before[1]))
            )
        if now <= 0:
            left.append(corner)
    return left


def violation(limit: Limits, likely_ns: float) -> float:
    """By how much a likely difference breaks limits; 0 where it is within them."""
    over = 0.0 if limit.high_ns is None else likely_ns - limit.high_ns
    under = 0.0 if limit.low_ns is None else limit.low_ns - likely_ns
    return max(over, under, 0.0)


def envelope(lines: Sequence[Line], at_ns: int) -> Reach:
    """Where the difference is at a time, by the stretches in order; between two, what both allow.

    Args:
        lines: At least one, earliest first.
        at_ns: The time.
    """
    near = nearest(lines, at_ns)
    reach = near.at(at_ns)
    if near.from_ns <= at_ns <= near.until_ns:
        return reach
    # Where between two the clock was set is not known.
    at = lines.index(near) + (1 if at_ns > near.until_ns else -1)
    if not 0 <= at < len(lines):
        return reach
    other = lines[at].at(at_ns)
    return Reach(reach.likely_ns, min(reach.low_ns, other.low_ns), max(reach.high_ns, other.high_ns))


def nearest(lines: Sequence[Line], at_ns: int) -> Line:
    """The stretch that a time is in, or else the one that it is nearest to."""
    if len(lines) == 1:
        return lines[0]
    return min(lines, key=lambda line: max(line.from_ns - at_ns, at_ns - line.until_ns, 0))
