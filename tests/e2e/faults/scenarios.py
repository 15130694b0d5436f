"""Which faults a program is put to: every kind that makes sense for it, at places of different depth."""

import random
from collections.abc import Callable, Iterator

from tests.e2e.faults.fault import KINDS, Fault, Kind
from tests.e2e.faults.topology import GOES_ON, REMOTE, Call, Model, Place, Step, Together, Tool, Topology

#: Ways of failing without an exception in the span itself, and those that need a certain tool.
TOOL_WAYS = ("exception", "is_error", "error_type", "event", "grpc")
#: What a child process needs before it begins.
START_S = 1.5


def scenarios(topology: Topology, kind: Kind, most: int) -> list[Fault]:
    """At most so many faults of a kind, spread over the places where it makes sense.

    Args:
        topology: The program.
        kind: What goes wrong.
        most: How many.
    """
    chance = random.Random(f"{topology.name} {kind}")
    found = list(dict.fromkeys(_KINDS[kind](topology, chance)))
    chance.shuffle(found)
    spread: dict[str, Fault] = {}
    for fault in found:  # different places first
        spread.setdefault(fault.site, fault)
    return [*spread.values(), *(fault for fault in found if fault not in spread.values())][:most]


def _sites(topology: Topology) -> list[Place]:
    return [place for place in topology.places() if not isinstance(place.step, Together)]


def _site(place: Place) -> str:
    """The name by which a fault knows a place: a call's site is the agent that is called."""
    return place.step.agent if isinstance(place.step, Call) else place.name


def _ways(place: Place, chance: random.Random) -> str:
    match place.step:
        case Tool(how="http"):
            return chance.choice(("upstream_500", "upstream_500_raised", *TOOL_WAYS))
        case Tool(how="command"):
            return chance.choice(("exit_code", *TOOL_WAYS))
        case Tool():
            return chance.choice(TOOL_WAYS)
        case Model():
            return chance.choice(("exception", "exception", "error_type"))
        case Call(over="http" | "flask"):
            return chance.choice(("exception", "answered"))
    return "exception"


def _steps(topology: Topology) -> dict[str, Place]:
    return {place.name: place for place in topology.places()}


def _raise(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    for place in _sites(topology):
        yield Fault("raise", _site(place), _ways(place, chance))
        if lost := _served(topology, place):
            yield Fault("raise", _site(place), "unreported", unreported=chance.choice(lost))


def _served(topology: Topology, place: Place) -> list[str]:
    """The agents on the way to a place that have a process of their own."""
    steps = [_steps(topology)[name].step for name in place.way]
    doors = {"http", "flask", "redis"}
    return [step.agent for step in steps if isinstance(step, Call) and step.over in doors]


def _timeout(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    for place in _sites(topology):
        handler = chance.choice(place.way)
        patience_s = _patience(topology, place, handler)
        yield Fault("timeout", _site(place), "hangs", handler, patience_s=patience_s)
        if lost := _served(topology, place):
            silent = chance.choice(lost)
            yield Fault(
                "timeout", _site(place), "unreported", handler, patience_s=patience_s, unreported=silent
            )
        if isinstance(place.step, Model):
            yield Fault("timeout", place.name, "own")
        if isinstance(place.step, Tool) and place.step.how == "http":
            yield Fault("timeout", place.name, "upstream_hangs")


def _handled(kind: Kind) -> Callable[[Topology, random.Random], Iterator[Fault]]:
    def faults(topology: Topology, chance: random.Random) -> Iterator[Fault]:
        for place in _sites(topology):
            handlers = place.way
            if kind == "swallowed":
                handlers = tuple(name for name in place.way if not _looks_retried(topology, name))
            if handlers:
                handler, failures = chance.choice(handlers), chance.choice((1, 1, 2))
                yield Fault(kind, _site(place), _ways(place, chance), handler=handler, failures=failures)

    return faults


def _looks_retried(topology: Topology, name: str) -> bool:
    """Whether the step behind a place is of its kind: nobody can tell that from another attempt."""
    agent, _, number = name.partition("/")
    steps = topology.agents[agent].steps[int(number.partition(".")[0]) :]
    one, *later = [_kind(step) for step in steps]
    return later[:1] == [one] or (one is Call and steps[0] in steps[1:])


def _kind(step: Step) -> type:
    return Call if isinstance(step, Together) else type(step)


def _bad_value(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    """An agent or its tool returns it; whoever is given it later, elsewhere, rejects it."""
    steps = _steps(topology)
    places = [place for place in _sites(topology) if not isinstance(place.step, Call)]
    for number, place in enumerate(places):
        later = [
            each
            for each in places[number + 1 :]
            if each.agent != place.agent and not _beside(place, each, steps)
        ]
        if later:
            rejects = chance.choice(later[:4])
            yield Fault("bad_value", place.name, chance.choice(("named", "unnamed")), rejects=rejects.name)


def _beside(one: Place, other: Place, steps: dict[str, Place]) -> bool:
    """Whether two places run at the same time."""
    both = zip(one.way, other.way, strict=False)
    last = [name for name, same in both if name == same][-1:]
    return bool(last) and isinstance(steps[last[0]].step, Together)


def _cancelled_sibling(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    steps = _steps(topology)
    for place in _sites(topology):
        if any(isinstance(steps[name].step, Together) for name in place.way[:-1]):
            hurried = {_site(place).partition("/")[0], *(steps[name].agent for name in place.way)}
            siblings = tuple(agent for agent in topology.agents if agent not in hurried)
            yield Fault("cancelled_sibling", _site(place), _ways(place, chance), siblings=siblings)


def _cascading_timeout(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    """The outer call goes on when its caller has given up, so that the inner caller's patience ends later."""
    steps = _steps(topology)
    # Where an agent is called again and again, its first visit is the one that hangs.
    firsts = {place.name: place for place in reversed(_sites(topology))}
    for place in firsts.values():
        for number, name in enumerate(place.way[:-1]):
            step = steps[name].step
            if isinstance(step, Call) and step.over in GOES_ON:
                handler = chance.choice(place.way[number + 1 :])
                patience_s = 2 * _patience(topology, place, name)
                yield Fault("cascading_timeout", _site(place), "hangs", handler, name, patience_s=patience_s)


def _dead_worker(topology: Topology, chance: random.Random) -> Iterator[Fault]:
    steps = _steps(topology)
    for place in _sites(topology):
        way = [steps[name].step for name in place.way]
        if any(isinstance(step, Call) and step.over in REMOTE for step in way):
            for how in ("at once", "announced"):
                yield Fault("dead_worker", _site(place), how)


def _patience(topology: Topology, place: Place, handler: str) -> float:
    """How long the caller at a place waits: a new process needs its time."""
    steps = _steps(topology)
    inside = [steps[name].step for name in place.way[place.way.index(handler) :]]
    starting = any(isinstance(step, Call) and step.over in {"subprocess", "pool"} for step in inside)
    return START_S if starting else 0.25


_KINDS = {
    "raise": _raise,
    "timeout": _timeout,
    **{kind: _handled(kind) for kind in ("retry_then_fail", "retry_then_succeed", "fallback", "swallowed")},
    "bad_value": _bad_value,
    "cancelled_sibling": _cancelled_sibling,
    "cascading_timeout": _cascading_timeout,
    "dead_worker": _dead_worker,
}
assert set(_KINDS) == set(KINDS)
