"""How checks name spans and amounts."""

from typing import Final

from weft.model.span import Span

_LONGEST: Final = 80
_UNITS: Final = ((60 * 10**9, "min"), (10**9, "s"), (10**6, "ms"), (10**3, "µs"))


def span_in_words(span: Span) -> str:
    """Name a span so that a person finds it. Names are cut: they are whatever a trace says."""
    return f"span {span.name[:_LONGEST]!r} of {span.service[:_LONGEST]} ({span.span_id})"


def duration_in_words(ns: int) -> str:
    """Say a duration of so many nanoseconds."""
    for size, unit in _UNITS:
        if ns >= size:
            return f"{round(ns / size, 2):g} {unit}" if ns < 1000 * size else f"{ns // size:,} {unit}"
    return f"{ns} ns"
