"""Durations, counts and moments in words that fit a column."""

from datetime import datetime
from typing import Final, Protocol

from weft.model import ago as model
from weft.present.terminal.glyphs import Glyphs


class Priced(Protocol):
    """What may have a price: `Usage`, or an agent's statistics."""

    @property
    def cost(self) -> float | None:
        """US dollars; None when not even a part of it is known."""

    @property
    def unpriced(self) -> int:
        """Model calls whose price is not known."""


_SECOND: Final = 1_000_000_000
_UNITS: Final = ((_SECOND, "s"), (1_000_000, "ms"), (1_000, "µs"))


def duration(ns: int) -> str:
    """Write a duration with three significant digits: `1.20 s`, `842 ms`, `2 min 03 s`, `5 h 07 min`."""
    if ns < 0:
        return "-" + duration(-ns)
    if ns == 0:
        return "0"
    if ns >= 59.95 * _SECOND:
        return _long((ns + _SECOND // 2) // _SECOND)
    for size, unit in _UNITS:
        # What three digits would round up to a thousand belongs to the unit above.
        if ns * 10_000 >= size * 9_995:
            return f"{_three(ns / size)} {unit}"
    return f"{ns} ns"


def _three(number: float) -> str:
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{digits}f}"


def _long(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    minutes = seconds // 60
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // 1440:,} days"


def so_far(ns: int, is_open: bool, draw: Glyphs) -> str:
    """Write a duration; one of what is still open as its least: `≥12.3 s`."""
    return (draw.least if is_open else "") + draw.own(duration(ns))


def count(number: int, noun: str) -> str:
    """Write a number of things: `1 span`, `1,204 spans`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(ns: int) -> str:
    """Write a time, given in nanoseconds since the Unix epoch, as local date and time to the second."""
    try:
        return datetime.fromtimestamp(ns // _SECOND).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return f"{ns:,} ns"


def ago(ns: int, now_ns: int) -> str:
    """Write how long ago a time was: `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`."""
    return model.ago((now_ns - ns) // _SECOND)


def cost(usage: Priced) -> str:
    """Write what model calls cost: `$1.20`, `at least $1.20`, `unknown`; nothing where there were none."""
    if usage.cost is None:
        return "unknown" if usage.unpriced else ""
    return ("at least " if usage.unpriced else "") + dollars(usage.cost)


def dollars(amount: float) -> str:
    """Write an amount of US dollars: `$1.20`, `$0.0042`."""
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"
