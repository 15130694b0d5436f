"""What the spans of a trace say that they took, and which of it is said again further down.

A model call is often seen more than once: by the SDK's instrumentation, by that of the framework around it,
and in the sum that the agent's span gives. The innermost is the call itself; what is above it is not added.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from weft.analyse.reading import Reading
from weft.model.work import Tokens

AGENTS: Final = frozenset({"invoke_agent", "invoke_workflow"})
_TOOL: Final = "execute_tool"
_SUMS: Final = AGENTS | {
    _TOOL, "create_agent", "task", "plan", "handoff", "guardrail", "evaluate", "memory", "retrieval",
}  # fmt: skip

# What is below a span says something …
_DIRECTLY: Final = 1  # … and was seen to be part of its work, and not of what a tool does
_HERE: Final = 2  # … and no agent of another process comes before it …
_AGENT: Final = 4  # … although an agent of this process does
_SOMEWHERE: Final = 8


@dataclass(frozen=True, slots=True)
class Said:
    """What spans say, by index.

    Attributes:
        tokens: Tokens that are more than none.
        costs: US dollars, more than none.
    """

    tokens: dict[int, Tokens]
    costs: dict[int, float]


def what_is_said(reading: Reading) -> Said:
    """Collect what the spans say of tokens and cost."""
    tokens: dict[int, Tokens] = {}
    costs: dict[int, float] = {}
    for index, span in enumerate(reading.tree.spans):
        work = span.work
        if work.tokens is not None and work.tokens.total > 0:
            tokens[index] = work.tokens
        if work.cost is not None and math.isfinite(work.cost) and work.cost > 0:
            costs[index] = work.cost
    return Said(tokens, costs)


def is_call(reading: Reading, index: int) -> bool:
    """Whether a span is a call of a model, and not a piece of work that may call several."""
    work = reading.tree.spans[index].work
    return work.operation not in _SUMS and bool(work.operation or work.model)


class Scopes:
    """Which spans below it a span speaks for when it says what was taken.

    - A call of a model speaks for the calls below it in whatever process: the same call further down, the
      steps that it is made of, or what a gateway did for it. What a tool does meanwhile is not part of it.
    - A call of a remote agent speaks for all that this agent does.
    - An agent, a workflow or another piece of work sums up what it called itself, also through a gateway, but
      not what an agent in another process called.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        spans, parents = reading.tree.spans, reading.tree.parents
        self._apart = set()  # tools, and spans that hang where they are by a repair
        self._agent = set()
        for index, span in enumerate(spans):
            operation = span.work.operation
            if operation == _TOOL or span.parent_id != spans[parents[index]].span_id:
                self._apart.add(index)
            if operation in AGENTS:
                self._agent.add(index)

    def repeated(self, saying: Collection[int]) -> set[int]:
        """Find those among the spans that speak for another one of them."""
        if len(saying) < 2:
            return set()
        reading, parents = self._reading, self._reading.tree.parents
        below = [0] * len(parents)
        repeated = set()
        for index in range(len(parents) - 1, -1, -1):
            signs = below[index]
            if index in saying:
                if signs & self._spoken_for(index):
                    repeated.add(index)
                signs |= _DIRECTLY | _HERE | _SOMEWHERE
            if not signs or index == 0:
                continue
            if index in self._apart:
                signs &= ~_DIRECTLY
            if signs & _HERE and index in self._agent:
                signs = signs & ~_HERE | _AGENT
            if signs & _AGENT and reading.crosses(index):
                signs &= ~_AGENT
            below[parents[index]] |= signs
        return repeated

    def _spoken_for(self, index: int) -> int:
        if self._reading.callees[index]:
            return _SOMEWHERE
        return _DIRECTLY if is_call(self._reading, index) else _HERE | _AGENT

    def under(self, speaking: Collection[int]) -> set[int]:
        """Find the spans that one of these, above them, speaks for."""
        if not speaking:
            return set()
        reading, parents = self._reading, self._reading.tree.parents
        spoken_for = [0] * len(parents)
        found = set()
        for index in range(1, len(parents)):
            parent = parents[index]
            signs = spoken_for[parent]
            if parent in speaking:
                signs |= self._spoken_for(parent)
            if not signs:
                continue
            if index in self._apart:
                signs &= ~_DIRECTLY
            if signs & _AGENT and reading.crosses(index):
                signs &= ~_AGENT  # only `_HERE` is left: it ends at the first agent
            if signs & _HERE and not signs & _AGENT and index in self._agent:
                signs &= ~_HERE
            spoken_for[index] = signs
            if signs:
                found.add(index)
        return found

    def single(self, calls: Collection[int]) -> dict[int, int]:
        """Find for each span the one call directly below it, where there is just one."""
        parents = self._reading.tree.parents
        several = -1
        single: dict[int, int] = {}
        for index in range(len(parents) - 1, 0, -1):
            call = index if index in calls else single.get(index)
            if call is not None and index not in self._apart:
                parent = parents[index]
                single[parent] = call if parent not in single else several
        return {index: call for index, call in single.items() if call != several}
