"""Which hosts have one clock: those between which calls show no difference that could be told from zero."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from weft.analyse.clocks.evidence import Evidence, Pair
from weft.analyse.clocks.line import violation
from weft.analyse.clocks.trend import Sample

#: Of the fastest round trip: a middle that is further from zero than this speaks of two clocks. Pods of one
#: machine in the hotel traces: 0.03 to 0.09.
_TOLERANCE: Final = 6
#: Over a longer way than this nothing can be said of one clock: the tolerance would hide milliseconds. Such
#: hosts have a difference with a wide bound like others that are far apart, and are left alone all the same.
_LONGEST_NS: Final = 5_000_000
_CHUNKS: Final = 8
_CONTRADICTED: Final = 0.01


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a pair of hosts was found to agree.

    Attributes:
        mean_ns: The mean difference that was measured, all of it taken for delays.
        slack_ns: The clocks differ by no more than this, as cause and effect have it.
        fastest_ns: The fastest round trip.
    """

    mean_ns: float
    slack_ns: int
    fastest_ns: int


class Groups:
    """Sets of hosts that grow together (union-find), with pairs that must stay apart."""

    def __init__(self, apart: Iterable[Pair] = ()) -> None:
        self._above: dict[str, str] = {}
        self._foes: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._foes[one].add(other)
            self._foes[other].add(one)

    def of(self, host: str) -> str:
        """The name of the group of a host, which is the first of its hosts."""
        name = host
        while (above := self._above.get(name, name)) != name:
            name = above
        while (above := self._above.get(host, host)) != name:
            self._above[host], host = name, above
        return name

    def join(self, one: str, other: str) -> bool:
        """Make two groups one; False where a pair of their hosts must stay apart, or they are one already."""
        one, other = self.of(one), self.of(other)
        fewer, more = sorted((one, other), key=lambda name: len(self._foes[name]))
        if one == other or any(self.of(foe) == more for foe in self._foes[fewer]):
            return False
        one, other = min(one, other), max(one, other)
        self._above[other] = one
        self._foes[one] |= self._foes.pop(other)
        return True


def agreements(evidence: Evidence) -> tuple[Mapping[Pair, Agreement], Sequence[Pair]]:
    """Tell the pairs of hosts whose clocks agree from those whose clocks differ, where there were calls."""
    agree: dict[Pair, Agreement] = {}
    differ: list[Pair] = []
    for pair in evidence.pairs:
        samples = evidence.samples(pair)
        if samples and min(each.limits.slack_ns for each in samples) <= _LONGEST_NS:
            found = _agreement(samples, evidence, pair)
            if found:
                agree[pair] = found
            else:
                differ.append(pair)
    return agree, differ


def _agreement(samples: Sequence[Sample], evidence: Evidence, pair: Pair) -> Agreement | None:
    limits = [*(each.limits for each in samples), *evidence.alone(pair)]
    broken = sum(violation(each, 0) > 0 for each in limits)
    if broken > _CONTRADICTED * len(limits):
        return None
    fastest_ns = min(each.limits.slack_ns for each in samples)
    samples = sorted(samples)
    size = -(-len(samples) // _CHUNKS)
    for start in range(0, len(samples), size):
        mean_ns, error_ns = mean(samples[start : start + size])
        if abs(mean_ns) > fastest_ns / _TOLERANCE + 2 * error_ns:
            return None
    lows = [-each.low_ns for each in limits if each.low_ns is not None]
    highs = [each.high_ns for each in limits if each.high_ns is not None]
    return Agreement(mean(samples)[0], max(min(lows), min(highs), 0), fastest_ns)


def lean(evidence: Evidence, agree: Iterable[Pair]) -> int:
    """By how much the middle of a call says too much for the server's clock, in nanoseconds.

    A request and its answer are not on the way equally long: the client's span begins before the message is
    written, and the server's after it was read. Between hosts of one clock that is all there is to see. One
    pair alone could as well have a small difference; so none is believed, and many nearly in full.
    """
    means = [mean(samples)[0] for pair in agree for samples in evidence.leans(pair)]
    if len(means) < 2:
        return 0
    return round(median(means) * len(means) / (len(means) + 2))


def mean(samples: Sequence[Sample]) -> tuple[float, float]:
    """The mean guess, each counted by its error, and the error of that mean, in nanoseconds."""
    total = sum(each.error_ns**-2 for each in samples)
    value = sum(each.guess_ns * each.error_ns**-2 for each in samples) / total
    return value, total**-0.5
