"""Each example runs alone, from any directory, with nobody at the other end of its telemetry."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest
import redis
from tests.backend import backend
from tests.servers import free_port, redis_server, until

from weft.model.jaeger import read_trace
from weft.model.trace import Trace

EXAMPLES = Path(__file__).parents[1] / "examples"
AGENTS_BEHIND_HTTP = ["orchestrator", "researcher", "reviewer"]
OTHERS = ["writer", "model_server", "redis_server", "demo/__main__"]


def command(example: str | Path, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", str(EXAMPLES / f"{example}.py"), *arguments]


def environment(**variables: str) -> dict[str, str]:
    """The machine's, and a backend that nobody has started."""
    return os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"} | variables


@contextlib.contextmanager
def running(
    example: str | Path, ready: Callable[[], bool], *arguments: str, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run an example until the end of the block, where it is told to stop."""
    with subprocess.Popen(
        command(example, *arguments),
        cwd="/",
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            until(lambda: process.poll() is not None or ready(), f"{example} is ready")
            assert process.poll() is None, process.communicate()[0]
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


@contextlib.contextmanager
def behind_http(example: str, health: str = "/health", **variables: str) -> Iterator[httpx.Client]:
    """Run an example that listens on `--port`, and give a client for it."""
    port = free_port()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:

        def healthy() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return client.get(health).is_success
            return False

        with running(example, healthy, "--port", str(port), **variables):
            yield client


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The address of a scripted model server."""
    with behind_http("model_server", "/api/version") as client:
        yield str(client.base_url)


@pytest.fixture
def client(model: str) -> Iterator[ollama.Client]:
    with ollama.Client(model, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("example", [*AGENTS_BEHIND_HTTP, *OTHERS])
def test_it_says_what_it_is(example: str) -> None:
    done = subprocess.run(
        command(example, "--help"), cwd="/", env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


@pytest.mark.parametrize("example", AGENTS_BEHIND_HTTP)
def test_an_agent_starts_alone_and_stops_well(example: str) -> None:
    port = free_port()

    def healthy() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
        return False

    with running(example, healthy, "--port", str(port)) as process:
        pass
    assert process.returncode == 0  # by way of the exit handlers, not killed by the signal


def test_the_researcher_summarises_what_it_found(model: str) -> None:
    with behind_http("researcher", OLLAMA_HOST=model) as agent:
        answer = agent.post("/execute", json={"topic": "the trade in tea"}).raise_for_status()
    notes = answer.json()["notes"]
    assert "the trade in tea" in notes
    assert "[1] Ships, taxes and porcelain" in notes  # the source that has the most words in common


def test_the_reviewer_fails_when_it_is_told_to(model: str) -> None:
    task = {"topic": "tea", "draft": "Tea is old [4]."}
    with behind_http("reviewer", OLLAMA_HOST=model, REVIEW_FAILURES="0.5") as agent:
        failed = agent.post("/execute", json=task | {"fail": True})
        reviewed = agent.post("/execute", json=task | {"fail": False})
    assert (failed.status_code, failed.json()) == (
        503,
        {"error": "the archive did not answer for source [4]"},
    )
    assert (reviewed.status_code, reviewed.json()["approved"]) == (200, True)


@pytest.mark.parametrize(("share", "status"), [("0", 200), ("1", 503)])
def test_how_often_the_reviewer_fails_otherwise_can_be_set(model: str, share: str, status: int) -> None:
    with behind_http("reviewer", OLLAMA_HOST=model, REVIEW_FAILURES=share) as agent:
        assert agent.post("/execute", json={"topic": "tea", "draft": "Old."}).status_code == status


def test_the_orchestrator_names_the_agent_that_is_not_there() -> None:
    with behind_http("orchestrator", RESEARCH_URL=f"http://127.0.0.1:{free_port()}") as agent:
        answer = agent.post("/run", json={"topic": "tea"})
    assert answer.status_code == 502
    assert answer.json()["error"].startswith("research-agent at http://127.0.0.1:")
    assert int(answer.json()["trace_id"], 16) > 0


def test_the_writer_answers_each_task_whatever_came_before(model: str) -> None:
    with redis_server() as port, redis.Redis(port=port) as broker, broker.pubsub() as replies:
        replies.subscribe("agent-replies")
        assert replies.get_message(timeout=10)

        def reply() -> Any:
            message = replies.get_message(timeout=30)
            assert message
            return json.loads(message["data"])

        def listens() -> bool:
            return dict(broker.pubsub_numsub("agent-tasks"))[b"agent-tasks"] == 1

        with running("writer", listens, "--redis", f"redis://127.0.0.1:{port}", OLLAMA_HOST=model):
            broker.publish("agent-tasks", "not JSON")
            assert reply()["error"].startswith("JSONDecodeError: ")
            broker.publish("agent-tasks", json.dumps({"id": "1", "topic": "tea"}))
            assert {"id": "1", "error": "KeyError: 'notes'"}.items() <= reply().items()
            broker.publish("agent-tasks", json.dumps({"id": "2", "topic": "looms", "notes": "none"}))
            written = reply()
    assert (written["id"], written["draft"][:12]) == ("2", "About looms.")
    assert "traceparent" in written["trace_context"]


def test_the_writer_says_that_there_is_no_redis() -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    done = subprocess.run(
        command("writer", "--redis", url), env=environment(), capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.startswith(f"writer: no Redis at {url}")) == (1, True)


def test_a_redis_is_found_without_one_on_the_path(tmp_path: Path) -> None:
    port = free_port()
    with redis.Redis(port=port) as broker:

        def answers() -> bool:
            with contextlib.suppress(redis.ConnectionError):
                return bool(broker.ping())
            return False

        with running("redis_server", answers, "--port", str(port), PATH=str(tmp_path)):
            assert broker.config_get("save") == {"save": ""}


def test_the_model_server_is_ollama_to_its_client_and_says_that_it_is_scripted(client: ollama.Client) -> None:
    assert [each.model for each in client.list().models] == ["scripted"]
    asked = [{"role": "user", "content": "Summarise what they say about: looms"}]
    whole = client.chat(model="scripted", messages=asked)
    assert whole.message.content
    assert "looms" in whole.message.content
    assert (whole.model, whole.done, whole.done_reason, whole.prompt_eval_count) == (
        "scripted",
        True,
        "stop",
        6,
    )
    assert whole.eval_count == len(whole.message.content.split())
    assert whole.total_duration
    assert whole.eval_duration
    assert whole.total_duration >= whole.eval_duration > 0

    *parts, last = client.chat(model="scripted", messages=asked, stream=True)
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert [part.done for part in (*parts, last)] == [False] * len(parts) + [True]
    assert (last.eval_count, last.prompt_eval_count) == (whole.eval_count, whole.prompt_eval_count)


def test_the_model_server_generates_too(client: ollama.Client) -> None:
    whole = client.generate(model="scripted:latest", prompt="Plan a talk about: tea")
    assert whole.response.startswith("1. what tea is")
    parts = client.generate(model="scripted", prompt="Plan a talk about: tea", stream=True)
    assert "".join(part.response for part in parts) == whole.response


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/chat", {"model": "llama3.2", "messages": []}, 404),
        ("/api/chat", {"model": "scripted"}, 400),
        ("/api/chat", {"model": "scripted", "messages": [{}]}, 400),
        ("/api/chat", {"model": "scripted", "messages": 1}, 400),
        ("/api/generate", {"prompt": "Plan"}, 400),
        ("/api/generate", [], 400),
        ("/api/pull", {}, 404),
    ],
)
def test_the_model_server_answers_mistakes_as_ollama_does(
    model: str, path: str, body: object, status: int
) -> None:
    answer = httpx.post(model + path, json=body, trust_env=False)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_model_server_reads_no_more_than_a_prompt(model: str) -> None:
    answer = httpx.post(f"{model}/api/chat", content=b" " * ((1 << 20) + 1), trust_env=False)
    assert answer.status_code == 413


def test_the_first_trace_of_the_guide_is_connected(tmp_path: Path) -> None:
    guide = (EXAMPLES.parent / "docs" / "guide" / "first-trace.md").read_text(encoding="utf-8")
    researcher, editor = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    port = str(free_port())
    (tmp_path / "researcher.py").write_text(researcher.replace("8001", port))
    with backend(tmp_path / "data") as server, httpx.Client(trust_env=False) as client:
        sent_to = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.http_port}"}

        def listens() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return client.get(f"http://127.0.0.1:{port}/docs").is_success
            return False

        def found() -> Trace | None:
            traces = client.get(f"{server.url}/api/traces?service=editor").raise_for_status().json()["data"]
            return read_trace(traces[0]) if traces else None

        with running(tmp_path / "researcher", listens, **sent_to):
            subprocess.run(
                [sys.executable, "-c", editor.replace("8001", port)],
                env=environment(**sent_to),
                check=True,
                capture_output=True,
            )
            until(lambda: (trace := found()) and len(trace.spans) >= 5, "the trace has arrived")
        trace = found()
    assert trace
    assert trace.connected
    assert [(node.span.service, node.span.name) for node in trace.walk()] == [
        ("editor", "invoke_workflow brief"),
        ("editor", "POST"),
        ("researcher", "POST /execute"),
        ("researcher", "invoke_agent researcher"),
        ("researcher", "execute_tool search"),
    ]
