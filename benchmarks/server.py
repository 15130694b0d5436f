"""A real `weft up` for benchmarks: started on free ports, measured from outside, stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """One `weft up` process."""

    def __init__(self, data: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "weft", "up", "--data", str(data)]
        ports = ["--grpc-port", "0", "--http-port", "0", "--ui-port", "0"]
        began = time.perf_counter()
        self.process = subprocess.Popen([*command, *ports, *arguments], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        told = "".join(self.process.stdout.readline() for _ in range(4))
        self.start_s = time.perf_counter() - began
        self.grpc_port, self.http_port, self.ui_port = (int(port) for port in re.findall(r":(\d+)\b", told))

    def cpu_s(self) -> float:
        """CPU seconds so far, user and system, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def memory_bytes(self, which: str) -> int:
        """`VmHWM` (peak) or `VmRSS` (now)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(rf"{which}:\s+(\d+) kB", status)
        assert match
        return int(match[1]) * 1024

    def settle(self, quiet_s: float = 2.0) -> None:
        """Wait until the process does next to nothing: merges are part of what a span costs."""
        last = self.cpu_s()
        while True:
            time.sleep(quiet_s)
            now = self.cpu_s()
            if now - last < 0.05 * quiet_s:
                return
            last = now

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(120) == 0
