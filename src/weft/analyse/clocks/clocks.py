"""What is known of the clocks of many hosts: how any two differ at any time, and by how much at most."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from weft.analyse.clocks.line import Reach, integer
from weft.analyse.clocks.link import Link, Links, Place
from weft.analyse.clocks.offset import Basis, Offset, weakest
from weft.analyse.clocks.paths import Paths
from weft.analyse.clocks.window import Window, windows
from weft.model.shape import ShapeError, member


class Clocks:
    """The clocks of hosts, as far as they are known.

    Attributes:
        hosts: Each host's place.
        links: What is known between two domains, by their numbers, the smaller first.
        met: The pairs of hosts between which something went, in both directions.
        from_ns: The first evidence.
        until_ns: The last evidence.
    """

    def __init__(
        self,
        hosts: Mapping[str, Place],
        links: Links,
        met: frozenset[tuple[str, str]] = frozenset(),
        from_ns: int = 0,
        until_ns: int = 0,
    ) -> None:
        self.hosts = hosts
        self.links = links
        self.met = met
        self.from_ns = from_ns
        self.until_ns = until_ns
        self._paths = Paths(links)

    def offset(self, from_host: str, to_host: str, at_ns: int) -> Offset | None:
        """The clock of a host minus that of another.

        Args:
            from_host: The host whose clock is taken as right.
            to_host: The host whose clock is compared.
            at_ns: When, nanoseconds since the Unix epoch.

        Returns:
            None where nothing leads from one to the other, or only messages in one direction: those limit
            the difference on one side only.
        """
        if from_host == to_host:
            return Offset(0, 0, "causal", apart=False)
        start, end = self.hosts.get(from_host), self.hosts.get(to_host)
        if start is None or end is None:
            return None
        bases: list[Basis] = ["presumed"] if start.presumed or end.presumed else []
        if start.domain == end.domain:
            return Offset(0, start.slack_ns + end.slack_ns, weakest(bases), apart=False)
        steps = self._paths.between(start.domain, end.domain)
        if steps is None:
            return None
        now = settled = Reach(0, 0, 0)
        for one, other in steps:
            link = self.links[min(one, other), max(one, other)]
            bases.append(link.basis_at(at_ns))
            now = now.plus(link.at(at_ns), turned=one > other)
            settled = settled.plus(link.settled(at_ns), turned=one > other)
        apart = now.apart or settled.apart
        return Offset(now.likely_ns, now.bound_ns, weakest(bases), apart)

    def way(self, from_host: str, to_host: str) -> Sequence[Link]:
        """The links that lead from the clock of one host to that of another; none where they share one."""
        steps = self._paths.between(self.hosts[from_host].domain, self.hosts[to_host].domain)
        return [self.links[min(step), max(step)] for step in steps or ()]

    def domains(self) -> Mapping[int, Sequence[str]]:
        """The hosts that share a clock, in alphabetical order, by the number of their domain."""
        found: dict[int, list[str]] = defaultdict(list)
        for host in sorted(self.hosts):
            found[self.hosts[host].domain].append(host)
        return found

    def windows(self) -> Sequence[Window]:
        """List what is known as numbers that hold for a time (see `window.windows`)."""
        return list(windows(self))

    def to_json(self) -> dict[str, Any]:
        """Say all of it as JSON that `from_json` reads."""
        return {
            "hosts": {host: place.to_json() for host, place in self.hosts.items()},
            "links": [
                {"from": one, "to": other} | link.to_json() for (one, other), link in self.links.items()
            ],
            "met": [list(pair) for pair in sorted(self.met)],
            "from_ns": self.from_ns,
            "until_ns": self.until_ns,
        }

    @classmethod
    def from_json(cls, value: object, where: str = "clocks") -> Self:
        """Read back what `to_json` wrote.

        Args:
            value: Parsed JSON, not to be trusted.
            where: What to call it in an error.

        Raises:
            ShapeError: It has another shape.
        """
        hosts = {
            host: Place.from_json(place, f"{where}.hosts[{host!a}]")
            for host, place in member(value, "hosts", dict, where).items()
        }
        links: dict[tuple[int, int], Link] = {}
        for index, link in enumerate(member(value, "links", list, where)):
            place = f"{where}.links[{index}]"
            key = integer(link, "from", place), integer(link, "to", place)
            if key[0] >= key[1]:
                raise ShapeError(f"{place}.from should be less than its .to")
            links[key] = Link.from_json(link, place)
        met = member(value, "met", list, where)
        if any(not isinstance(pair, list) or len(pair) != 2 for pair in met):
            raise ShapeError(f"{where}.met should be pairs")
        if any(not isinstance(host, str) or host not in hosts for pair in met for host in pair):
            raise ShapeError(f"{where}.met should be pairs of the hosts")
        from_ns, until_ns = integer(value, "from_ns", where), integer(value, "until_ns", where)
        return cls(hosts, links, frozenset((one, other) for one, other in met), from_ns, until_ns)


NO_CLOCKS: Final = Clocks({}, {})
"""Nothing is known of any clock."""
