"""The time that a question about many traces is about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time, and how it is to be told.

    Attributes:
        start_ns: Its start, nanoseconds since the Unix epoch.
        end_ns: Its end; included.
        every_ns: The length of the steps that are told apart; 0 for all in one.
        limit: At most so many agents, or edges.
    """

    start_ns: int
    end_ns: int
    every_ns: int = 0
    limit: int = 100
