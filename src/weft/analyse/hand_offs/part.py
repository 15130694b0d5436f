"""Makes parts whose numbers agree with each other."""

from typing import Final

from weft.model.hand_off import Part, PartName

NO_CLOCKS: Final = "the two hosts' clocks were not compared"
OPEN: Final = "it has not ended"
PREPARED: Final = "from the start of the sender's span, whose preparation is in it"


def part(name: PartName, ns: int | None, low_ns: int, high_ns: int | None, evidence: str) -> Part:
    """A part: nothing negative, and the low bound, the value and the high bound in this order."""
    low_ns = max(0, low_ns)
    if high_ns is not None:
        high_ns = max(low_ns, high_ns)
    if ns is not None:
        ns = max(low_ns, ns) if high_ns is None else min(max(low_ns, ns), high_ns)
    return Part(name, ns, low_ns, high_ns, evidence)


def exact(name: PartName, ns: int, evidence: str) -> Part:
    """A part that is known, as one clock measured it."""
    return part(name, ns, ns, ns, evidence)


def unknown(name: PartName, high_ns: int | None, evidence: str) -> Part:
    """A part that the evidence does not tell from others.

    Args:
        name: Which part.
        high_ns: What it is at most; None where nothing bounds it.
        evidence: What is missing.
    """
    return part(name, None, 0, high_ns, evidence)


def said(ns: int) -> str:
    """A time in words of evidence."""
    return f"{max(0, ns) / 1e6:.3f} ms"
