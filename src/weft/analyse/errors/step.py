"""One step from a failed span towards where its failure began."""

from typing import Literal, NamedTuple

Way = Literal["came up", "waited", "called off", "tried again"]
"""The other failure came up to it; it waited for the other; it was cancelled because of the other; the other
is the last try of the same work, which failed as well."""


class Step(NamedTuple):
    """From a failed span to another one.

    Attributes:
        to: The index of the other.
        way: What the two have to do with each other.
        why: How that is known, in a few words.
    """

    to: int
    way: Way
    why: str
