"""Agents that hand a task back and forth."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from weft.analyse.loops.repeated import loop
from weft.analyse.reading import Reading
from weft.model.loop import Loop

_AGAIN: Final = 3
"""Hand-overs, each inside the one before: the other agent has the task for the second time."""
_ROUNDS: Final = 4
"""Turns one after the other: both agents had two."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """Where an agent takes over.

    Attributes:
        index: Its first span.
        above: The turn inside which this one is, by the index of its first span; -1 for none.
        run: The first turn of those that go back and forth down to this one.
        depth: How often it was handed over within that run; 0 where nobody hands over.
    """

    index: int
    above: int
    run: int
    depth: int


def find_ping_pong(reading: Reading) -> Iterator[Loop]:
    """Find pairs of agents that work in turns.

    Inside each other: A hands over to B, B to A, A to B; where A itself waits for what it is called back
    for, once is enough. One after the other: A, B, A, B, nothing of another agent between them. Only what
    spans name is an agent here: services call each other back as a matter of course. An answer is not
    a hand-over, so a supervisor may call one worker as often as it likes.
    """
    turns = _turns(reading)
    yield from _nested(reading, turns)
    yield from _in_turns(reading, turns)


def _turns(reading: Reading) -> dict[int, _Turn]:
    named = {span.work.agent for span in reading.tree.spans if span.work.agent}
    turns: dict[int, _Turn] = {}
    if len(named) < 2:
        return turns
    agents, parents = reading.agents, reading.tree.parents
    current: list[int] = []  # the turn that a span is part of
    for index, agent in enumerate(agents):
        above = current[parents[index]] if index else -1
        if agent not in named or (above >= 0 and agents[above] == agent):
            current.append(above)
            continue
        current.append(index)
        if above < 0:
            turns[index] = _Turn(index, above, index, 0)
            continue
        before = turns[above]
        if before.above >= 0 and agents[before.above] == agent:
            turns[index] = _Turn(index, above, before.run, before.depth + 1)
        else:
            turns[index] = _Turn(index, above, index, 1)
    return turns


def _nested(reading: Reading, turns: dict[int, _Turn]) -> Iterator[Loop]:
    runs: dict[int, list[_Turn]] = defaultdict(list)
    for turn in turns.values():
        if turn.depth:
            runs[turn.run].append(turn)
    for run in runs.values():
        if any(turn.depth >= _AGAIN or _calls_back(reading, turns, turn) for turn in run):
            agents = (reading.agents[run[0].above], reading.agents[run[0].index])
            again = [turn.index for turn in run if turn.depth > 1]
            yield _loop(reading, agents, [turn.index for turn in run], again)


def _calls_back(reading: Reading, turns: dict[int, _Turn], turn: _Turn) -> bool:
    """Whether an agent is called that waits for what it is called for. A message may be the answer itself."""
    if turn.depth < 2 or reading.tree.spans[turn.index].kind == "consumer":
        return False
    waiting = turns[turn.above].above
    return reading.end_ns[turn.index] <= reading.end_ns[waiting]


def _in_turns(reading: Reading, turns: dict[int, _Turn]) -> Iterator[Loop]:
    inside: dict[int, list[int]] = defaultdict(list)
    for turn in turns.values():
        inside[turn.above].append(turn.index)
    for sequence in inside.values():
        if len(sequence) >= _ROUNDS:
            sequence.sort(key=reading.start_ns.__getitem__)
            for run in _alternations(reading, sequence):
                agents = (reading.agents[run[0]], reading.agents[run[1]])
                yield _loop(reading, agents, run, run[2:])


def _alternations(reading: Reading, sequence: Sequence[int]) -> Iterator[list[int]]:
    agents = reading.agents
    run: list[int] = []
    for index in sequence:
        after = (
            bool(run)
            and reading.start_ns[index] >= reading.end_ns[run[-1]]
            and agents[index] != agents[run[-1]]
        )
        if not after or (len(run) > 1 and agents[index] != agents[run[-2]]):
            if len(run) >= _ROUNDS:
                yield run
            run = run[-1:] if after else []
        run.append(index)
    if len(run) >= _ROUNDS:
        yield run


def _loop(reading: Reading, agents: tuple[str, str], spans: Sequence[int], again: Sequence[int]) -> Loop:
    return loop(reading, "ping_pong", agents, f"{agents[0]} → {agents[1]}", spans=spans, again=again)
