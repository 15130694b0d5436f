"""Models and tools, as agents use them: stand-ins that take a moment, in the spans of real ones."""

import asyncio
import concurrent.futures
import os
import sys
import threading

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from tests.e2e.faults.fault import Fault, Task
from tests.e2e.faults.marks import ROLE, mark, marking
from tests.e2e.faults.strike import strike
from tests.e2e.faults.topology import Model, Tool

import weft

MOMENT_S = 0.01
#: Where a sibling is to be cancelled, it must still be at work.
UNHURRIED_S = 0.4
#: Where the services without tracing are that tools ask.
UPSTREAM = "FAULTS_UPSTREAM"
COMMAND = (sys.executable, "-S", "-E", "-c")

_tracer = trace.get_tracer("tests.faults")


class Unusable(Exception):
    """What a model or a tool answered is an error, by its content."""


async def ask(model: Model, place: str, task: Task) -> None:
    """Ask a model.

    Raises:
        Exception: As the fault wants it.
    """
    about = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ollama",
        "gen_ai.request.model": model.name,
    }
    with _tracer.start_as_current_span(f"chat {model.name}", kind=SpanKind.CLIENT, attributes=about) as span:
        told = await strike(place, task)
        if not told:
            await _moment(place, task)
            span.set_attribute("gen_ai.usage.input_tokens", 40)
            span.set_attribute("gen_ai.usage.output_tokens", 12)
    if told:
        raise Unusable(f"{model.name} answered with an error")


async def use(tool: Tool, place: str, task: Task) -> None:
    """Use a tool.

    Raises:
        Exception: As the fault wants it.
    """
    with weft.tool(tool.name):
        told = task.strikes(place) and await _beside(task.fault)
        told = told or await strike(place, task)
        if not told and tool.how == "http":
            await _get("/ok", 5)
        elif not told and tool.how == "command":
            await _run("print(1)")
        elif not told:
            await asyncio.sleep(MOMENT_S / 5)
    if told:
        raise Unusable(f"{tool.name} answered with an error")


async def _beside(fault: Fault) -> bool:
    """The ways of failing that lie in what a tool is made of; True where it answers with an error."""
    match fault.how:
        case "upstream_500" | "upstream_500_raised":
            with marking(ROLE, "origin"):
                answer = await _get("/broken", 5)
            if fault.how == "upstream_500_raised":
                answer.raise_for_status()
            return True
        case "upstream_hangs":
            with marking(ROLE, "origin"):
                await _get("/slow", fault.patience_s)
        case "exit_code":
            mark("origin")
            await _run("raise SystemExit(3)")
    return False


async def _get(path: str, patience_s: float) -> httpx.Response:
    async with httpx.AsyncClient(timeout=patience_s, verify=False) as client:
        return await client.get(os.environ[UPSTREAM] + path)


async def _run(program: str) -> None:
    process = await asyncio.create_subprocess_exec(*COMMAND, program, stdout=asyncio.subprocess.DEVNULL)
    if code := await process.wait():
        raise RuntimeError(f"the command ended with {code}")


async def _moment(place: str, task: Task) -> None:
    """Wait as for an answer. In a worker thread being cancelled is an error, as without asyncio."""
    try:
        await asyncio.sleep(UNHURRIED_S if place.partition("/")[0] in task.fault.siblings else MOMENT_S)
    except asyncio.CancelledError:
        if threading.current_thread() is threading.main_thread():
            raise
        raise concurrent.futures.CancelledError("the request was abandoned") from None
