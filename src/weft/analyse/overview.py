"""Many explained traces in a few numbers: what agents did, what passed between them, where errors began."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Final

from weft.model.explanation import Explanation
from weft.model.hand_off import HandOff, HandOffKind, PartName
from weft.model.usage import NO_USAGE, Usage

_SAMPLE: Final = 10_000
_LONGEST_REASON: Final = 200


class Times:
    """Durations of which quantiles are asked; of more than 10,000 a fair sample is kept.

    Source: J. S. Vitter, Random sampling with a reservoir, 1985 (algorithm R).

    Attributes:
        count: How many there were.
    """

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[int] = []
        self._random = Random(0)  # noqa: S311 (the same numbers for the same traces)

    def add(self, ns: int) -> None:
        """Take in one, in nanoseconds."""
        self.count += 1
        if len(self._kept) < _SAMPLE:
            self._kept.append(ns)
        elif (place := self._random.randrange(self.count)) < _SAMPLE:
            self._kept[place] = ns

    def quantile(self, share: float) -> int:
        """Give the duration that this share of them, from 0 to 1, does not exceed; 0 when there are none.

        Source: R. J. Hyndman and Y. Fan, Sample quantiles in statistical packages, 1996 (definition 7):
        between two of them in proportion, so that the median of two is the middle.
        """
        ordered = sorted(self._kept)
        if not ordered:
            return 0
        place = share * (len(ordered) - 1)
        below, above = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
        return below + round((above - below) * (place % 1))


@dataclass(slots=True)
class AgentTotal:
    """What one agent did in all traces.

    Attributes:
        traces: In how many it took part.
        spans: How many spans are its own.
        path_ns: Its part of the critical paths, in nanoseconds.
        origins: How many failures began in it.
        usage: Tokens and cost of its own model calls.
    """

    traces: int = 0
    spans: int = 0
    path_ns: int = 0
    origins: int = 0
    usage: Usage = NO_USAGE


@dataclass(slots=True)
class HandOffTotal:
    """What passed from one agent to another in all traces.

    Attributes:
        count: How many hand-offs there were.
        failed: How many of them failed in the end.
        retries: How many attempts there were beyond the first.
        parts: The times of each part, where the evidence tells them.
    """

    count: int = 0
    failed: int = 0
    retries: int = 0
    parts: defaultdict[PartName, Times] = field(default_factory=lambda: defaultdict(Times))


class Overview:
    """Takes in explanations one by one.

    Attributes:
        traces: How many there were.
        spans: Their spans.
        failed: Traces in which a failure began.
        start_ns: The first start, nanoseconds since the Unix epoch.
        until_ns: The last start.
        durations: How long each trace took.
        path_ns: The critical paths together.
        agents: By name.
        hand_offs: By sender, receiver and kind.
        origins: Failures by the agent that they began in and the reason that it gave.
        repairs: What had to be assumed, by kind.
    """

    def __init__(self) -> None:
        self.traces = self.spans = self.failed = self.path_ns = 0
        self.start_ns = self.until_ns = 0
        self.durations = Times()
        self.agents: defaultdict[str, AgentTotal] = defaultdict(AgentTotal)
        self.hand_offs: defaultdict[tuple[str, str, HandOffKind], HandOffTotal] = defaultdict(HandOffTotal)
        self.origins: Counter[tuple[str, str]] = Counter()
        self.repairs: Counter[str] = Counter()

    def add(self, explanation: Explanation) -> None:
        """Take in one trace."""
        start_ns = explanation.start_ns
        self.start_ns = min(self.start_ns, start_ns) if self.traces else start_ns
        self.until_ns = max(self.until_ns, start_ns)
        self.traces += 1
        self.durations.add(explanation.duration_ns)
        for name, share in explanation.agents.items():
            agent = self.agents[name]
            path_ns = sum(share.path_ns.values())
            agent.traces += 1
            agent.spans += share.spans
            agent.path_ns += path_ns
            agent.origins += share.origins
            agent.usage += share.usage
            self.spans += share.spans
            self.path_ns += path_ns
        for hand_off in explanation.hand_offs:
            self._hand_off(hand_off)
        began = [failure for failure in explanation.failures if failure.role == "origin"]
        self.failed += bool(began)
        self.origins.update((failure.agent, failure.reason[:_LONGEST_REASON]) for failure in began)
        self.repairs.update(repair.kind for repair in explanation.repairs)

    def _hand_off(self, hand_off: HandOff) -> None:
        total = self.hand_offs[hand_off.from_agent, hand_off.to_agent, hand_off.kind]
        total.count += 1
        total.failed += hand_off.failed
        total.retries += len(hand_off.attempts) - 1
        for part in hand_off.parts:
            if part.ns is not None:
                total.parts[part.name].add(part.ns)
