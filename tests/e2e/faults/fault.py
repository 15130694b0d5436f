"""A fault that is injected into one run of a program, as it travels with the task from agent to agent."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, get_args

Kind = Literal[
    "raise", "timeout", "retry_then_fail", "retry_then_succeed", "fallback", "swallowed", "bad_value",
    "cancelled_sibling", "cascading_timeout", "dead_worker",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Nobody who writes the analysis has seen a trace of these.
HELD_KINDS: frozenset[Kind] = frozenset(("bad_value", "cascading_timeout"))
#: The workflow ends well, by another attempt or another way.
RECOVERED: frozenset[Kind] = frozenset(("retry_then_succeed", "fallback"))
#: Somebody waits for something that does not come in time.
SLOW: frozenset[Kind] = frozenset(("timeout", "cascading_timeout"))


@dataclass(frozen=True)
class Fault:
    """What goes wrong in a run, where, and who does what about it.

    Attributes:
        kind: What goes wrong.
        site: The place of the tool or the model, or the agent, in which it does.
        how: In which way (see README.md).
        handler: The place whose caller gives up, tries again, goes another way or carries on without.
        outer: In a cascade, the place whose caller gives up before the one of `handler` does.
        rejects: Where a bad value is noticed.
        failures: How many attempts fail before one succeeds.
        siblings: The agents that take their time, so that they are at work when another one fails.
        patience_s: How long the caller waits at `handler`; at `outer` half as long.
        unreported: The agent whose process sends no spans.
    """

    kind: Kind
    site: str
    how: str = "exception"
    handler: str = ""
    outer: str = ""
    rejects: str = ""
    failures: int = 1
    siblings: tuple[str, ...] = ()
    patience_s: float = 0.25
    unreported: str = ""

    @property
    def agent(self) -> str:
        """Whose fault it is."""
        return self.site.partition("/")[0]

    @property
    def fails(self) -> bool:
        """Whether the workflow fails."""
        return self.kind not in RECOVERED and self.kind != "swallowed"

    def slower(self, factor: float) -> "Fault":
        """The same with more patience, for a machine that is busy with other things."""
        return replace(self, patience_s=self.patience_s * factor)


@dataclass(frozen=True)
class Value:
    """What agents hand to each other.

    Attributes:
        text: Some text.
        bad_from: Who made it unusable; nobody, usually.
    """

    text: str = "tea"
    bad_from: str = ""


@dataclass(frozen=True)
class Task:
    """What an agent is asked to do.

    Attributes:
        value: What it works on.
        fault: What goes wrong in this run.
        attempt: Which attempt of the handler's step this is part of; 0 outside of it.
    """

    value: Value
    fault: Fault
    attempt: int = 0

    def strikes(self, place: str) -> bool:
        """Whether the fault is here: in this attempt, and on this visit of an agent that has several."""
        passed = self.fault.kind == "retry_then_succeed" and self.attempt > self.fault.failures
        elsewhere = bool(self.fault.handler) and not self.attempt
        return place == self.fault.site and not passed and not elsewhere

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, task: str | dict[str, Any]) -> Self:
        task = json.loads(task) if isinstance(task, str) else task
        return cls(Value(**task["value"]), fault_of(task["fault"]), task["attempt"])


def fault_of(fault: dict[str, Any]) -> Fault:
    """Read a fault from JSON."""
    return Fault(**{**fault, "siblings": tuple(fault["siblings"])})
