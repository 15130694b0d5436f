"""Who takes part: the backend, Redis, a model and four agents, each a process of its own."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import redis
from ollama_server import OllamaServer
from places import HOST, Places
from redis.backoff import NoBackoff
from redis.retry import Retry

EXAMPLES = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Member:
    """One of them.

    Attributes:
        name: What the process is called; an agent is called as its service.
        command: What Python runs; nothing for one that runs already.
        ready: Whether it does its work by now.
        where: How to reach it.
        remark: What else a person should know.
        first: Whether others cannot start without it.
    """

    name: str
    command: tuple[str, ...] = ()
    ready: Callable[[], bool]
    where: str
    remark: str = ""
    first: bool = False


def members(places: Places, data: Path, ollama: OllamaServer | None) -> list[Member]:
    """Everybody, in the order in which they enter.

    Args:
        places: Where they listen.
        data: The backend's data directory.
        ollama: The model server that runs already, if there is one.
    """
    broker = redis.Redis(HOST, places.redis, retry=Retry(NoBackoff(), 0))
    return [
        Member(
            name="weft",
            command=(
                *("-m", "weft", "up", "--data", str(data), "--grpc-port", str(places.grpc)),
                *("--http-port", str(places.otlp), "--ui-port", str(places.query)),
            ),
            ready=_answers(f"http://{HOST}:{places.query}/api/services"),
            where=f"http://localhost:{places.query}",
            remark=f"OTLP on {places.grpc} (gRPC) and {places.otlp} (HTTP)",
        ),
        Member(
            name="redis",
            command=(str(EXAMPLES / "redis_server.py"), "--port", str(places.redis)),
            ready=lambda: _subscribers(broker) is not None,
            where=f"redis://{HOST}:{places.redis}",
            first=True,
        ),
        _model(places.model, ollama),
        _agent("agent-orchestrator", "orchestrator.py", places.orchestrator),
        _agent("research-agent", "researcher.py", places.research),
        Member(
            name="writing-agent",
            command=(str(EXAMPLES / "writer.py"),),
            ready=lambda: bool(_subscribers(broker)),
            where="channel agent-tasks",
        ),
        _agent("review-agent", "reviewer.py", places.review, "fails when it is told to, and once in a while"),
    ]


def environment(places: Places, ollama: OllamaServer | None) -> dict[str, str]:
    """What they all see of the world: no telemetry settings but the demo's, and who listens where."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "WEFT_"))}
    return inherited | {
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": ",".join(filter(None, (inherited.get("NO_PROXY"), "localhost", HOST))),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{places.otlp}",
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds; somebody waits
        "OTEL_PYTHON_EXCLUDED_URLS": "/health$",
        "WEFT_SPOOL": "off",  # the demo leaves nothing behind
        "OLLAMA_HOST": ollama.url if ollama else f"http://{HOST}:{places.model}",
        "OLLAMA_MODEL": ollama.model if ollama else "scripted",
        "REDIS_URL": f"redis://{HOST}:{places.redis}",
        "RESEARCH_URL": f"http://{HOST}:{places.research}",
        "REVIEW_URL": f"http://{HOST}:{places.review}",
    }


def _agent(name: str, file: str, port: int, remark: str = "") -> Member:
    url = f"http://{HOST}:{port}"
    return Member(
        name=name,
        command=(str(EXAMPLES / file), "--port", str(port)),
        ready=_answers(f"{url}/health"),
        where=url,
        remark=remark,
    )


def _model(port: int, ollama: OllamaServer | None) -> Member:
    if ollama:
        return Member(
            name="model", ready=lambda: True, where=ollama.url, remark=f"{ollama.model}, at OLLAMA_HOST"
        )
    return Member(
        name="model",
        command=(str(EXAMPLES / "model_server.py"), "--port", str(port)),
        ready=_answers(f"http://{HOST}:{port}/api/version"),
        where=f"http://{HOST}:{port}",
        remark="scripted answers; a real model where OLLAMA_HOST answers",
    )


def _answers(url: str) -> Callable[[], bool]:
    client = httpx.Client(trust_env=False, timeout=5)

    def answers() -> bool:
        try:
            return client.get(url).is_success
        except httpx.TransportError:
            return False

    return answers


def _subscribers(broker: redis.Redis) -> int | None:
    """How many listen for tasks; None when Redis does not answer."""
    try:
        return dict(broker.pubsub_numsub("agent-tasks")).popitem()[1]
    except redis.ConnectionError:
        return None
