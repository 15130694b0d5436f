"""The clocks as a list of numbers, each of which holds for a time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from weft.analyse.clocks.line import SECOND
from weft.analyse.clocks.offset import Basis, weakest

if TYPE_CHECKING:
    from weft.analyse.clocks.clocks import Clocks

#: Up to this many hosts every pair of them is listed, beyond that the pairs that met in a trace.
_ALL_PAIRS: Final = 64
_MOST: Final = 100_000
_MOST_OF_A_PAIR: Final = 64
#: A number is given for a time in which the difference moves by no more than this, or a share of the bound.
_FINE_NS: Final = 5_000
_FINE: Final = 100
_COARSE: Final = 5


class Window(NamedTuple):
    """The difference of two clocks for a time: the clock of `to_host` minus that of `from_host`.

    Attributes:
        from_host: A host.
        to_host: Another.
        offset_ns: What the difference most likely is in the middle of the time.
        bound_ns: At no time in it is the difference further from that.
        from_ns: When it begins, nanoseconds since the Unix epoch.
        until_ns: When it ends.
        drift_ppb: By how much the difference grows, in nanoseconds a second.
        basis: What the bound rests on.
    """

    from_host: str
    to_host: str
    offset_ns: int
    bound_ns: int
    from_ns: int
    until_ns: int
    drift_ppb: int
    basis: Basis

    def to_json(self) -> dict[str, Any]:
        """Say it as `weft analyse --json` does."""
        return self._asdict()


def windows(clocks: "Clocks") -> Iterator[Window]:
    """List what is known, pair by pair in both directions, earliest time first.

    Beyond the last evidence the list goes on for as long again as there was evidence, with growing bounds.
    Pairs whose clocks agree are listed with an offset of 0.
    """
    pairs = _pairs(clocks)
    most = max(2, min(_MOST_OF_A_PAIR, _MOST // max(1, len(pairs))))
    cuts: dict[tuple[int, int], Sequence[int]] = {}
    for pair in pairs:
        start, end = (clocks.hosts[host].domain for host in pair)
        domains = min(start, end), max(start, end)
        if domains not in cuts:
            cuts[domains] = _cuts(clocks, pair, most)
        for from_ns, until_ns in pairwise(cuts[domains]):
            yield from _window(clocks, pair, from_ns, until_ns)


def _pairs(clocks: "Clocks") -> Sequence[tuple[str, str]]:
    if len(clocks.hosts) > _ALL_PAIRS:
        return sorted(clocks.met)
    names = sorted(clocks.hosts)
    return [(one, other) for one in names for other in names if one != other]


def _cuts(clocks: "Clocks", pair: tuple[str, str], most: int) -> Sequence[int]:
    """Where one number ends and the next begins, for all pairs of the same two clocks."""
    lines = [line for link in clocks.way(*pair) for line in link.lines]
    edges = {edge for line in lines for edge in (line.from_ns, line.until_ns)}
    marks = sorted(edges or {clocks.from_ns, clocks.until_ns})
    marks.append(marks[-1] + max(marks[-1] - marks[0], SECOND))
    if len(marks) > most:
        # Set so often that there is no room for every time it was: the bounds tell.
        marks = [marks[at * (len(marks) - 1) // most] for at in range(most + 1)]
    pieces = most // (len(marks) - 1)
    cuts = marks[:1]
    for from_ns, until_ns in pairwise(marks):
        count = min(pieces, until_ns - from_ns, _wanted(clocks, pair, from_ns, until_ns))
        cuts += [from_ns + (until_ns - from_ns) * piece // count for piece in range(1, count + 1)]
    return cuts


def _wanted(clocks: "Clocks", pair: tuple[str, str], from_ns: int, until_ns: int) -> int:
    """How many numbers say a stretch of time well."""
    first, last = clocks.offset(*pair, from_ns), clocks.offset(*pair, until_ns)
    if first is None or last is None:
        return 1
    bound_ns = min(first.bound_ns, last.bound_ns)
    moved = abs(last.offset_ns - first.offset_ns) / max(_FINE_NS, bound_ns / _FINE)
    grown = abs(last.bound_ns - first.bound_ns) / max(_FINE_NS, bound_ns / _COARSE)
    return max(1, ceil(moved), ceil(grown))


def _window(clocks: "Clocks", pair: tuple[str, str], from_ns: int, until_ns: int) -> Iterator[Window]:
    middle = clocks.offset(*pair, (from_ns + until_ns) // 2)
    ends = [offset for at_ns in (from_ns, until_ns) if (offset := clocks.offset(*pair, at_ns))]
    if middle is None or len(ends) < 2:
        return
    bound_ns = max(abs(each.offset_ns - middle.offset_ns) + each.bound_ns for each in (*ends, middle))
    yield Window(
        *pair,
        offset_ns=middle.offset_ns,
        bound_ns=bound_ns,
        from_ns=from_ns,
        until_ns=until_ns,
        drift_ppb=round((ends[1].offset_ns - ends[0].offset_ns) * SECOND / max(1, until_ns - from_ns)),
        basis=weakest([middle.basis]),
    )
