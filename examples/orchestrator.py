"""The orchestrator: `POST /run {"topic": "…"}` has three agents research, write and review a paragraph.

    python examples/orchestrator.py --port 8000

It calls the research agent over HTTP, hands the writing to the writer on the Redis channel `agent-tasks`,
and calls the review agent, again if that fails. RESEARCH_URL, REVIEW_URL and REDIS_URL say where they are.

What tracing asks of it: `weft.init`, a name for the workflow, `weft.redis` where it publishes and receives.
"""

import os
import time
import uuid
from typing import Any

import fastapi
import httpx
import redis
from opentelemetry import trace
from pydantic import BaseModel

import serving
import weft

weft.init("agent-orchestrator")
app = fastapi.FastAPI()

RESEARCH_URL = os.environ.get("RESEARCH_URL", "http://127.0.0.1:8001")
REVIEW_URL = os.environ.get("REVIEW_URL", "http://127.0.0.1:8003")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
PATIENCE_S = 120.0
ATTEMPTS = 2

client = httpx.Client(timeout=PATIENCE_S)
broker = redis.Redis.from_url(REDIS_URL)


class Task(BaseModel):
    topic: str
    fail: bool | None = None  # shall the review fail? Chance decides where nobody says


class AgentFailed(Exception):
    """An agent did not do its part."""


@app.post("/run")
@weft.workflow("report")
def run(task: Task) -> dict[str, Any]:
    notes = research(task.topic)
    draft = write(task.topic, notes)
    verdict = review(task.topic, draft, fail=task.fail)
    return {"draft": draft, **verdict, "trace_id": trace_id()}


def research(topic: str) -> str:
    return str(call("research-agent", RESEARCH_URL, {"topic": topic})["notes"])


def write(topic: str, notes: str) -> str:
    task = {"id": uuid.uuid4().hex, "topic": topic, "notes": notes}
    with broker.pubsub() as replies:
        replies.subscribe("agent-replies")
        replies.get_message(timeout=PATIENCE_S)  # the subscription is confirmed: no reply will be missed
        if not weft.redis.publish(broker, "agent-tasks", task):
            raise AgentFailed("writing-agent: nobody listens on agent-tasks")
        give_up = time.monotonic() + PATIENCE_S
        while (left := give_up - time.monotonic()) > 0:
            reply = weft.redis.receive(replies, timeout=left)
            if reply and reply.payload["id"] == task["id"]:  # and not that of another run
                with reply:
                    if "error" in reply.payload:
                        raise AgentFailed(f"writing-agent: {reply.payload['error']}")
                    return str(reply.payload["draft"])
    raise AgentFailed(f"writing-agent: no reply within {PATIENCE_S:.0f} s")


def review(topic: str, draft: str, *, fail: bool | None) -> dict[str, Any]:
    """The verdict; a review that fails is asked for once more."""
    task = {"topic": topic, "draft": draft, "fail": fail}
    for attempt in range(1, ATTEMPTS):
        try:
            return call("review-agent", REVIEW_URL, task)
        except AgentFailed as error:
            print(f"attempt {attempt} of {ATTEMPTS}: {error}", flush=True)
    return call("review-agent", REVIEW_URL, task)


def call(agent: str, url: str, task: dict[str, Any]) -> dict[str, Any]:
    """Have an agent behind HTTP do a task."""
    try:
        answer = client.post(f"{url}/execute", json=task)
    except httpx.HTTPError as error:
        raise AgentFailed(f"{agent} at {url}: {error}") from error
    if answer.is_error:
        raise AgentFailed(f"{agent}: {answer.status_code} {answer.text[:200]}")
    return dict(answer.json())


def trace_id() -> str:
    """What to ask the backend for: `weft show {trace_id}`."""
    return f"{trace.get_current_span().get_span_context().trace_id:032x}"


@app.exception_handler(AgentFailed)
@app.exception_handler(redis.RedisError)
def failed(_: fastapi.Request, error: Exception) -> fastapi.responses.JSONResponse:
    return fastapi.responses.JSONResponse({"error": str(error), "trace_id": trace_id()}, status_code=502)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    serving.serve(app, __doc__, port=8000, path="/run", body='{"topic": "tea"}')
