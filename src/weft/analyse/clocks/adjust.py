"""Puts the times of a trace on one clock: that of the root's host.

A host whose clock cannot be told from it is left alone. Where nothing was learned of a host, the trace itself
is the evidence, as in Jaeger's adjuster (`internal/storage/v2/.../clockskew`): but only when it shows
something impossible, and with the bound that one call leaves. All spans of a host are shifted alike, so what
a clock says of its own host stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.exchange import WRITTEN_NS, Hosts, limits
from weft.analyse.reading import Reading


def adjust(reading: Reading, clocks: Clocks = NO_CLOCKS) -> Reading:
    """Shift the spans of hosts whose clock differs from that of the root's host.

    Args:
        reading: With the spans' own times.
        clocks: What was learned from many traces.

    Returns:
        The reading with `start_ns`, `end_ns`, `shift_ns` and `bound_ns` filled in.
    """
    known = Hosts()
    hosts = [known.of(span) for span in reading.tree.spans]
    if len(set(hosts) - {None}) < 2:
        return reading
    shifts = _Shifts(reading, hosts, clocks).all()
    still = _Shift(0, 0)
    if all(shift == still for shift in shifts.values()):
        return reading
    by_span = [still if host is None else shifts.get(host, still) for host in hosts]
    return replace(
        reading,
        start_ns=tuple(at - shift.offset_ns for at, shift in zip(reading.start_ns, by_span, strict=True)),
        end_ns=tuple(at - shift.offset_ns for at, shift in zip(reading.end_ns, by_span, strict=True)),
        shift_ns=tuple(-shift.offset_ns for shift in by_span),
        bound_ns=tuple(shift.bound_ns for shift in by_span),
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """A host's clock minus that of the root's host, and how far that may be off."""

    offset_ns: int
    bound_ns: int


@dataclass(slots=True)
class _Seen:
    """What the calls of a trace from one host to another leave for the difference of their clocks.

    Attributes:
        low_ns: No call allows less; None where none was answered.
        high_ns: No request allows more.
        narrowest: The limits of the call that leaves least.
        answered: Whether the lower limit is as certain as the upper one.
    """

    low_ns: int | None
    high_ns: int
    narrowest: tuple[int, int] | None
    answered: bool

    def join(self, other: "_Seen") -> None:
        self.high_ns = min(self.high_ns, other.high_ns)
        if other.low_ns is not None and other.answered >= self.answered:
            firmer = self.low_ns is None or other.answered > self.answered
            self.low_ns = other.low_ns if firmer else max(self.low_ns or 0, other.low_ns)
            self.answered = other.answered
        ranges = [each for each in (self.narrowest, other.narrowest) if each]
        self.narrowest = min(ranges, key=lambda each: each[1] - each[0], default=None)

    def possible(self, offset_ns: int) -> bool:
        """Whether the clocks can differ by so much."""
        too_low = self.answered and self.low_ns is not None and offset_ns < self.low_ns - WRITTEN_NS
        return offset_ns <= self.high_ns + WRITTEN_NS and not too_low

    def middle(self, longest_ns: int) -> _Shift:
        """The difference that this speaks for; where only one side is limited, the least that is possible."""
        low_ns, high_ns = self.low_ns, self.high_ns
        if low_ns is not None and low_ns > high_ns and self.narrowest:
            low_ns, high_ns = self.narrowest
        if low_ns is None:
            return _Shift(high_ns, longest_ns)
        return _Shift((low_ns + high_ns) // 2, (abs(high_ns - low_ns) + 1) // 2)


class _Shifts:
    """Goes through the hosts of a trace in the order of its tree: the caller's before the callee's."""

    def __init__(self, reading: Reading, hosts: Sequence[str | None], clocks: Clocks) -> None:
        self._clocks = clocks
        self._start_ns = min(reading.start_ns)
        self._longest_ns = max(reading.end_ns) - self._start_ns
        self._order = list(dict.fromkeys(host for host in hosts if host is not None))
        self._callers: dict[str, str] = {}
        self._seen: dict[tuple[str, str], _Seen] = {}
        spans, parents = reading.tree.spans, reading.tree.parents
        for index in range(1, len(hosts)):
            caller, host = hosts[parents[index]], hosts[index]
            if caller != host and caller is not None and host is not None:
                parent, span = spans[parents[index]], spans[index]
                kind, low_ns, high_ns = limits(parent, span, known=span.parent_id == parent.span_id)
                narrowest = None if low_ns is None else (low_ns, high_ns)
                seen = _Seen(low_ns, high_ns, narrowest, kind == "call")
                self._callers.setdefault(host, caller)
                self._seen.setdefault((caller, host), seen).join(seen)

    def all(self) -> dict[str, _Shift]:
        root = self._order[0]
        shifts = {root: _Shift(0, 0)}
        for host in self._order[1:]:
            shifts[host] = self._shift(root, host, shifts)
        return shifts

    def _shift(self, root: str, host: str, shifts: dict[str, _Shift]) -> _Shift:
        learned = self._clocks.offset(root, host, self._start_ns)
        if learned and learned.apart:
            return _Shift(learned.offset_ns, learned.bound_ns)
        caller = self._callers.get(host, root)
        above = shifts.get(caller, shifts[root])
        # A clock that cannot be told from the root's is left alone, and known to be no further off than this.
        planned = _Shift(0, abs(learned.offset_ns) + learned.bound_ns if learned else 0)
        if learned is None:
            planned = above
            further = self._clocks.offset(caller, host, self._start_ns)
            if further and further.apart:
                return _Shift(above.offset_ns + further.offset_ns, above.bound_ns + further.bound_ns)
        seen = self._seen.get((caller, host))
        if seen is None or seen.possible(planned.offset_ns - above.offset_ns):
            return planned
        middle = seen.middle(self._longest_ns)
        return _Shift(above.offset_ns + middle.offset_ns, above.bound_ns + middle.bound_ns)
