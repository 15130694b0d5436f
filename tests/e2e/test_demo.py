"""`scripts/demo`, as a newcomer runs it: real processes, a real Redis, and the traces that they leave."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.servers import until

from weft.model.jaeger import read_trace
from weft.model.trace import Node, Trace

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "scripts" / "demo"
SERVICES = {"agent-orchestrator", "research-agent", "writing-agent", "review-agent"}
ENVIRONMENT = os.environ | {"COLUMNS": "120"}

# The first run in a checkout may have packages to install.
pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("installed")]


@dataclass(frozen=True)
class Process:
    """A process of this machine, told from a later one with the same id by its start."""

    pid: int
    parent: int
    started: int
    command: str

    @classmethod
    def read(cls, folder: Path) -> "Process | None":
        """The process of a folder in /proc; None when it has ended, reaped or not."""
        try:
            state, parent, *others = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return None
        return None if state == "Z" else cls(int(folder.name), int(parent), int(others[17]), command)

    def runs(self) -> bool:
        now = Process.read(Path("/proc", str(self.pid)))
        return now is not None and now.started == self.started


@dataclass
class Demo:
    """A demo that runs; what it prints is read as it comes.

    Attributes:
        process: Its process.
        printed: What it printed so far, errors included.
    """

    process: subprocess.Popen[str]
    printed: list[str]

    def says(self, what: str) -> None:
        """Wait until it has printed something."""
        until(
            lambda: what in "".join(self.printed) or self.process.poll() is not None, f"{what!r} is said", 60
        )
        assert what in "".join(self.printed), self.process.poll()

    def children(self) -> list[Process]:
        """What it started and what runs now."""
        everything = (Process.read(folder) for folder in Path("/proc").glob("[0-9]*"))
        return [process for process in everything if process and process.parent == self.process.pid]


@contextlib.contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    process = subprocess.Popen(
        [DEMO, *arguments],
        cwd="/",
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Demo(process, [])
    reader = threading.Thread(target=lambda: running.printed.extend(process.stdout or ()))
    with process:
        reader.start()
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()


def commands(running: Demo) -> list[str]:
    """The `weft` commands that it says can be typed."""
    return re.findall(r"^  (\S*bin/weft .*)$", "".join(running.printed), flags=re.MULTILINE)


def shell(command: str) -> str:
    return subprocess.run(
        command, shell=True, cwd="/", env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def installed() -> None:
    subprocess.run([ROOT / "scripts" / "install", "demo"], check=True, capture_output=True)


@dataclass
class Run:
    """What one `scripts/demo --once` left."""

    result: dict[str, Any]
    printed: str
    traces: dict[str, Trace]

    @property
    def succeeded(self) -> Trace:
        return self.traces[self.result["trace_id"]]

    @property
    def failed(self) -> Trace:
        (other,) = [trace for trace in self.traces.values() if trace.trace_id != self.result["trace_id"]]
        return other


@pytest.fixture(scope="module")
def once(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    data = tmp_path_factory.mktemp("demo") / "data"
    done = subprocess.run(
        [DEMO, "--once", "--data", data],
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed = weft("ls", "--json", "--data", str(data))["traces"]
    traces = [read_trace(weft("show", "--json", "--data", str(data), each["trace_id"])) for each in listed]
    return Run(
        json.loads(done.stdout.splitlines()[-1]), done.stdout, {trace.trace_id: trace for trace in traces}
    )


def weft(*arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-m", "weft", *arguments], capture_output=True, check=True)
    return json.loads(done.stdout)


def only(trace: Trace, service: str, name: str) -> Node:
    (found,) = [node for node in trace.walk() if (node.span.service, node.span.name) == (service, name)]
    return found


def parent(node: Node) -> tuple[str, str]:
    assert node.parent
    return node.parent.span.service, node.parent.span.kind


def test_its_last_line_says_what_the_trace_of_the_successful_workflow_is(once: Run) -> None:
    assert set(once.result) == {"trace_id", "spans", "services", "connected", "url"}
    assert once.result["spans"] == len(once.succeeded.spans) > 10
    assert set(once.result["services"]) == SERVICES
    assert once.result["connected"] is True
    assert re.fullmatch(rf"http://localhost:\d+/api/traces/{once.result['trace_id']}", once.result["url"])


def test_the_trace_is_connected_and_has_no_error(once: Run) -> None:
    ids = {span.span_id for span in once.succeeded.spans}
    assert sum(span.parent_id not in ids for span in once.succeeded.spans) == 1
    assert not any(span.failed for span in once.succeeded.spans)


@pytest.mark.parametrize("agent", ["research-agent", "review-agent"])
def test_an_agent_behind_http_continues_the_trace_of_its_caller(once: Run, agent: str) -> None:
    served = only(once.succeeded, agent, "POST /execute")
    assert served.span.kind == "server"
    assert parent(served) == ("agent-orchestrator", "client")


def test_the_trace_goes_through_redis_and_back(once: Run) -> None:
    taken = only(once.succeeded, "writing-agent", "process agent-tasks")
    assert (taken.span.kind, parent(taken)) == ("consumer", ("agent-orchestrator", "producer"))
    replied = only(once.succeeded, "agent-orchestrator", "process agent-replies")
    assert (replied.span.kind, parent(replied)) == ("consumer", ("writing-agent", "producer"))


@pytest.mark.parametrize(
    ("service", "agent"),
    [("research-agent", "researcher"), ("writing-agent", "writer"), ("review-agent", "reviewer")],
)
def test_each_agent_asks_the_model_and_says_what_it_took(once: Run, service: str, agent: str) -> None:
    invoked = only(once.succeeded, service, f"invoke_agent {agent}")
    (chat,) = [node.span for node in invoked.children if node.span.name.startswith("chat ")]
    assert chat.kind == "client"
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.provider.name"] == "ollama"
    assert chat.attributes["gen_ai.request.model"] == chat.attributes["gen_ai.response.model"]
    for tokens in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"):
        assert int(chat.attributes[tokens]) > 5  # type: ignore[arg-type] # an int, as the model server counts


def test_agents_and_tools_are_spans_of_their_own(once: Run) -> None:
    only(once.succeeded, "agent-orchestrator", "invoke_workflow report")
    assert parent(only(once.succeeded, "research-agent", "execute_tool search"))[0] == "research-agent"
    assert parent(only(once.succeeded, "review-agent", "execute_tool check_sources"))[0] == "review-agent"


def test_the_failed_workflow_began_to_fail_in_the_review_agent(once: Run) -> None:
    assert once.failed.connected
    failed = [node for node in once.failed.walk() if node.span.failed]
    lowest = [node.span for node in failed if not any(child.span.failed for child in node.children)]
    assert [(span.service, span.name) for span in lowest] == [
        ("review-agent", "execute_tool check_sources")
    ] * 2  # asked twice
    assert once.failed.root.span.failed
    assert "writing-agent" not in {node.span.service for node in failed}


def test_it_prints_both_traces_as_trees(once: Run) -> None:
    for trace in (once.succeeded, once.failed):
        assert f"trace {trace.trace_id}" in once.printed
    assert "SourcesUnreachable: the archive did not answer" in once.printed
    assert once.printed.count("invoke_agent researcher") == 2


def test_it_stays_up_until_ctrl_c_and_then_nothing_runs_any_more(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo("--any-ports", "--data", str(data)) as running:
        running.says("Ctrl-C stops everything")
        # The question of the README, put to whatever port it is.
        (url,) = re.findall(r'curl -s "(.*)" \| jq', "".join(running.printed))
        with urllib.request.urlopen(url) as answer:
            assert len(json.load(answer)["data"][0]["spans"]) > 10
        list_it, show_it, list_later = commands(running)
        assert "agent-orchestrator" in shell(list_it)
        assert "SourcesUnreachable" in shell(show_it)
        children = running.children()
        assert len(children) == 7

        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(60) == 0
        assert not any(child.runs() for child in children)
    assert str(data) in list_later
    assert "agent-orchestrator" in shell(list_later)


def test_an_agent_that_dies_ends_it_with_a_line_that_names_the_agent(tmp_path: Path) -> None:
    with demo("--any-ports", "--data", str(tmp_path / "data")) as running:
        running.says("Ctrl-C stops everything")
        children = running.children()
        (writer,) = [child for child in children if "writer.py" in child.command]
        os.kill(writer.pid, signal.SIGKILL)
        assert running.process.wait(60) == 1
        assert not any(child.runs() for child in children)
        running.says("demo: writing-agent ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_it(number: signal.Signals, tmp_path: Path) -> None:
    with demo("--once") as running:
        running.says("✓ agent-orchestrator")
        children = running.children()
        assert len(children) == 7
        running.process.send_signal(number)
        assert running.process.wait(60) == (143 if number == signal.SIGTERM else -number)
        until(lambda: not any(child.runs() for child in children), "all that it started has ended")


def test_a_port_that_is_taken_is_one_line() -> None:
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # somebody else has it: as good
            held.enter_context(socket.create_server(("127.0.0.1", 16686)))
        done = subprocess.run([DEMO], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("demo: ")
    assert "16686" in line
    assert "--any-ports" in line
