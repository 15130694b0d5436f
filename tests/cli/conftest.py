"""A stand-in for a backend, and the command as a process."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from weft.cli import weft as group

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "terminal" / "agents.json").read_text()
)
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
NOT_FOUND = '{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}\n'


class StandIn:
    """Stands in for a backend: a real HTTP server that gives answers that were recorded from one.

    Attributes:
        url: Where it listens.
        asked: The paths that were asked for, queries included.
        may_answer: Cleared, it holds the answers back.
        answers: Status and body by path without query; what is not there is a trace that was not found.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.answers: dict[str, tuple[int, bytes]] = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.asked.append(self.path)
                stand_in.may_answer.wait(60)
                path = self.path.partition("?")[0]
                status, body = stand_in.answers.get(path, (404, NOT_FOUND.encode()))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Keep stderr for the command."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def give(self, path: str, answer: object, status: int = 200) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers[path] = (status, body)

    def list(self, *trace_ids: str, **changes: object) -> None:
        """Have these traces, the newest first."""
        summary = {
            "root": {"service": "agent-orchestrator", "name": "invoke_workflow weekly-brief"},
            "start_ns": "1795615402000000000",
            "duration_ns": "4812000000",
            "spans": 20,
            "errors": 5,
            "services": ["agent-orchestrator", "agent-writer"],
            "open": 0,
            "lost": 0,
        }
        traces = [summary | {"trace_id": trace_id} | changes for trace_id in trace_ids]
        self.give("/weft/v1/traces", {"traces": traces})

    def has(self, trace_id: str = TRACE_ID, trace: object = RECORDED) -> None:
        """Have a trace."""
        self.give(
            f"/api/traces/{trace_id}", {"data": [trace], "total": 1, "limit": 0, "offset": 0, "errors": None}
        )

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def backend() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of this machine: no settings, no data, no proxy; a terminal of 100 columns in UTC."""
    for name in [name for name in os.environ if name.startswith("WEFT_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    yield
    monkeypatch.undo()
    time.tzset()


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def process() -> Run:
    """Run the command as a process of its own, as a person does."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "weft.cli", *arguments],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def weft() -> Run:
    """Run the command in this process, which takes a hundredth of the time."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        result = CliRunner().invoke(group, arguments, env=environment, prog_name="weft")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    return run
