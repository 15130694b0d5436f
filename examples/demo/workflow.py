"""One workflow: the orchestrator is asked, and its trace is waited for until all of it has arrived."""

import time

import httpx
from children import DemoFailed

from weft.cli.backend import Backend
from weft.cli.failure import Failure
from weft.decode.dialects.read import read
from weft.model.jaeger import read_trace
from weft.model.trace import Trace

ORCHESTRATOR = "agent-orchestrator"
SERVICES = {ORCHESTRATOR, "research-agent", "writing-agent", "review-agent"}
ARRIVES_S = 20.0
RUNS_S = 400.0  # more than the orchestrator has patience for

client = httpx.Client(trust_env=False, timeout=RUNS_S)


def run(orchestrator: str, topic: str, *, fail: bool | None) -> str:
    """Have the agents make a paragraph about a topic.

    Args:
        orchestrator: Its URL.
        topic: What the paragraph is about.
        fail: Whether the review shall fail; None leaves it to chance.

    Returns:
        The id of the trace.

    Raises:
        DemoFailed: It did not end as it should.
    """
    try:
        response = client.post(f"{orchestrator}/run", json={"topic": topic, "fail": fail})
        answer = response.json()
        trace_id, error = answer["trace_id"], answer.get("error")
    except (httpx.HTTPError, ValueError, KeyError) as cause:
        raise DemoFailed(
            f"the orchestrator at {orchestrator} does not answer as it should: {cause!r}"
        ) from cause
    if fail is not None and fail != bool(error):
        raise DemoFailed(
            f"the workflow about {topic} should {'fail' if fail else 'succeed'}: {error or 'it did not'}"
        )
    return str(trace_id)


def arrived(backend: str, trace_id: str) -> Trace:
    """Wait for a trace until it is complete.

    Raises:
        DemoFailed: It does not get complete.
    """
    give_up = time.monotonic() + ARRIVES_S
    said = ""
    while time.monotonic() < give_up:
        try:
            found = Backend(backend).trace(trace_id)
            if found and is_complete(trace := read_trace(found, read)):
                return trace
        except Failure as failure:
            said = f": {failure.message}"
        time.sleep(0.05)
    raise DemoFailed(f"the trace {trace_id} is not complete after {ARRIVES_S:.0f} s{said}")


def is_complete(trace: Trace) -> bool:
    """Whether all spans are there.

    Each process sends its spans in the order in which they end. So when the span has arrived that a process
    began with, all below it in that process have. These are the root, and what took up the orchestrator's
    requests and messages.
    """
    taken_up = all(
        node.children
        for node in trace.walk()
        if node.span.service == ORCHESTRATOR and node.span.kind in {"client", "producer"}
    )
    return trace.connected and trace.root.broken is None and taken_up and set(trace.services) >= SERVICES
