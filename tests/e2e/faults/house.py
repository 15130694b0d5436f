"""The processes of one program: its services, started again when killed, and the one that drives it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.e2e.faults.fault import Fault
from tests.e2e.faults.reach import WHERE
from tests.e2e.faults.steps import UPSTREAM
from tests.e2e.faults.telemetry import environment
from tests.e2e.faults.topology import Topology
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import free_port, redis_server

STOP_S = 30
REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ran:
    """One run of a program.

    Attributes:
        fault: What was injected.
        trace_id: Its trace.
        failed: Whether the workflow failed.
    """

    fault: Fault
    trace_id: str
    failed: bool


class House:
    """A program that is up.

    Args:
        topology: The program.
        receiver: Where its spans go.
        environment: The environment of its processes.
    """

    def __init__(self, topology: Topology, receiver: Receiver, environment: dict[str, str]) -> None:
        self.topology = topology
        self.receiver = receiver
        self._environment = environment
        self._closing = threading.Event()
        doors = {
            call.agent: call.over for call in topology.calls() if call.over in {"http", "flask", "redis"}
        }
        self._services = {
            agent: self._start("tests.e2e.faults.serve", door, agent) for agent, door in doors.items()
        }
        self._doors = doors
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()
        self._driver = self._start("tests.e2e.faults.drive", pipe=subprocess.PIPE)

    def run(self, fault: Fault) -> Ran:
        """Run the workflow once.

        Raises:
            RuntimeError: The driving process has ended.
        """
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps(asdict(fault)) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.topology.name}: the driver ended in {fault}")
        return Ran(fault=fault, **json.loads(line))

    def close(self) -> None:
        """End every process; what their spans are is sent then."""
        with self._driver:  # its pipes are closed
            pass
        self._closing.set()
        self._keeper.join()
        for service in self._services.values():
            service.terminate()
        for service in self._services.values():
            service.wait(STOP_S)

    def _keep(self) -> None:
        """Start again what was killed."""
        while not self._closing.wait(0.02):
            for agent, service in self._services.items():
                if service.poll() is not None:
                    self._services[agent] = self._start("tests.e2e.faults.serve", self._doors[agent], agent)

    def _start(self, *command: str, pipe: int | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            env=self._environment,
            cwd=REPOSITORY,
            stdin=pipe,
            stdout=pipe or subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )


@contextmanager
def house(topology: Topology, directory: Path) -> Iterator[House]:
    """Run a program, with what it needs: a receiver of spans, a Redis, a service without tracing.

    When this ends, every span that its processes sent has been received.
    """
    with ExitStack() as stack:
        receiver = stack.enter_context(otlp_receiver())
        overs = {call.over for call in topology.calls()}
        port = stack.enter_context(redis_server()) if "redis" in overs else 0
        ports = {call.agent: free_port() for call in topology.calls() if call.over in {"http", "flask"}}
        settings = {
            **environment(receiver.endpoint, str(directory / "spool")),
            WHERE: json.dumps({"topology": topology.name, "http": ports, "redis": port}),
            UPSTREAM: stack.enter_context(_upstream()),
        }
        running = House(topology, receiver, settings)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def _upstream() -> Iterator[str]:
    """A stand-in for somebody else's service: it answers, answers 500, or does not answer."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/slow":
                closing.wait(2)
            try:
                self.send_response(500 if self.path == "/broken" else 200)
                self.send_header("content-length", "0")
                self.end_headers()
            except ConnectionError:
                return  # whoever asked has given up

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
