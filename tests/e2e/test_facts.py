"""`weft up` explains traces that have settled by itself, and a kill takes nothing of it."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backend import Backend, backend
from tests.sent import T0, Sent
from tests.servers import until

pytestmark = pytest.mark.timeout(120)


def send(server: Backend, *spans: Sent) -> None:
    for span in spans:
        answer = httpx.post(
            f"http://127.0.0.1:{server.http_port}/v1/traces",
            content=span.request().SerializeToString(),
            headers={"Content-Type": "application/x-protobuf"},
            timeout=30,
        )
        assert answer.status_code == 200


def ask(server: Backend, what: str) -> dict[str, Any]:
    answer = httpx.get(f"{server.url}/weft/v1/{what}", timeout=30)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def agents(server: Backend) -> dict[str, int]:
    """Spans by agent."""
    return {agent["agent"]: agent["spans"] for agent in ask(server, "agents")["agents"]}


def test_facts_follow_the_traces_over_a_kill(tmp_path: Path) -> None:
    at = time.time_ns() - T0
    hosts = [{"host.name": name} for name in ("a", "b")]
    root = Sent("planner", "plan", kind=3, at=at, duration=10**9, resource=hosts[0])
    taken = Sent(
        "writer", trace=root.trace, parent=root.span, kind=2, at=at + 10**6, duration=10**8, resource=hosts[1]
    )
    late = Sent(
        "critic", trace=root.trace, parent=taken.span, at=at + 2 * 10**6, duration=10**7, resource=hosts[1]
    )
    with backend(tmp_path / "data", "--settled-after", "0") as server:
        send(server, root, taken)
        until(lambda: agents(server) == {"planner": 1, "writer": 1}, "the trace is explained")
        assert ask(server, "agents")["coverage"] == {"settled": 1, "explained": 1, "unexplained": 0}
        [edge] = ask(server, "edges")["edges"]
        assert (edge["from_agent"], edge["to_agent"], edge["parts"]["work"]["known"]) == (
            "planner",
            "writer",
            1,
        )
        assert set(ask(server, "clocks")["clocks"]["hosts"]) == {"a", "b"}
        server.kill()
    with backend(tmp_path / "data", "--settled-after", "0") as server:
        assert agents(server) == {"planner": 1, "writer": 1}
        send(server, late)
        until(lambda: agents(server) == {"planner": 1, "writer": 1, "critic": 1}, "it is explained again")
        assert ask(server, "agents")["coverage"] == {"settled": 1, "explained": 1, "unexplained": 0}
        assert server.stop() == 0
