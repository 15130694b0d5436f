"""The kept evidence of all pairs of hosts, looked at from one side or the other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from weft.analyse.clocks.exchange import Kind
from weft.analyse.clocks.record import Limits, Record
from weft.analyse.clocks.trend import Sample, sample

Records = Mapping[tuple[str, str, Kind], Record]
"""What was kept, by the host of the parent, the host of the child, and the kind."""

Pair = tuple[str, str]
CAUSAL: Final[tuple[Kind, ...]] = ("call", "message")


class Evidence:
    """The evidence that is certain: calls and messages, by pairs of hosts in alphabetical order."""

    def __init__(self, records: Records) -> None:
        self._records: dict[Pair, list[tuple[bool, Kind, Record]]] = defaultdict(list)
        for (from_host, to_host, kind), record in sorted(records.items(), key=lambda item: item[0]):
            if kind in CAUSAL:
                pair = min(from_host, to_host), max(from_host, to_host)
                self._records[pair].append((from_host > to_host, kind, record))

    @property
    def pairs(self) -> Iterable[Pair]:
        """The pairs of hosts between which there were calls or messages."""
        return self._records

    def samples(self, pair: Pair, lean_ns: int = 0) -> list[Sample]:
        """The calls of a pair in either direction as guesses of the second clock minus the first.

        Args:
            pair: Two hosts in alphabetical order.
            lean_ns: By how much the middle of a call says too much for its server's clock.
        """
        found = []
        for reverse, kind, record in self._records[pair]:
            if kind == "call":
                limits = list(record.narrowest())
                fastest_ns = min((each.slack_ns for each in limits), default=0)
                for each in limits:
                    if reverse:
                        found.append(sample(each.turned(), fastest_ns, -lean_ns))
                    else:
                        found.append(sample(each, fastest_ns, lean_ns))
        return found

    def leans(self, pair: Pair) -> Iterator[list[Sample]]:
        """The calls of a pair as guesses of the server's clock minus the client's, direction by direction."""
        for _, kind, record in self._records[pair]:
            limits = list(record.narrowest()) if kind == "call" else []
            if limits:
                fastest_ns = min(each.slack_ns for each in limits)
                yield [sample(each, fastest_ns) for each in limits]

    def alone(self, pair: Pair) -> list[Limits]:
        """The tightest limits of each side, of calls and messages in either direction."""
        return [
            each.turned() if reverse else each
            for reverse, _, record in self._records[pair]
            for each in record.extremes()
        ]
