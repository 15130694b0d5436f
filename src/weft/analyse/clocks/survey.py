"""From what was kept of the exchanges to the clocks: who shares one, how others differ, what is presumed."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from weft.analyse.clocks.clocks import Clocks
from weft.analyse.clocks.domains import Agreement, Groups, agreements, lean
from weft.analyse.clocks.evidence import Evidence, Pair, Records
from weft.analyse.clocks.link import Link, Place
from weft.analyse.clocks.presume import NOTHING, Presumed, presume
from weft.analyse.clocks.trend import Sample, trend

if TYPE_CHECKING:
    from weft.analyse.clocks.record import Limits


def survey(records: Records, machines: Mapping[str, str | None]) -> Clocks:
    """Work out the clocks of all hosts.

    Args:
        records: What was kept; at least one.
        machines: Of each host the machine that it is likely on, where that is known.
    """
    evidence = Evidence(records)
    agree, differ = agreements(evidence)
    groups = Groups(apart=differ)
    # The surest first: where three pairs contradict each other, it is the third that has to give way.
    for pair in sorted(
        agree, key=lambda pair: (abs(agree[pair].mean_ns) / (agree[pair].fastest_ns + 1), pair)
    ):
        groups.join(*pair)
    agree = {pair: found for pair, found in agree.items() if groups.of(pair[0]) == groups.of(pair[1])}
    drawing = _Drawing(records, evidence, agree)
    clocks = drawing.clocks(groups, NOTHING)
    presumed = presume(records, machines, clocks, groups)
    return drawing.clocks(groups, presumed) if presumed != NOTHING else clocks


class _Drawing:
    """Puts the clocks together from what was measured, for one grouping of the hosts or another."""

    def __init__(self, records: Records, evidence: Evidence, agree: Mapping[Pair, Agreement]) -> None:
        self._evidence, self._agree = evidence, agree
        self._lean_ns = lean(evidence, agree)
        self._hosts = sorted({host for key in records for host in key[:2]})
        self._met = frozenset(pair for one, other, _ in records for pair in ((one, other), (other, one)))
        self._slack_ns = _slack(self._hosts, agree)
        self._from_ns = min(record.first_ns for record in records.values())
        self._until_ns = max(record.last_ns for record in records.values())

    def clocks(self, groups: Groups, presumed: Presumed) -> Clocks:
        number = {name: at for at, name in enumerate(sorted({groups.of(host) for host in self._hosts}))}
        domain = {host: number[groups.of(host)] for host in self._hosts}
        hosts = {
            host: Place(
                domain[host],
                self._slack_ns[host] + presumed.slack_ns.get(host, 0),
                host in presumed.unmeasured,
            )
            for host in self._hosts
        }
        links = self._links(domain)
        for (one, other), line in presumed.lines.items():
            start, end = domain[one], domain[other]
            key = min(start, end), max(start, end)
            links[key] = Link((line if start < end else line.turned(),), 0, "presumed")
        return Clocks(hosts, links, self._met, self._from_ns, self._until_ns)

    def _links(self, domain: Mapping[str, int]) -> dict[tuple[int, int], Link]:
        samples: dict[tuple[int, int], list[Sample]] = defaultdict(list)
        alone: dict[tuple[int, int], list[Limits]] = defaultdict(list)
        for pair in self._evidence.pairs:
            start, end = (domain[host] for host in pair)
            guesses, limits = self._evidence.samples(pair, self._lean_ns), self._evidence.alone(pair)
            if start < end:
                samples[start, end] += guesses
                alone[start, end] += limits
            elif start > end:
                samples[end, start] += (each.turned() for each in guesses)
                alone[end, start] += (each.turned() for each in limits)
        differ_ns: dict[int, int] = defaultdict(int)
        for (host, _), found in self._agree.items():
            differ_ns[domain[host]] = max(differ_ns[domain[host]], round(abs(found.mean_ns)))
        hosts = Counter(domain.values())
        links = {}
        for key in sorted(samples):
            lines = trend(samples[key], alone[key])
            if lines:
                alone_there = hosts[key[0]] == hosts[key[1]] == 1
                slack_ns = differ_ns[key[0]] + differ_ns[key[1]]
                links[key] = Link(lines, slack_ns, "causal" if alone_there else "shared")
        return links


def _slack(hosts: list[str], agree: Mapping[Pair, Agreement]) -> dict[str, int]:
    """By how much the clock of each host may differ from the first one's that it agrees with, in steps."""
    near: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (one, other), found in agree.items():
        near[one].append((other, found.slack_ns))
        near[other].append((one, found.slack_ns))
    slack_ns: dict[str, int] = {}
    for first in hosts:
        if first in slack_ns:
            continue
        slack_ns[first] = 0
        waiting = deque([first])
        while waiting:
            host = waiting.popleft()
            for other, step_ns in sorted(near[host]):
                if other not in slack_ns:
                    slack_ns[other] = slack_ns[host] + step_ns
                    waiting.append(other)
    return slack_ns
