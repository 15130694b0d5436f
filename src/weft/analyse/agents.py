"""Who did it: the agent of every span, inherited down to the next agent or the next process.

Where a process takes something up (its first span there names no agent), that span is of the one agent that
the process runs for it; or else of the agent that was at work in this process further up and takes up an
answer; or else of the agent that the caller called. Where nothing names an agent, the service is one.
"""

from dataclasses import replace
from typing import Final

from weft.analyse.reading import Reading

_CALL: Final = "invoke_agent"
_WORKFLOW: Final = "invoke_workflow"
#: Says of an agent that it is made, which is the work of whoever makes it.
_CREATION: Final = "create_agent"
#: Spans above an entry that are looked at for one of its own process: bounds the work on hostile chains.
_NEAR: Final = 256


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
            taken_up = entering.get(index) or _further_up(reading, index, agents)
            agents.append(taken_up or _called(reading, index, own, callees) or span.service)
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
    own = [span.work.agent if span.work.operation != _CREATION else "" for span in spans]
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


def _further_up(reading: Reading, index: int, agents: list[str]) -> str:
    """The agent that was at work in the same process further up; empty for none."""
    process = reading.processes[index]
    for step, above in enumerate(reading.tree.ancestors(index)):
        if step >= _NEAR:
            break
        if reading.processes[above] == process:
            return agents[above]
    return ""


def _called(reading: Reading, index: int, own: list[str], callees: tuple[str, ...]) -> str:
    """The agent that the caller says it called; empty for none."""
    for step, above in enumerate(reading.tree.ancestors(index)):
        if callees[above]:
            return callees[above]
        if step >= _NEAR or own[above] or reading.crosses(above):
            break
    return ""
