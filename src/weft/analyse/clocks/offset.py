"""The clock of one host minus that of another, as a number with a bound and what the bound rests on."""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, get_args

Basis = Literal["causal", "shared", "extrapolated", "presumed"]
"""What a bound rests on, the firmest first.

causal: what was received had been sent, while clocks ran evenly between two of the times they were set.
shared: that, and hosts whose clocks were found to agree have one clock.
extrapolated: that, beyond the time of the evidence.
presumed: work lay inside the work above it, or the host is on the machine that its address says.
"""
BASES: Final[tuple[Basis, ...]] = get_args(Basis)


def weakest(bases: Iterable[Basis]) -> Basis:
    """What a sum of offsets rests on; nothing rests on nothing, which is as firm as can be."""
    return BASES[max(map(BASES.index, bases), default=0)]


class Offset(NamedTuple):
    """The clock of one host minus that of another.

    Attributes:
        offset_ns: What it most likely is.
        bound_ns: It is no further than this from the truth.
        basis: What that rests on.
        apart: Whether the two clocks were told apart at all, if only at another time of the same stretch.
    """

    offset_ns: int
    bound_ns: int
    basis: Basis
    apart: bool
