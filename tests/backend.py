"""A real `weft up` process for tests, on free ports."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STOP_S = 60


@dataclass(slots=True)
class Backend:
    """A running backend.

    Attributes:
        process: Its process.
        grpc_port: OTLP over gRPC.
        http_port: OTLP over HTTP.
        ui_port: The query API.
    """

    process: subprocess.Popen[str]
    grpc_port: int
    http_port: int
    ui_port: int

    @property
    def url(self) -> str:
        """Where the query API is."""
        return f"http://127.0.0.1:{self.ui_port}"

    def stop(self) -> int:
        """End it as an operator does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def kill(self) -> None:
        """End it as the kernel does."""
        self.process.kill()
        self.process.wait(STOP_S)


@contextlib.contextmanager
def backend(data: Path, *arguments: str, **environment: str) -> Iterator[Backend]:
    """Start `weft up` and wait until it listens; it is stopped at the end if it still runs."""
    ports = ["--grpc-port", "0", "--http-port", "0", "--ui-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "weft", "up", "--data", str(data), *ports, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stdout
    with process, process.stdout as banner:
        try:
            found: list[int] = []
            while len(found) < 3:
                line = banner.readline()
                assert line, f"weft up ended with {process.wait(STOP_S)} before it listened"
                found += [int(port) for port in re.findall(r":(\d+)\b", line)]
            running = Backend(process, *found)
            yield running
        finally:
            if process.poll() is None:
                running.stop() if len(found) == 3 else process.kill()
