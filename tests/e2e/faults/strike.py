"""The fault itself: asked inside the span of every model, tool and agent, it strikes in one of them."""

import asyncio
import os
import signal
from dataclasses import replace
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from tests.e2e.faults.fault import SLOW, Task, Value
from tests.e2e.faults.marks import ROLE, mark, marking

#: An announcement of the open spans is out by then.
ANNOUNCED_S = 0.8
#: How much longer than anybody's patience something hangs.
HANGS_S = 0.45
#: How long it takes to fail: what runs side by side has begun by then.
FAILS_S = 0.005
ERRORS = (ConnectionError, RuntimeError, KeyError, ValueError, PermissionError)

_tracer = trace.get_tracer("tests.faults")


async def strike(place: str, task: Task) -> bool:
    """Do what the fault asks for at this place; nothing, nearly everywhere.

    Returns:
        Whether the result is an error, that is told as a value: by attributes, not by an exception.

    Raises:
        Exception: What the fault says.
    """
    fault = task.fault
    if place == fault.rejects and task.value.bad_from:
        mark("origin")
        reason = f"of {task.value.bad_from}" if fault.how == "named" else "without sources"
        raise ValueError(f"an answer {reason} cannot be used")
    if not task.strikes(place):
        return False
    if fault.kind in SLOW:
        await _hang(fault.patience_s, fault.how)
    elif fault.kind == "dead_worker":
        mark("origin")
        await asyncio.sleep(ANNOUNCED_S if fault.how == "announced" else 0.02)
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault.kind != "bad_value":
        await asyncio.sleep(FAILS_S)
        return _fail(place, fault.how)
    return False


def spoilt(place: str, task: Task, value: Value) -> Value:
    """What a place returns: as it is, or unusable where the fault wants that."""
    fault = task.fault
    return replace(value, bad_from=fault.agent) if (fault.kind, fault.site) == ("bad_value", place) else value


def hang_s(patience_s: float) -> float:
    """How long something hangs, given how long somebody waits for it."""
    return patience_s * 1.5 + HANGS_S


async def _hang(patience_s: float, how: str) -> None:
    mark("origin")
    if how == "own":
        await asyncio.sleep(patience_s)
        raise TimeoutError("request timed out")
    await asyncio.sleep(hang_s(patience_s))


def _fail(place: str, how: str) -> bool:
    span = trace.get_current_span()
    if how == "grpc":
        about = {"rpc.system": "grpc", "rpc.service": "index.Index", "rpc.method": "Find"}
        with marking(ROLE, "origin"):
            call = _tracer.start_span("index.Index/Find", kind=SpanKind.CLIENT, attributes=about)
        call.set_attribute("rpc.grpc.status_code", 14)
        call.end()
        return True
    if how == "answered":
        return True  # the door of its process answers the status 500, and has the span that says so
    mark("origin")
    match how:
        case "error_type":
            tool = "gen_ai.tool.name" in _attributes(span)
            span.set_attribute("error.type", "tool_error" if tool else "rate_limit_exceeded")
        case "is_error":
            result = '{"isError": true, "content": [{"type": "text", "text": "no access"}]}'
            span.set_attribute("gen_ai.tool.call.result", result)
        case "event":
            span.record_exception(PermissionError("no access"))
        case _:
            raise ERRORS[sum(map(ord, place)) % len(ERRORS)]("cannot go on: the source does not answer")
    return True


def _attributes(span: Any) -> dict[str, Any]:
    return dict(span.attributes or {})
