"""Hosts whose clocks are wrong in a known way, and traces of what goes between them."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.analyse.traces import EPOCH_NS

from weft.model.span import Kind, Span
from weft.model.trace import Trace

US, MS, S = 1_000, 1_000_000, 1_000_000_000

Clock = Callable[[int], float]
"""By how much a clock is ahead, in nanoseconds, at a time after the epoch of the traces."""

Delay = Callable[[random.Random], float]
"""How long a message is on the way, in nanoseconds."""


def right(_: int) -> float:
    return 0.0


def off(ns: float) -> Clock:
    return lambda _: ns


def drift(ppm: float, start_ns: float = 0) -> Clock:
    return lambda at_ns: start_ns + at_ns * ppm / 1e6


def steps(*changes: tuple[float, float]) -> Clock:
    """A clock that is set: for each change the second at which, and how far ahead it is from then on."""
    return lambda at_ns: next((ns for second, ns in reversed(changes) if at_ns >= second * S), 0.0)


def both(*clocks: Clock) -> Clock:
    return lambda at_ns: sum(clock(at_ns) for clock in clocks)


def delay(least_ns: float, wait_ns: float = 0) -> Delay:
    """A way that takes at least so long, and on which waiting is exponential."""
    return lambda chance: least_ns + (chance.expovariate(1 / wait_ns) if wait_ns else 0)


@dataclass
class World:
    """What happens there is known in true time; spans say what the clocks said.

    Attributes:
        clocks: The hosts, and by how much the clock of each is ahead.
        resources: More that the spans of a host say of it.
    """

    clocks: Mapping[str, Clock]
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    _count: int = 0

    def offset(self, from_host: str, to_host: str, at_ns: int) -> float:
        """The truth: the clock of one host minus that of another, at a time after the epoch."""
        return self.clocks[to_host](at_ns) - self.clocks[from_host](at_ns)

    def span(
        self,
        host: str,
        start_ns: float,
        end_ns: float,
        parent: Span | None = None,
        kind: Kind = "internal",
        **more: object,
    ) -> Span:
        """A span of a host, from one true time to another."""
        self._count += 1
        start, end = (EPOCH_NS + round(at + self.clocks[host](round(at))) for at in (start_ns, end_ns))
        return Span(
            trace_id=parent.trace_id if parent else f"{self._count:032x}",
            span_id=f"{self._count:016x}",
            parent_id=parent.span_id if parent else None,
            service=host,
            name=host,
            kind=kind,
            start_ns=start,
            end_ns=end,
            resource={"host.name": host} | dict(self.resources.get(host, {})),
            **more,  # type: ignore[arg-type]
        )

    def call(self, client: str, server: str, at_ns: int, out: Delay, back: Delay) -> Trace:
        """A trace in which one host calls another."""
        sent = at_ns + self.chance.uniform(0.1, 1) * MS
        begun = sent + out(self.chance)
        done = begun + self.chance.uniform(0.2, 20) * MS
        received = done + back(self.chance)
        root = self.span(client, at_ns, received + 0.2 * MS, kind="server")
        outer = self.span(client, sent, received, root, "client")
        return Trace(root.trace_id, [root, outer, self.span(server, begun, done, outer, "server")])

    def message(self, producer: str, consumer: str, at_ns: int, way: Delay) -> Trace:
        """A trace in which one host sends something to another, and hears nothing of it."""
        taken = at_ns + way(self.chance)
        sent = self.span(producer, at_ns, at_ns + 0.1 * MS, kind="producer")
        return Trace(sent.trace_id, [sent, self.span(consumer, taken, taken + 5 * MS, sent, "consumer")])

    def calls(
        self, client: str, server: str, seconds: float, count: int, out: Delay, back: Delay
    ) -> Iterator[tuple[int, Trace]]:
        """Calls at random times from the epoch on, each with its true time, earliest first."""
        times = sorted(round(self.chance.uniform(0, seconds) * S) for _ in range(count))
        for at_ns in times:
            yield at_ns, self.call(client, server, at_ns, out, back)
