"""How a call gets to another agent: in this process, or over HTTP, Redis, a pipe or a pool to another one."""

import asyncio
import json
import os
import sys
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import asdict
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import httpx
import redis.asyncio
import requests
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from tests.e2e.faults.fault import Task, Value
from tests.e2e.faults.marks import CALLS, WAITS, marking
from tests.e2e.faults.topology import Call
from tests.e2e.faults.waiting import leaving_behind, within

import weft

if TYPE_CHECKING:
    from tests.e2e.faults.crew import Crew

#: Where everybody is: JSON of `{"topology": name, "http": {agent: port}, "redis": port}`.
WHERE = "FAULTS_WHERE"
#: What nobody answers ends some time.
FOR_EVER_S = 10.0
#: So long somebody waits for the reply of a worker that is dead.
REPLY_S = 2.0

_tracer = trace.get_tracer("tests.faults")


class AgentFailed(Exception):
    """An agent did not do its part."""


def where() -> dict[str, Any]:
    """Where everybody is."""
    return dict(json.loads(os.environ[WHERE]))


class Reach:
    """Carries the calls of one process.

    Args:
        crew: The agents of this process.
    """

    def __init__(self, crew: "Crew") -> None:
        self._crew = crew
        self._threads = ThreadPoolExecutor(8)
        self._pools: dict[str, ProcessPoolExecutor] = {}

    async def call(self, call: Call, task: Task, patience_s: float | None) -> Value:
        """Have another agent do a task.

        Args:
            call: Whom, over what.
            task: The task.
            patience_s: How long to wait for the answer; None for ever, or nearly.

        Raises:
            TimeoutError: It took too long.
            Exception: What the agent raised, or what its transport made of it.
        """
        about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": call.agent}
        announced = _tracer.start_as_current_span(
            f"invoke_agent {call.agent}", kind=SpanKind.CLIENT, attributes=about
        )
        trace.get_current_span().set_attribute(f"{WAITS}{call.agent}", True)
        carry = getattr(self, f"_over_{call.over}")
        with marking(CALLS, call.agent), announced if call.announced else nullcontext():
            if call.over in {"inline", "task"}:
                value: Value = await within(patience_s, call.agent, carry(call.agent, task))
            else:
                value = await carry(call.agent, task, patience_s)
            return value

    async def _over_inline(self, agent: str, task: Task) -> Value:
        return await self._crew.work(agent, task)

    async def _over_task(self, agent: str, task: Task) -> Value:
        return await asyncio.create_task(self._crew.work(agent, task), name=agent)

    async def _over_thread(self, agent: str, task: Task, patience_s: float | None) -> Value:
        """A thread cannot be ended: who gives up leaves it behind, who is cancelled asks it to stop."""
        loop = Loop()
        work = asyncio.get_running_loop().run_in_executor(self._threads, loop.run, self._crew, agent, task)
        try:
            return await leaving_behind(patience_s, agent, work)
        except asyncio.CancelledError:
            loop.stop()
            raise

    async def _over_pool(self, agent: str, task: Task, patience_s: float | None) -> Value:
        if agent not in self._pools:
            spawn = get_context("spawn")
            self._pools[agent] = ProcessPoolExecutor(1, spawn, initializer=_begin, initargs=(agent,))
        work = asyncio.get_running_loop().run_in_executor(
            self._pools[agent], _in_pool, where()["topology"], agent, task.to_json()
        )
        try:
            return Value(**await leaving_behind(patience_s, agent, work))
        except BrokenProcessPool:
            self._pools.pop(agent).shutdown(wait=False)
            raise

    async def _over_subprocess(self, agent: str, task: Task, patience_s: float | None) -> Value:
        command = (sys.executable, "-m", "tests.e2e.faults.child", agent)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        try:
            answer, _ = await within(patience_s, agent, process.communicate(task.to_json().encode()))
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            said = json.loads(answer or b"{}").get("error", "no answer")
            raise AgentFailed(f"{agent} ended with {process.returncode}: {said}")
        return Value(**json.loads(answer))

    async def _over_http(self, agent: str, task: Task, patience_s: float | None) -> Value:
        async with httpx.AsyncClient(timeout=patience_s or FOR_EVER_S, verify=False) as client:
            try:
                answer = await client.post(_url(agent), content=task.to_json())
            except httpx.TimeoutException as error:
                raise TimeoutError(f"{agent} did not answer: {type(error).__name__}") from error
        return _value(agent, answer.status_code, answer.text)

    async def _over_flask(self, agent: str, task: Task, patience_s: float | None) -> Value:
        try:
            answer = await asyncio.to_thread(
                requests.post, _url(agent), data=task.to_json(), timeout=patience_s or FOR_EVER_S
            )
        except requests.Timeout as error:
            raise TimeoutError(f"{agent} did not answer: {type(error).__name__}") from error
        return _value(agent, answer.status_code, answer.text)

    async def _over_redis(self, agent: str, task: Task, patience_s: float | None) -> Value:
        """Publish the task, and wait for the reply among those of others."""
        number = uuid.uuid4().hex
        async with redis.asyncio.Redis(port=where()["redis"]) as client, client.pubsub() as replies:
            await replies.subscribe(f"{agent}-replies")
            await replies.get_message(timeout=FOR_EVER_S)
            sent = {"id": number, "task": json.loads(task.to_json())}
            if not await weft.redis.publish(client, f"{agent}-tasks", sent):
                raise AgentFailed(f"{agent}: nobody listens")
            limit_s = REPLY_S if task.fault.kind == "dead_worker" else FOR_EVER_S
            return await within(patience_s or limit_s, agent, _reply(replies, agent, number))


async def _reply(replies: Any, agent: str, number: str) -> Value:
    while True:
        message = await replies.get_message(ignore_subscribe_messages=True, timeout=FOR_EVER_S)
        reply = weft.redis.process(message) if message else None
        if reply is None or reply.payload["id"] != number:
            continue
        with reply:
            if "error" in reply.payload:
                raise AgentFailed(f"{agent}: {reply.payload['error']}")
            return Value(**reply.payload["value"])


class Loop:
    """An event loop in a worker thread, that can be asked to stop from outside."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Value] | None = None

    def run(self, crew: "Crew", agent: str, task: Task) -> Value:
        """Do a task in this thread."""

        async def work() -> Value:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            return await crew.work(agent, task)

        return asyncio.run(work())

    def stop(self) -> None:
        """Cancel it, where it has begun."""
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)


def _begin(agent: str) -> None:
    from tests.e2e.faults.telemetry import connect

    connect(agent)


def _in_pool(topology: str, agent: str, task: str) -> dict[str, str]:
    from tests.e2e.faults.crew import Crew
    from tests.e2e.faults.topologies import TOPOLOGIES

    return asdict(asyncio.run(Crew(TOPOLOGIES[topology], Reach).work(agent, Task.from_json(task))))


def _url(agent: str) -> str:
    return f"http://127.0.0.1:{where()['http'][agent]}/tasks"


def _value(agent: str, status: int, body: str) -> Value:
    if status != 200:
        raise AgentFailed(f"{agent} answered {status}")
    return Value(**json.loads(body))
