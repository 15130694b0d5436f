"""Work that goes on is in sight, also over a restart of the backend; what died is shown as lost."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backend import Backend, backend
from tests.servers import free_port, until

AGENT = """
import sys
import weft
from opentelemetry import trace

weft.init(sys.argv[1], endpoint=sys.argv[2], protocol=sys.argv[3], instrument=False)
with weft.workflow("report"):
    span = trace.get_current_span()
    print("open", flush=True)
    sys.stdin.readline()
    span.update_name("report, renamed")
"""
#: The agents announce every 0.3 s here.
LOST_AFTER_S = 6


@contextmanager
def agent(service: str, server: Backend, protocol: str = "http/protobuf") -> Iterator[subprocess.Popen[str]]:
    """Run a process that opens a span, and ends it when it is told to (`end`)."""
    port = server.grpc_port if protocol == "grpc" else server.http_port
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, service, f"http://127.0.0.1:{port}", protocol],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"WEFT_PENDING_AFTER": "0.3"},
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def spans(server: Backend, service: str, **search: str) -> list[dict[str, Any]]:
    """Every span of a service, with its tags by key."""
    found = httpx.get(f"{server.url}/api/traces", params={"service": service, **search}).json()["data"]
    return [
        span | {"tags": {tag["key"]: tag["value"] for tag in span["tags"]}}
        for trace in found
        for span in trace["spans"]
    ]


def states(server: Backend, service: str) -> list[tuple[str, str]]:
    return [
        (
            span["operationName"],
            "lost" if span["tags"].get("weft.pending.lost") else "open"
            if span["tags"].get("weft.pending") else "ended",
        )
        for span in spans(server, service)
    ]  # fmt: skip


Start = Callable[..., Backend]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a backend over one directory, on ports that stay."""
    ports = {name: str(free_port()) for name in ("--grpc-port", "--http-port", "--ui-port")}
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            backend(
                tmp_path,
                *(each for pair in ports.items() for each in pair),
                WEFT_LOST_AFTER=str(LOST_AFTER_S),
            )
        )


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_span_is_seen_while_it_is_open_and_once_when_it_has_ended(start: Start, protocol: str) -> None:
    server = start()
    with agent("worker", server, protocol) as process:
        until(lambda: states(server, "worker") == [("invoke_workflow report", "open")], "it is seen")
        [span] = spans(server, "worker")
        assert span["warnings"][0].startswith("still running")
        [summary] = httpx.get(f"{server.url}/weft/v1/traces").json()["traces"]
        assert (summary["spans"], summary["open"], summary["lost"]) == (1, 1, 0)
        until(lambda: spans(server, "worker")[0]["duration"] > span["duration"], "it is announced again")
        end(process)
    assert states(server, "worker") == [("report, renamed", "ended")]
    names = httpx.get(f"{server.url}/api/services/worker/operations").json()["data"]
    assert names == ["report, renamed"]


def test_a_killed_process_is_shown_as_lost_and_a_restart_is_no_death(start: Start) -> None:
    server = start()
    with agent("killed", server) as killed, agent("patient", server) as patient:
        until(lambda: states(server, "killed") and states(server, "patient"), "both are seen")
        killed.kill()
        until(lambda: states(server, "killed")[0][1] == "lost", "the killed one is lost")
        assert spans(server, "killed")[0]["warnings"][0].startswith("process lost, last heard of ")
        assert states(server, "patient")[0][1] == "open"
        assert len(spans(server, "killed", tags='{"weft.pending.lost":"true"}')) == 1
        assert spans(server, "patient", tags='{"weft.pending.lost":"true"}') == []

        server.stop()
        server = start()
        assert [states(server, name)[0][1] for name in ("killed", "patient")] == ["open", "open"]
        until(lambda: states(server, "killed")[0][1] == "lost", "it is lost again, when it had its time")
        assert states(server, "patient")[0][1] == "open"
        end(patient)
    assert states(server, "patient") == [("report, renamed", "ended")]
