"""What a multi-agent program is made of, as data: who works, in which steps, and who calls whom over what.

A place names one step: `planner/2` is the third step of planner, `planner/2.0` the first of the steps that it
takes together. The way to a place is the steps that are under way while it runs, the outermost first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Over = Literal["inline", "task", "thread", "pool", "subprocess", "http", "flask", "redis"]
#: The service of the process in which every program begins.
DRIVER = "driver"
#: What carries a call out of its process: the callee has a process of its own.
REMOTE = ("pool", "subprocess", "http", "flask", "redis")
#: Where the callee goes on when its caller has given up.
GOES_ON = ("thread", "pool", "http", "flask", "redis")


@dataclass(frozen=True)
class Model:
    """A call of a language model: a stand-in, a short wait inside the span that a client would make."""

    name: str = "qwen3:8b"


@dataclass(frozen=True)
class Tool:
    """A use of a tool: a function, a command that is run, or a request to a service without tracing."""

    name: str
    how: Literal["function", "command", "http"] = "function"


@dataclass(frozen=True)
class Call:
    """A call of another agent.

    Attributes:
        agent: Who is called.
        over: What carries the call.
        announced: Whether the caller has an `invoke_agent` span of kind CLIENT around it, as the GenAI
            conventions have it for remote agents.
    """

    agent: str
    over: Over = "inline"
    announced: bool = False


@dataclass(frozen=True)
class Together:
    """Steps that are taken at the same time."""

    steps: tuple["Step", ...]


Step = Model | Tool | Call | Together


@dataclass(frozen=True)
class Agent:
    """What one agent does, in order; each step is given what the one before it returned.

    Attributes:
        steps: Its steps.
        spoken: Whether it has an `invoke_agent` span; what has none is the workflow's own code.
    """

    steps: tuple[Step, ...]
    spoken: bool = True


@dataclass(frozen=True)
class Place:
    """One step of a topology, and the steps that are under way around it.

    Attributes:
        name: Its name, as `planner/2`.
        step: What is done there.
        way: The names of the places around it, the outermost first, and its own at the end.
    """

    name: str
    step: Step
    way: tuple[str, ...]

    @property
    def agent(self) -> str:
        """Who takes the step."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Topology:
    """A program: its agents, the first of which is where it begins."""

    name: str
    agents: dict[str, Agent]

    @property
    def root(self) -> str:
        """Where it begins."""
        return next(iter(self.agents))

    def places(self) -> list[Place]:
        """Every step on every way that leads to it, in the order of their turn."""
        return list(self._of(self.root, ()))

    def calls(self) -> Iterator[Call]:
        """Every call of the program, once for each place."""
        seen = set()
        for place in self.places():
            if isinstance(place.step, Call) and place.name not in seen:
                seen.add(place.name)
                yield place.step

    def _of(self, agent: str, way: tuple[str, ...]) -> Iterator[Place]:
        for number, step in enumerate(self.agents[agent].steps):
            yield from self._at(f"{agent}/{number}", step, way)

    def _at(self, name: str, step: Step, way: tuple[str, ...]) -> Iterator[Place]:
        way = (*way, name)
        yield Place(name, step, way)
        if isinstance(step, Together):
            for number, each in enumerate(step.steps):
                yield from self._at(f"{name}.{number}", each, way)
        elif isinstance(step, Call):
            yield from self._of(step.agent, way)
