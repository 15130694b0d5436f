"""What a hop costs: Weft beside the plain OpenTelemetry SDK, in one run.

    python benchmarks/hop.py [--rounds N] [--json]

The contenders take turns, each in a process of its own, and the medians over the rounds are printed.

- ``inject``, ``extract``: as instrumentations call them, with Weft's evidence and policy; wall time.
- ``hop``: a CLIENT span, inject, extract, a SERVER span, both ended, as two instrumented services would; the
  wall time of the thread that works, and the CPU time of the whole process with the export of both spans.
- ``http``: one request through real libraries, httpx to FastAPI under uvicorn, both in one process: CPU time
  a request. ``none`` has no tracing at all.
- ``import``: a process that sets everything up and ends, less one that does nothing.

Plain SDK: ``tracecontext,baggage``, BatchSpanProcessor, OTLP over HTTP, the same contrib instrumentations.
Both send to the same sink, which answers and forgets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTENDERS = ("sdk", "weft", "none")
CALLS = 20_000
BURST = 200  # hops, that is 400 spans: less than either exporter sends at once
BURSTS = 25
REQUESTS = 1_000
VENDORS = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
BAGGAGE = "tenant=7,user=abc%20def"
BESIDE = {f"x-header-{number}": "value" for number in range(10)}
SETUP = {
    "sdk": """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider(resource=Resource.create({"service.name": "hop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
import opentelemetry.propagate
""",
    "weft": "import weft\nweft.init('hop')\n",
    "none": "",
}


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=5, help="how often each contender runs (5)")
    arguments.add_argument("--json", action="store_true", help="print figures as JSON")
    arguments.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.contender:
        print(json.dumps(measured(chosen.contender)))
        return
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with sink() as endpoint:
        for _ in range(chosen.rounds):
            for contender in CONTENDERS:
                for name, value in run(contender, endpoint).items():
                    figures[name][contender].append(value)
    medians = {
        name: {contender: statistics.median(values) for contender, values in row.items()}
        for name, row in figures.items()
    }
    if chosen.json:
        print(json.dumps(medians, indent=1))
        return
    print(f"{'medians of ' + str(chosen.rounds):34}{'sdk':>10}{'weft':>10}{'weft/sdk':>10}{'none':>10}")
    for name, row in medians.items():
        cells = [f"{row[each]:10.2f}" if each in row else " " * 10 for each in ("sdk", "weft", "none")]
        ratio = f"{row['weft'] / row['sdk']:10.2f}" if row.get("sdk") else " " * 10
        print(f"{name:34}{cells[0]}{cells[1]}{ratio}{cells[2]}")


def run(contender: str, endpoint: str) -> dict[str, float]:
    """One round of one contender."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "WEFT_"))},
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    }
    command = [sys.executable, __file__, "--contender", contender]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    figures["import and set up, ms"] = starting(SETUP[contender], environment)
    return figures


def starting(setup: str, environment: dict[str, str]) -> float:
    """Wall time that setting up takes in a new process, in ms; the process then just ends."""
    script = "import os, time\nstart = time.perf_counter()\n" + setup
    script += "\nprint((time.perf_counter() - start) * 1000, flush=True)\nos._exit(0)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def measured(contender: str) -> dict[str, float]:
    """All figures of one contender, in this process."""
    exec(SETUP[contender], {})  # ours, and the very text that `starting` times
    figures: dict[str, float] = {}
    if contender != "none":
        figures |= propagation()
        figures |= hop()
    figures |= http(contender)
    return figures


def propagation() -> dict[str, float]:
    from opentelemetry import baggage, trace
    from opentelemetry.context import Context
    from opentelemetry.instrumentation.asgi import asgi_getter
    from opentelemetry.propagate import extract, get_global_textmap, inject

    span = trace.get_tracer("bench").start_span("hop")
    plain = trace.set_span_in_context(span, Context())
    laden = baggage.set_baggage("user", "abc def", baggage.set_baggage("tenant", "7", plain))
    full = {"traceparent": PARENT, "tracestate": VENDORS, "baggage": BAGGAGE}
    written: dict[str, str] = {}
    inject(written, plain)  # what this contender's peers send
    pairs = [(name.encode(), value.encode()) for name, value in {**BESIDE, **written}.items()]
    scope = {"type": "http", "asgi": {}, "path": "/", "server": ("127.0.0.1", 80), "headers": pairs}
    found: Any = get_global_textmap()
    alone = getattr(found, "_propagator", found)  # Weft's, without the policy of the process around it
    return {
        "propagator alone, inject, µs": timed(lambda: alone.inject({}, plain)),
        "propagator alone, extract all, µs": timed(lambda: alone.extract(full)),
        "inject, µs": timed(lambda: inject({}, plain)),
        "inject with baggage, µs": timed(lambda: inject({}, laden)),
        "extract from its own kind, µs": timed(lambda: extract(written)),
        "extract, tracestate, baggage, µs": timed(lambda: extract(full)),
        "extract from ASGI, 12 headers, µs": timed(lambda: extract(scope, getter=asgi_getter)),
    }


def hop() -> dict[str, float]:
    from opentelemetry import trace
    from opentelemetry.propagate import extract, inject
    from opentelemetry.trace import SpanKind

    tracer = trace.get_tracer("bench")
    attributes = {  # what the conventions ask of a client's span at its start
        "http.request.method": "POST",
        "url.full": "http://localhost:8000/execute",
        "server.address": "localhost",
        "server.port": 8000,
    }

    def once() -> None:
        with tracer.start_as_current_span("POST", kind=SpanKind.CLIENT, attributes=attributes):
            headers: dict[str, str] = {}
            inject(headers)
        with tracer.start_as_current_span(
            "POST /execute", context=extract(headers), kind=SpanKind.SERVER, attributes=attributes
        ):
            pass

    provider: Any = trace.get_tracer_provider()
    for _ in range(BURST):
        once()
    provider.force_flush()
    cpu, best = time.process_time(), float("inf")
    for _ in range(BURSTS):
        best = min(best, timed(once, BURST, 1))
        # Nothing is left behind: BatchSpanProcessor would drop what its queue cannot hold, and look cheap.
        provider.force_flush()
    return {
        "hop, µs": best,
        "hop, CPU with export, µs": (time.process_time() - cpu) / BURST / BURSTS * 1e6,
    }


def http(contender: str) -> dict[str, float]:
    """CPU time of a request, client and server together."""
    import fastapi
    import httpx
    import uvicorn

    app = fastapi.FastAPI()

    @app.get("/execute")
    async def execute() -> dict[str, str]:
        return {"answer": "yes"}

    if contender == "sdk":
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

        FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])
        HTTPXClientInstrumentor().instrument()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client() as client:
        url = f"http://127.0.0.1:{port}/execute"
        for _ in range(50):
            client.get(url)
        before = time.process_time()
        for _ in range(REQUESTS):
            client.get(url)
        cpu = time.process_time() - before
    server.should_exit = True
    thread.join()
    return {"http request, CPU, µs": cpu / REQUESTS * 1e6}


def timed(call: Callable[[], object], calls: int = CALLS, repeats: int = 5) -> float:
    """The least wall time of a call over some repeats, in µs: what it takes when nobody interferes."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, time.perf_counter() - start)
    return best / calls * 1e6


@contextmanager
def sink() -> Iterator[str]:
    """An OTLP receiver that forgets."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
