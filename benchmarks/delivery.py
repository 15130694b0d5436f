"""What the end of a span costs whoever ends it: Weft's export queue, and the SDK's, in one run.

    python benchmarks/delivery.py [--spans N] [--rounds N]

One thread starts and ends spans of ten attributes at a pace, so that the exporting threads keep up, as they
do in a real program; ``span.end()`` alone is timed. The backend is a process of its own that answers every
request at once, or nobody (a port that refuses); Weft's disk is a temporary directory. The contenders take
turns in each round; median and 99th percentile over all spans are printed, in µs. The yardstick has no
processor at all.
"""

from __future__ import annotations

import argparse
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from weft.export.limits import QueueLimits, SpoolLimits
from weft.export.otlp import destination
from weft.export.processor import ExportProcessor

if TYPE_CHECKING:
    from collections.abc import Callable

BACKEND = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_): pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
ATTRIBUTES = {f"gen_ai.attribute.{number}": "a value of some length" for number in range(10)}
PAUSE_S = 0.0005


def ends(processor: SpanProcessor | None, spans: int) -> list[float]:
    """Seconds that each ``span.end()`` took."""
    provider = TracerProvider(shutdown_on_exit=False)
    if processor is not None:
        provider.add_span_processor(processor)
    tracer = provider.get_tracer("benchmark")
    taken = []
    for _ in range(spans):
        span = tracer.start_span("span", attributes=ATTRIBUTES)
        before = time.perf_counter()
        span.end()
        taken.append(time.perf_counter() - before)
        time.sleep(PAUSE_S)
    if processor is not None:
        processor.shutdown()
    return taken


def weft(endpoint: str) -> SpanProcessor:
    spool = SpoolLimits(Path(tempfile.mkdtemp(prefix="weft-delivery-")))
    return ExportProcessor(destination(endpoint), service="benchmark", limits=QueueLimits(), spool=spool)


def sdk(endpoint: str) -> SpanProcessor:
    return BatchSpanProcessor(OTLPSpanExporter(endpoint + "/v1/traces"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--spans", type=int, default=3000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    logging.disable()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        away = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with subprocess.Popen([sys.executable, "-c", BACKEND], stdout=subprocess.PIPE, text=True) as backend:
        assert backend.stdout
        there = f"http://127.0.0.1:{int(backend.stdout.readline())}"
        contenders: dict[str, Callable[[], Any]] = {
            "no processor": lambda: None,
            "Weft, backend answers": lambda: weft(there),
            "SDK, backend answers": lambda: sdk(there),
            "Weft, nobody there": lambda: weft(away),
            "SDK, nobody there": lambda: sdk(away),
        }
        taken: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(chosen.rounds):
            for name, make in contenders.items():
                taken[name] += ends(make(), chosen.spans)
        backend.kill()
    print(f"{'µs for span.end()':<24}{'median':>8}{'p99':>8}")
    for name, seconds in taken.items():
        p99 = statistics.quantiles(seconds, n=100)[98]
        print(f"{name:<24}{statistics.median(seconds) * 1e6:>8.1f}{p99 * 1e6:>8.1f}")


if __name__ == "__main__":
    main()
