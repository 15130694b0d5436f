"""The backend is away for a while, agents go on working, one of them is killed: every span arrives, once."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.backend import Backend, backend
from tests.servers import free_port, until

from weft.app import open_pipeline

AGENTS = 10
#: How long the backend is away, in seconds. The requirement is a minute: OUTAGE_S=60.
OUTAGE_S = float(os.environ.get("OUTAGE_S", "20"))
#: What a killed agent may lose, at most: what ended in its last second.
LAST_NS = 1_000_000_000

AGENT = """
import os, random, sys, time
import weft
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor

written = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Written(SpanProcessor):
    def on_end(self, span):
        os.write(written, b"%016x %d\\n" % (span.context.span_id, time.time_ns()))

weft.init(sys.argv[1], instrument=False)
trace.get_tracer_provider().add_span_processor(Written())
chance = random.Random(sys.argv[1])

@weft.tool
def search(number):
    time.sleep(chance.uniform(0, 0.02))

while True:
    with weft.agent(sys.argv[1]) as span:
        span.set_attribute("prompt", "x" * chance.randrange(3000))
        for number in range(chance.randrange(4)):
            search(number)
    time.sleep(chance.uniform(0, 0.05))
"""

NEXT = """
import weft
weft.init("next", instrument=False)
with weft.agent("next"): pass
weft.flush(30)
"""


class Agents:
    """Ten processes that end spans all the time, and note each in a file of their own."""

    def __init__(self, directory: Path, http_port: int, grpc_port: int) -> None:
        self.directory, self._http_port, self._grpc_port = directory, http_port, grpc_port
        self.spool = directory / "spool"
        script = directory / "agent.py"
        script.write_text(AGENT)
        self.processes = []
        for number in range(AGENTS):
            command = [sys.executable, str(script), f"agent-{number}", str(self._file(number))]
            self.processes.append(
                subprocess.Popen(command, env=self._environment(number), stderr=subprocess.DEVNULL)
            )

    def _environment(self, number: int) -> dict[str, str]:
        # Every other one over gRPC.
        protocol, port = (("http/protobuf", self._http_port), ("grpc", self._grpc_port))[number % 2]
        return os.environ | {
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "WEFT_SPOOL": str(self.spool),
        }

    def _file(self, number: int) -> Path:
        return self.directory / f"agent-{number}.written"

    def written(self, number: int) -> dict[str, int]:
        """The spans that an agent has ended, and when (nanoseconds since the epoch)."""
        path = self._file(number)
        lines = path.read_text().splitlines() if path.exists() else []
        return {line.split()[0]: int(line.split()[1]) for line in lines if len(line.split()) == 2}

    def spools(self, number: int) -> list[Path]:
        return list(self.spool.glob(f"*/agent-{number}-*"))

    def kill(self, number: int) -> int:
        """End one as the kernel does; returns when."""
        at_ns = time.time_ns()
        self.processes[number].kill()
        self.processes[number].wait()
        return at_ns

    def have_sent_everything(self) -> bool:
        """Let a new process over each protocol send what is left; whether nothing is."""
        for number in range(2):
            if list(self.spool.glob("*/*")):
                subprocess.run(
                    [sys.executable, "-c", NEXT], env=self._environment(number), check=True, timeout=60
                )
        return not list(self.spool.glob("*/*"))

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def outage_by_kill(server: Backend) -> Callable[[], None]:
    server.kill()
    return lambda: None


def outage_by_hanging(server: Backend) -> Callable[[], None]:
    """It still accepts connections, since the kernel does, and never answers."""
    server.process.send_signal(signal.SIGSTOP)
    return lambda: server.process.send_signal(signal.SIGCONT)


@pytest.mark.timeout(240 + 2 * OUTAGE_S)
@pytest.mark.parametrize("outage", [outage_by_kill, outage_by_hanging])
def test_nothing_is_lost_while_the_backend_is_away_and_an_agent_is_killed(
    outage: Callable[[Backend], Callable[[], None]], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    http_port, grpc_port = free_port(), free_port()
    ports = ["--http-port", str(http_port), "--grpc-port", str(grpc_port)]
    with contextlib.ExitStack() as running:
        first = running.enter_context(backend(data, *ports))
        agents = Agents(tmp_path, http_port, grpc_port)
        running.callback(agents.stop)
        for number in range(AGENTS):
            until(lambda number=number: len(agents.written(number)) > 20, "every agent works")  # type: ignore[misc]
        end_outage = outage(first)
        # The time is the subject here: for so long the backend is away, and an agent dies halfway.
        time.sleep(OUTAGE_S / 2)
        killed_ns = agents.kill(4)
        assert agents.spools(4), "the killed agent has left its spans on disk"
        time.sleep(OUTAGE_S / 2)
        end_outage()
        second = running.enter_context(backend(data, *ports)) if first.process.poll() is not None else first
        until(lambda: not agents.spools(4), "another agent has sent what the killed one left", 60)
        agents.stop()
        # What a busy backend had not answered when they ended is sent by whoever comes next.
        until(agents.have_sent_everything, "the next process has sent the rest", 60)
        assert second.stop() == 0

    stored = spans(data)
    for number in range(AGENTS):
        written = agents.written(number)
        missing = {span: ended for span, ended in written.items() if span not in stored}
        if number == 4:
            late = [ended for ended in missing.values() if ended <= killed_ns - LAST_NS]
            lag_ms = (killed_ns - min(missing.values(), default=killed_ns)) / 1e6
            print(f"killed: {len(written)} spans, {len(missing)} missing, the oldest {lag_ms:.0f} ms old")
            assert not late
        else:
            assert not missing, f"agent-{number} lost {len(missing)} of {len(written)}"
    assert set(stored.values()) == {1}


def spans(data: Path) -> Counter[str]:
    """How often the store shows each span."""
    with open_pipeline(data, 1 << 30) as pipeline:
        assert pipeline.indexer.flush(60)
        rows = pipeline.store.read("SELECT lower(hex(span_id)) id FROM spans FINAL").to_pylist()
    return Counter(row["id"] for row in rows)
