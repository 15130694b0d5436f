"""The processes that the demo starts: each with a log, none that outlives the demo."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PR_SET_PDEATHSIG = 1  # linux/prctl.h
READY_S = 60.0
STOP_S = 15.0
TAIL = 12  # lines of a log that are shown

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class DemoFailed(Exception):
    """The demo cannot go on; the message is for a person."""


@dataclass(frozen=True)
class Child:
    """A process of the demo.

    Attributes:
        name: What it is called in messages.
        process: The process, leader of a group of its own.
        log: Where its output goes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it does its work.

        Raises:
            DemoFailed: It ended, or takes too long.
        """
        give_up = time.monotonic() + READY_S
        while not ready():
            if self.process.poll() is not None:
                raise self.ended()
            if time.monotonic() > give_up:
                raise DemoFailed(f"{self.name} is not ready after {READY_S:.0f} s{self._last_lines()}")
            time.sleep(0.02)

    def ended(self) -> DemoFailed:
        """Say that it ended, and what it said last."""
        return DemoFailed(f"{self.name} ended with code {self.process.poll()}{self._last_lines()}")

    def _last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
        return "; its last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


class Children:
    """All processes of the demo; on the way out of its `with` block they end.

    Args:
        logs: A directory for their logs.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Child] = []

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start a process.

        It has a group of its own, so that Ctrl-C reaches the demo alone, which then stops everybody in order.
        When the demo is killed, the kernel tells it to stop.
        """
        demo = os.getpid()

        def follow() -> None:
            _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != demo:  # killed before that was arranged
                os._exit(1)

        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=follow,  # noqa: PLW1509 - this process has one thread
            )
        child = Child(name, process, log)
        self._started.append(child)
        return child

    def check(self) -> None:
        """Raise DemoFailed when one of them has ended."""
        for child in self._started:
            if child.process.poll() is not None:
                raise child.ended()

    def wait_for_an_end(self) -> None:
        """Wait, as long as it takes, until one of them ends; then raise DemoFailed."""
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        self.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them: the first one started, the backend, last, for the others send it their last spans."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for wave in (self._started[1:], self._started[:1]):
            for child in wave:
                child.process.terminate()
            give_up = time.monotonic() + STOP_S
            for child in wave:
                try:
                    child.process.wait(max(0.0, give_up - time.monotonic()))
                except subprocess.TimeoutExpired:
                    os.killpg(child.process.pid, signal.SIGKILL)
                    child.process.wait()
