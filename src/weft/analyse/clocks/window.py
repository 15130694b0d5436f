"""The clocks as a list of numbers, each of which holds for a time."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from weft.analyse.clocks.line import SECOND
from weft.analyse.clocks.offset import Basis

if TYPE_CHECKING:
    from weft.analyse.clocks.clocks import Clocks

#: Up to this many hosts every pair of them is listed, beyond that the pairs that met in a trace.
_ALL_PAIRS: Final = 64
#: About how many numbers there are at the most, and of one pair; of many hosts, those that did not meet have
#: fewer.
_MOST: Final = 20_000
_MOST_OF_A_PAIR: Final = 64
_FEWEST_OF_A_PAIR: Final = 4
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

    def turned(self) -> "Window":
        """The same, of the first clock minus the second."""
        return self._replace(
            from_host=self.to_host,
            to_host=self.from_host,
            offset_ns=-self.offset_ns,
            drift_ppb=-self.drift_ppb,
        )

    def to_json(self) -> dict[str, Any]:
        """Say it as `weft analyse --json` does."""
        return self._asdict()


def windows(clocks: "Clocks") -> Iterator[Window]:
    """List what is known, pair by pair in both directions, earliest time first.

    Beyond the last evidence the list goes on for as long again as there was evidence, with growing bounds.
    Pairs whose clocks agree are listed with an offset of 0.
    """
    cuts: dict[tuple[int, int, int], Sequence[int]] = {}
    for pair, most in _pairs(clocks):
        start, end = (clocks.hosts[host].domain for host in pair)
        key = min(start, end), max(start, end), most
        if key not in cuts:
            cuts[key] = _cuts(clocks, pair, most)
        found = list(_of_pair(clocks, pair, cuts[key]))
        yield from found
        for window in found:
            yield window.turned()


def _pairs(clocks: "Clocks") -> Iterator[tuple[tuple[str, str], int]]:
    """Name the pairs in alphabetical order, each with how many numbers it may have."""
    met = sorted(pair for pair in clocks.met if pair[0] < pair[1])
    room = _MOST // 2 // max(1, len(met))
    often = max(_FEWEST_OF_A_PAIR, min(_MOST_OF_A_PAIR, room))
    if len(clocks.hosts) > _ALL_PAIRS:
        yield from ((pair, often) for pair in met)
        return
    pairs = list(combinations(sorted(clocks.hosts), 2))
    seldom = max(_FEWEST_OF_A_PAIR, min(often, (_MOST // 2 - often * len(met)) // len(pairs))) if pairs else 0
    yield from ((pair, often if pair in clocks.met else seldom) for pair in pairs)


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


def _of_pair(clocks: "Clocks", pair: tuple[str, str], cuts: Sequence[int]) -> Iterator[Window]:
    edges = [clocks.offset(*pair, at_ns) for at_ns in cuts]
    for (from_ns, first), (until_ns, last) in pairwise(zip(cuts, edges, strict=True)):
        middle = clocks.offset(*pair, (from_ns + until_ns) // 2)
        if first is None or middle is None or last is None:
            return
        yield Window(
            *pair,
            offset_ns=middle.offset_ns,
            bound_ns=max(
                abs(each.offset_ns - middle.offset_ns) + each.bound_ns for each in (first, middle, last)
            ),
            from_ns=from_ns,
            until_ns=until_ns,
            drift_ppb=round((last.offset_ns - first.offset_ns) * SECOND / max(1, until_ns - from_ns)),
            basis=middle.basis,
        )
