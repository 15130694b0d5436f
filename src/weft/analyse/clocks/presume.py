"""What can be presumed of clocks to which no call leads: from work that lay inside other work.

A span whose caller is missing, or whose caller wrote no span of the call, began after the span above it, and
in most programs ended before it. That leaves milliseconds, where a call leaves microseconds. But clocks of
different machines are milliseconds apart and drift: where a known clock lies in the middle of what is left,
or on the machine that the address names, the unknown one is most likely the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from weft.analyse.clocks.clocks import Clocks
from weft.analyse.clocks.domains import Groups
from weft.analyse.clocks.evidence import Pair, Records
from weft.analyse.clocks.line import Line, Reach, violation
from weft.analyse.clocks.record import Limits
from weft.analyse.clocks.trend import trend

#: A start before the parent's start is impossible; but the likely difference has an error of its own.
_AFTER: Final = 0.97
#: Work that outlives the span above it is common (8 % of the calls in the media traces).
_BEFORE: Final = 0.85
#: How near the middle of a gap a clock has to be, of half the gap, to be taken for the one that was in it.
_NEAR: Final = 0.25
#: Two clocks on one machine that were measured over a third may differ by this share of the bound.
_ALIKE: Final = 0.25
_MOST_CANDIDATES: Final = 8
_MOST_LIMITS: Final = 32


@dataclass(frozen=True)
class Presumed:
    """What was presumed.

    Attributes:
        slack_ns: Hosts that were given the clock of others, and by how much theirs may differ.
        unmeasured: Those of them to which no call leads.
        lines: The difference between two hosts of different clocks: the second's minus the first's.
    """

    slack_ns: Mapping[str, int] = field(default_factory=dict)
    unmeasured: frozenset[str] = frozenset()
    lines: Mapping[Pair, Line] = field(default_factory=dict)


NOTHING: Final = Presumed()


@dataclass(frozen=True)
class _Around:
    """Spans of one group of hosts inside spans of another: the limits of the inner clock minus the outer."""

    outer: str
    inner: str
    inside: list[Limits] = field(default_factory=list)
    between: list[Limits] = field(default_factory=list)

    @property
    def middle_ns(self) -> int:
        times = sorted(limit.at_ns for limit in self.inside)
        return times[len(times) // 2]

    def gap(self) -> Line | None:
        """The clock for which the work was in the gaps of the outer spans; None where it was not."""
        line = _line(self.between)
        if line is None:
            return None
        broken = sum(violation(each, line.at(each.at_ns).likely_ns) > 0 for each in self.between)
        return line if broken <= (1 - _BEFORE) * len(self.between) else None

    def loose(self) -> Line | None:
        """What is left for the clock when nothing better is known."""
        line, gap = _line(self.inside), self.gap()
        if line is None or any(reach.low_ns <= 0 <= reach.high_ns for reach in _ends(line)):
            # It may be none at all, and clocks are left alone that cannot be told apart.
            return line and replace(line, level=float(-line.base_ns), rate=0.0)
        if gap is None:
            return line
        return replace(
            line,
            level=gap.at(line.from_ns).likely_ns - line.base_ns,
            rate=gap.rate,
        )


def presume(records: Records, machines: Mapping[str, str | None], clocks: Clocks, groups: Groups) -> Presumed:
    """Presume what is not known.

    Args:
        records: What was kept.
        machines: Of each host the machine that it is likely on, where that is known.
        clocks: What is known.
        groups: The hosts that share a clock; those that are presumed to are joined.
    """
    return _Presumption(records, machines, clocks, groups).all()


class _Presumption:
    """Groups are called by the names that they have before any is joined."""

    def __init__(
        self, records: Records, machines: Mapping[str, str | None], clocks: Clocks, groups: Groups
    ) -> None:
        self._clocks, self._groups = clocks, groups
        self._arounds = _arounds(records, groups)
        domains = clocks.domains()
        self._members = {groups.of(hosts[0]): hosts for hosts in domains.values()}
        self._machines = {
            name: {found for host in hosts if (found := machines.get(host))}
            for name, hosts in self._members.items()
        }
        #: Groups that can be compared: links lead from one to the other.
        self._connected = Groups()
        for key in clocks.links:
            self._connected.join(*(groups.of(domains[domain][0]) for domain in key))
        self._candidates: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._members):
            self._candidates[self._connected.of(name)].append(name)
        self._slack_ns: dict[str, int] = {}

    def all(self) -> Presumed:
        reachable = {name: self._candidates[self._connected.of(name)] for name in self._members}
        self._join_machines()
        unmeasured: set[str] = set()
        left: list[_Around] = []
        for around in self._arounds:
            if self._together(around):
                continue
            found = self._same(around, reachable[around.outer])
            if found and self._groups.join(found, around.inner):
                self._connected.join(found, around.inner)
                hosts = self._members[around.inner]
                unmeasured.update(hosts)
                self._slack_ns |= dict.fromkeys(hosts, self._unsure_ns(around, found))
            else:
                left.append(around)
        lines: dict[Pair, Line] = {}
        for around in left:
            if not self._together(around) and (line := around.loose()):
                self._connected.join(around.outer, around.inner)
                lines[around.outer, around.inner] = line
        return Presumed(self._slack_ns, frozenset(unmeasured), lines)

    def _together(self, around: _Around) -> bool:
        return self._connected.of(around.outer) == self._connected.of(around.inner)

    def _join_machines(self) -> None:
        """Join the groups on one machine that, measured over others, do not differ."""
        there: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in sorted(self._members):
            for machine in sorted(self._machines[name]):
                others = there[self._connected.of(name), machine]
                if not any(self._join_alike(other, name) for other in others[:_MOST_CANDIDATES]):
                    others.append(name)

    def _join_alike(self, one: str, other: str) -> bool:
        """Join two groups if their clocks do not differ by much, compared with the bound of what they do."""
        clocks = self._clocks
        times = clocks.from_ns, (clocks.from_ns + clocks.until_ns) // 2, clocks.until_ns
        offsets = [offset for at_ns in times if (offset := clocks.offset(one, other, at_ns))]
        if any(abs(each.offset_ns) > _ALIKE * each.bound_ns for each in offsets):
            return False
        if self._groups.join(one, other):
            bound_ns = max(each.bound_ns for each in offsets)
            self._slack_ns |= dict.fromkeys(self._members[other], bound_ns)
            return True
        return False

    def _same(self, around: _Around, names: Sequence[str]) -> str | None:
        """Find the group whose clock the inner spans were most likely stamped by."""
        here = self._machines[around.inner]
        neighbours = [name for name in names if self._machines[name] & here]
        others = [around.outer, *(name for name in names if name != around.outer and name not in neighbours)]
        gap = around.gap()
        possible = [name for name in neighbours[:_MOST_CANDIDATES] if self._possible(around, name)]
        if possible:
            return min(possible, key=lambda name: self._distance_ns(around, name, gap))
        # Where both say which machine they are on, it is another.
        others = [name for name in others if not (here and self._machines[name])]
        possible = [name for name in others[:_MOST_CANDIDATES] if self._possible(around, name)]
        if not possible or gap is None:
            return None
        reach = gap.at(around.middle_ns)
        near_ns = _NEAR * (reach.high_ns - reach.low_ns) / 2
        ranked = sorted((self._distance_ns(around, name, gap), name) for name in possible)
        if ranked[0][0] > near_ns or (len(ranked) > 1 and ranked[1][0] < ranked[0][0] + near_ns):
            return None
        return ranked[0][1]

    def _offset_ns(self, around: _Around, name: str, at_ns: int) -> int:
        offset = self._clocks.offset(around.outer, name, at_ns)
        return offset.offset_ns if offset else 0

    def _distance_ns(self, around: _Around, name: str, gap: Line | None) -> int:
        at_ns = around.middle_ns
        return abs(self._offset_ns(around, name, at_ns) - (gap.at(at_ns).likely_ns if gap else 0))

    def _possible(self, around: _Around, name: str) -> bool:
        """Whether the inner spans can have been stamped by the clock of a group, at all times."""
        limits = around.inside[:: -(-len(around.inside) // _MOST_LIMITS)]
        after = before = 0
        for each in limits:
            offset_ns = self._offset_ns(around, name, each.at_ns)
            after += each.high_ns is None or offset_ns <= each.high_ns
            before += each.low_ns is None or offset_ns >= each.low_ns
        return after >= _AFTER * len(limits) and before >= _BEFORE * len(limits)

    def _unsure_ns(self, around: _Around, name: str) -> int:
        """By how much the clock of the inner hosts may differ from that of the group they were given to."""
        offset = self._clocks.offset(around.outer, name, around.middle_ns)
        if offset and offset.bound_ns:
            return offset.bound_ns
        return max(0, min((each.high_ns for each in around.inside if each.high_ns is not None), default=0))


def _arounds(records: Records, groups: Groups) -> Sequence[_Around]:
    """Put together what is known of spans inside others, group by group, most of it first."""
    found: dict[Pair, _Around] = {}
    for (outer, inner, kind), record in sorted(records.items(), key=lambda item: item[0]):
        key = groups.of(outer), groups.of(inner)
        if kind not in ("inside", "between") or key[0] == key[1]:
            continue
        around = found.setdefault(key, _Around(*key))
        if kind == "between":
            around.between.extend(record.narrowest())
        else:
            around.inside.extend(record.narrowest())
            around.inside.extend(each for each in record.extremes() if each.low_ns is None)
    return sorted(found.values(), key=lambda each: (-len(each.inside), each.outer, each.inner))


def _line(limits: Sequence[Limits]) -> Line | None:
    """The middle of limits of which the upper ones are certain."""
    most_ns = min((each.high_ns for each in limits if each.high_ns is not None), default=0)
    kept = [each for each in limits if each.low_ns is None or each.low_ns <= most_ns]
    return next(iter(trend((), kept)), None)


def _ends(line: Line) -> Iterator[Reach]:
    yield line.at(line.from_ns)
    yield line.at(line.until_ns)
