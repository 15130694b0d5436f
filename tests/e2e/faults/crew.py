"""The agents of one process at work: they take their steps, and do what a fault asks of a caller."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol

from tests.e2e.faults import steps
from tests.e2e.faults.fault import SLOW, Fault, Task, Value
from tests.e2e.faults.marks import mark, unmarked
from tests.e2e.faults.strike import spoilt, strike
from tests.e2e.faults.topology import Call, Model, Step, Together, Tool, Topology
from tests.e2e.faults.waiting import within

import weft

ATTEMPTS = 3


class Answered500(Exception):
    """An agent answers the status 500, as a value: its process' door says so."""


class Carrier(Protocol):
    """Carries a call to another agent, and its answer back."""

    async def call(self, call: Call, task: Task, patience_s: float | None) -> Value: ...


class Crew:
    """The agents of one process.

    Args:
        topology: The program they belong to.
        reach: How they get at each other.
    """

    def __init__(self, topology: Topology, reach: Callable[["Crew"], Carrier]) -> None:
        self._agents = topology.agents
        self._reach = reach(self)

    async def work(self, name: str, task: Task) -> Value:
        """Have an agent do a task.

        Raises:
            Exception: What went wrong, and nobody saw to.
        """
        unmarked()
        agent, value = self._agents[name], task.value
        with weft.agent(name) if agent.spoken else nullcontext():
            told = await strike(name, task)
            for number, step in enumerate(agent.steps if not told else ()):
                value = await self._handled(f"{name}/{number}", step, replace(task, value=value))
        if told:
            raise Answered500
        return spoilt(name, task, value)

    async def _handled(self, place: str, step: Step, task: Task) -> Value:
        """Take a step, with what its caller does where it fails or takes too long."""
        fault = task.fault
        if place == fault.handler:
            task = replace(task, attempt=1)
        if place == fault.outer:
            return await self._waiting(place, step, task, fault.patience_s / 2)
        if place != fault.handler:
            return await self._take(place, step, task, None)
        if fault.kind in SLOW:
            return await self._waiting(place, step, task, fault.patience_s)
        if fault.kind.startswith("retry"):
            return await self._again(place, step, task)
        try:
            return await self._take(place, step, task, None)
        except Exception:
            if fault.kind == "swallowed":
                return task.value
            if fault.kind == "fallback":
                return await self._instead(step, task)
            raise

    async def _again(self, place: str, step: Step, task: Task) -> Value:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._take(place, step, replace(task, attempt=attempt), None)
            except Exception:  # noqa: BLE001 - whatever the agent raised
                await asyncio.sleep(steps.MOMENT_S)
        return await self._take(place, step, replace(task, attempt=ATTEMPTS), None)

    async def _instead(self, step: Step, task: Task) -> Value:
        """Another way to the same result; the fault is not there."""
        sound = replace(task, fault=Fault(task.fault.kind, "nowhere"))
        match step:
            case Model():
                await steps.ask(Model("llama3.2"), "", sound)
            case Tool():
                await steps.use(Tool(f"cached_{step.name}"), "", sound)
            case _:
                with weft.agent("generalist"):
                    await steps.ask(Model("llama3.2"), "", sound)
        return task.value

    async def _waiting(self, place: str, step: Step, task: Task, patience_s: float) -> Value:
        try:
            return await self._take(place, step, task, patience_s)
        except TimeoutError:
            mark("symptom")
            raise

    async def _take(self, place: str, step: Step, task: Task, patience_s: float | None) -> Value:
        match step:
            case Model():
                await within(patience_s, f"chat {step.name}", steps.ask(step, place, task))
            case Tool():
                await within(patience_s, step.name, steps.use(step, place, task))
            case Together():
                return await within(patience_s, "a part", self._together(place, step, task))
            case Call():
                return await self._reach.call(step, task, patience_s)
        return spoilt(place, task, task.value)

    async def _together(self, place: str, step: Together, task: Task) -> Value:
        parts = [self._handled(f"{place}.{number}", each, task) for number, each in enumerate(step.steps)]
        if task.fault.kind != "cancelled_sibling":
            values = await asyncio.gather(*parts)
        else:
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(part) for part in parts]
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            values = [each.result() for each in tasks]
        return next((value for value in values if value.bad_from), values[0])
