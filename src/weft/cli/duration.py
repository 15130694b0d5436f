"""Durations as people write them in options: `500ms`, `2s`, `1.5m`, `24h`, `7d`."""

import re
from typing import Any, Final

import click

_UNITS: Final = {
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
}


class Duration(click.ParamType):  # type: ignore[type-arg] # generic since click 8.2
    """Reads a duration; the command gets nanoseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read `500ms`, or fail as click does."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(us|ms|s|m|h|d)", str(value).strip().lower())
        if match is None:
            self.fail(f"{str(value)!a} is not a duration; write 500ms, 2s, 5m, 24h or 7d", param, ctx)
        return round(float(match[1]) * _UNITS[match[2]])


DURATION: Final = Duration()
