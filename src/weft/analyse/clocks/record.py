"""What is kept of the exchanges of a pair of hosts: the lowest round trips of each window of time.

NTP's clock filter (RFC 5905, section 10) keeps the sample of the lowest delay of the last eight: what waited
least was delayed least on one side only. Here the same is done for windows of time, as many as fit.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

_WINDOWS: Final = 256
_BEST: Final = 4
_FIRST_BITS: Final = 30  # windows of 2^30 ns, about a second


class Limits(NamedTuple):
    """The difference of two clocks at a time is between these, in nanoseconds; None: no limit."""

    at_ns: int
    low_ns: int | None
    high_ns: int | None

    @property
    def slack_ns(self) -> int:
        """How far apart the limits are: of a call the round trip without the server's own time."""
        assert self.low_ns is not None
        assert self.high_ns is not None
        return self.high_ns - self.low_ns

    def turned(self) -> "Limits":
        """The same, of the first clock minus the second."""
        return Limits(
            self.at_ns,
            None if self.high_ns is None else -self.high_ns,
            None if self.low_ns is None else -self.low_ns,
        )


class _Window:
    """The best of a window of time.

    Attributes:
        best: The narrowest, as (width, time, lower limit, upper limit), in order.
        floor: The lowest upper limit, as (limit, time).
        top: The highest lower limit, as (minus limit, time).
    """

    __slots__ = ("best", "floor", "top")

    def __init__(self) -> None:
        self.best: list[tuple[int, int, int, int]] = []
        self.floor: tuple[int, int] | None = None
        self.top: tuple[int, int] | None = None

    def join(self, other: "_Window") -> None:
        """Take in what another window kept."""
        self.best = sorted({*self.best, *other.best})[:_BEST]
        self.floor = min((at for at in (self.floor, other.floor) if at), default=None)
        self.top = min((at for at in (self.top, other.top) if at), default=None)


class Record:
    """The limits of one pair of hosts, in bounded memory and whatever their order.

    When there are more than 256 windows with anything in them, windows become twice as wide.

    Attributes:
        first_ns: The earliest time of any limits; at first the one that is given.
        last_ns: The latest.
    """

    def __init__(self, at_ns: int) -> None:
        self._bits = _FIRST_BITS
        self._windows: dict[int, _Window] = {}
        self.first_ns = self.last_ns = at_ns

    def add(self, at_ns: int, low_ns: int | None, high_ns: int | None) -> None:
        """Take in limits; of both that are given, the lower is no more than the upper."""
        self.first_ns, self.last_ns = min(self.first_ns, at_ns), max(self.last_ns, at_ns)
        window = self._windows.get(at_ns >> self._bits)
        if window is None:
            window = self._windows[at_ns >> self._bits] = _Window()
        if high_ns is not None and (window.floor is None or (high_ns, at_ns) < window.floor):
            window.floor = (high_ns, at_ns)
        if low_ns is not None and (window.top is None or (-low_ns, at_ns) < window.top):
            window.top = (-low_ns, at_ns)
        if high_ns is not None and low_ns is not None:
            entry = (high_ns - low_ns, at_ns, low_ns, high_ns)
            best = window.best
            if (len(best) < _BEST or entry < best[-1]) and entry not in best:
                best.append(entry)
                best.sort()
                del best[_BEST:]
        while len(self._windows) > _WINDOWS:
            self._widen()

    def _widen(self) -> None:
        self._bits += 1
        narrow, self._windows = self._windows, {}
        for number, window in narrow.items():
            self._windows.setdefault(number >> 1, _Window()).join(window)

    def narrowest(self) -> Iterator[Limits]:
        """Give the narrowest limits of every window, earliest window first."""
        for number in sorted(self._windows):
            for _, at_ns, low_ns, high_ns in self._windows[number].best:
                yield Limits(at_ns, low_ns, high_ns)

    def extremes(self) -> Iterator[Limits]:
        """Give the lowest upper limit and the highest lower limit of every window, each alone."""
        for number in sorted(self._windows):
            window = self._windows[number]
            if window.floor:
                yield Limits(window.floor[1], None, window.floor[0])
            if window.top:
                yield Limits(window.top[1], -window.top[0], None)
