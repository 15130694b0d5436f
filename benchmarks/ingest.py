"""Ingest over real sockets, beside its yardstick in the same run.

    python benchmarks/ingest.py [--protocol grpc|http] [--requests 4000] [--json]

The yardstick is what a plain Python loop reaches that parses the same bodies with `opentelemetry-proto` and
builds one dict of attributes per span: no server, no store. It runs before and after the load; machines are
noisy, so compare the two columns of one run, never figures of different runs.
"""

import argparse
import http.client
import json
import os
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import clickhouse_connect
import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from load import Template
from server import Server

CONNECTIONS = 32
SPANS_A_REQUEST = 512
TEMPLATES = 64
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def yardstick(bodies: list[bytes]) -> float:
    """Spans per CPU-second of the plain loop."""
    spans = 0
    began = time.process_time()
    for body in bodies:
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    attributes = {}
                    for pair in span.attributes:
                        kind = pair.value.WhichOneof("value")
                        attributes[pair.key] = getattr(pair.value, kind) if kind else None
                    spans += 1
    return spans / (time.process_time() - began)


def grpc_sender(port: int) -> Callable[[bytes], None]:
    options = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own for each sender
    export = grpc.insecure_channel(f"127.0.0.1:{port}", options).unary_unary(EXPORT)
    return lambda body: export(body, timeout=60) and None


def http_sender(port: int) -> Callable[[bytes], None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(body: bytes) -> None:
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    return send


def load(
    sender: Callable[[], Callable[[bytes], None]], templates: list[Template], requests: int
) -> list[float]:
    """Send all requests over `CONNECTIONS` connections; returns the seconds to each answer."""
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(requests):
        numbers.put(number)
    latencies_s: list[float] = []

    def work() -> None:
        send = sender()
        while True:
            try:
                number = numbers.get_nowait()
            except queue.Empty:
                return
            body = templates[number % len(templates)].fresh(number)
            began = time.perf_counter()
            send(body)
            latencies_s.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies_s


def stored(data: Path) -> tuple[int, float]:
    """Rows and bytes a row on disk, once the server has let go of the directory."""
    client = clickhouse_connect.get_client(dsn=f"chdb://{data / 'store'}")
    rows, size = client.query(
        "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'spans'"
    ).first_row
    client.close()
    return rows, size / rows


def measure(protocol: str, requests: int) -> dict[str, float | str]:
    templates = [Template(seed, SPANS_A_REQUEST) for seed in range(TEMPLATES)]
    bodies = [template.body for template in templates]
    yardsticks = [yardstick(bodies)]
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        server = Server(data)
        idle_bytes = server.memory_bytes("VmRSS")
        idle_cpu_s = server.cpu_s()
        sender = {
            "grpc": lambda: grpc_sender(server.grpc_port),
            "http": lambda: http_sender(server.http_port),
        }[protocol]
        began = time.perf_counter()
        latencies_s = sorted(load(sender, templates, requests))
        answered_s = time.perf_counter() - began
        server.settle()
        cpu_s = server.cpu_s() - idle_cpu_s
        peak_bytes = server.memory_bytes("VmHWM")
        server.stop()
        rows, row_bytes = stored(data)
    yardsticks.append(yardstick(bodies))
    spans = requests * SPANS_A_REQUEST
    assert rows == spans, f"{rows} rows in the store, {spans} spans sent"
    per_cpu_s = spans / cpu_s
    yard = statistics.mean(yardsticks)
    return {
        "protocol": protocol,
        "spans": spans,
        "spans_per_s": round(spans / answered_s),
        "spans_per_cpu_s": round(per_cpu_s),
        "yardstick_per_cpu_s": round(yard),
        "ratio": round(per_cpu_s / yard, 2),
        "ack_median_ms": round(latencies_s[len(latencies_s) // 2] * 1e3, 1),
        "ack_p99_ms": round(latencies_s[int(len(latencies_s) * 0.99)] * 1e3, 1),
        "bytes_per_span": round(row_bytes, 1),
        "peak_mib": round(peak_bytes / 2**20),
        "idle_mib": round(idle_bytes / 2**20),
        "start_s": round(server.start_s, 2),
        "cores": os.cpu_count() or 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--protocol", choices=["grpc", "http"], action="append")
    parser.add_argument("--requests", type=int, default=4000, help="512 spans each")
    parser.add_argument("--json", action="store_true", help="one JSON object a protocol")
    arguments = parser.parse_args()
    for protocol in arguments.protocol or ["grpc", "http"]:
        figures = measure(protocol, arguments.requests)
        if arguments.json:
            print(json.dumps(figures))
        else:
            print(
                "\n".join(f"{name:>20}  {value}" for name, value in figures.items()), end="\n\n", flush=True
            )


if __name__ == "__main__":
    main()
