"""Learns the clocks of hosts from traces, as many as there are, in bounded memory."""

from collections.abc import Iterable
from typing import Final

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.exchange import Kind, exchanges
from weft.analyse.clocks.machine import machine
from weft.analyse.clocks.record import Record
from weft.analyse.clocks.survey import survey
from weft.model.trace import Trace

_MOST_RECORDS: Final = 4096


class Learner:
    """Takes in traces in any order, and says at any time what they tell of the clocks.

    Of each pair of hosts the lowest round trips are kept, for up to 256 windows of time. Beyond 4,096
    pairs those that were not heard of for the longest time are forgotten.
    """

    def __init__(self) -> None:
        self._records: dict[tuple[str, str, Kind], Record] = {}
        self._machines: dict[str, str | None] = {}

    def add(self, trace: Trace) -> None:
        """Take in a trace."""
        news: set[str] = set()
        for kind, from_host, to_host, at_ns, low_ns, high_ns in exchanges(trace):
            key = (from_host, to_host, kind)
            record = self._records.get(key)
            if record is None:
                record = self._records[key] = Record(at_ns)
                news.update(key[:2])
            record.add(at_ns, low_ns, high_ns)
        news -= self._machines.keys()
        if news:
            for span in trace.spans:
                host = span.host
                if host in news and host is not None:
                    news.remove(host)
                    self._machines[host] = machine(span.resource)
        if len(self._records) > _MOST_RECORDS:
            self._forget()

    def clocks(self) -> Clocks:
        """Say what is known of the clocks so far."""
        return survey(self._records, self._machines) if self._records else NO_CLOCKS

    def _forget(self) -> None:
        """Drop the quarter that is the longest ago, so that it is not done for every new pair."""
        order = sorted(self._records, key=lambda key: (self._records[key].last_ns, key))
        for key in order[: len(order) - _MOST_RECORDS * 3 // 4]:
            del self._records[key]
        left = {host for key in self._records for host in key[:2]}
        self._machines = {host: found for host, found in self._machines.items() if host in left}


def learn(traces: Iterable[Trace]) -> Clocks:
    """Learn the clocks of hosts from traces, in any order."""
    learner = Learner()
    for trace in traces:
        learner.add(trace)
    return learner.clocks()
