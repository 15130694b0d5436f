"""Who did it: the agent of every span, inherited down to the next agent or the next process.

Where a process takes a request up (its first span there names no agent) and runs one agent for it, that span
is the agent's too. Where nothing names an agent, the service is one.
"""

from dataclasses import replace
from typing import Final

from weft.analyse.reading import Reading

_CALL: Final = "invoke_agent"
_WORKFLOW: Final = "invoke_workflow"


def name_agents(reading: Reading) -> Reading:
    """Fill in `agents`, `callees`, `processes` and `crossings`."""
    processes = _processes(reading)
    above = reading.tree.parents
    crossings = tuple(
        index > 0 and number != processes[above[index]] for index, number in enumerate(processes)
    )
    reading = replace(reading, processes=processes, crossings=crossings)
    spans, parents = reading.tree.spans, reading.tree.parents
    own, callees = _own(reading)
    entering = _entering(reading, own)
    agents: list[str] = []
    for index, span in enumerate(spans):
        if own[index]:
            agents.append(own[index])
        elif index == 0 or reading.crosses(index):
            agents.append(entering.get(index) or span.service)
        else:
            agents.append(agents[parents[index]])
    return replace(reading, agents=tuple(agents), callees=callees)


def _processes(reading: Reading) -> tuple[int, ...]:
    numbers: dict[tuple[str, ...], int] = {}
    # The spans of a process share their resource: each is looked at once.
    known: dict[tuple[str, int], int] = {}
    found = []
    for span in reading.tree.spans:
        key = (span.service, id(span.resource))
        number = known.get(key)
        if number is None:
            number = known[key] = numbers.setdefault(span.process, len(numbers))
        found.append(number)
    return tuple(found)


def _own(reading: Reading) -> tuple[list[str], tuple[str, ...]]:
    """What each span itself says: who is at work, and who is called in another process."""
    spans = reading.tree.spans
    own = [span.work.agent for span in spans]
    callees = [""] * len(spans)
    working = _working(reading)
    for index, span in enumerate(spans):
        if own[index] and span.kind == "client" and span.work.operation == _CALL and not working[index]:
            # Some instrumentations write CLIENT for agents that run in the caller's process: those have
            # model calls or tools right below. This one has none: it is a call, and the caller's own span.
            own[index], callees[index] = "", own[index]
    return own, tuple(callees)


def _working(reading: Reading) -> list[bool]:
    """For each span whether AI work lies below it in the same process."""
    spans, parents = reading.tree.spans, reading.tree.parents
    working = [False] * len(spans)
    for index in range(len(spans) - 1, 0, -1):
        if (working[index] or spans[index].work.operation) and not reading.crosses(index):
            working[parents[index]] = True
    return working


def _entering(reading: Reading, own: list[str]) -> dict[int, str]:
    """The one agent that a process runs for what it took up, by the index of the first span there."""
    spans, parents = reading.tree.spans, reading.tree.parents
    entry: list[int] = []  # for each span the entry below which it is the first to name an agent, or -1
    found: dict[int, set[str]] = {}
    for index, span in enumerate(spans):
        begins = index == 0 or reading.crosses(index)
        above = index if begins else entry[parents[index]]
        if span.work.operation == _WORKFLOW:
            above = -1  # a workflow is more than the agents that it runs
        elif above >= 0 and own[index]:
            found.setdefault(above, set()).add(own[index])
            above = -1
        entry.append(above)
    return {index: names.pop() for index, names in found.items() if len(names) == 1}
