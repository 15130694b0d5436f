"""Facts about settled traces, computed in the background, beside their yardstick in the same run.

    python benchmarks/facts.py [--spans 200000] [--ingest 200000] [--json]

A store is filled with workflows of several agents (5 to 250 spans a trace: HTTP calls, queued tasks, model
and tool calls with their prompts; some fail, one in fifty lacks a span). Then the facts about all of them are
computed as `weft up` does it, in one thread. The yardstick is reading the same rows alone, as Arrow columns.

What it costs ingest: `weft up` takes workflows over sockets, as fast as it answers and then at a steady
10,000 spans a second; each once with traces that settle after a second, so that facts are computed meanwhile,
and once with traces that never settle.
"""

import argparse
import itertools
import json
import os
import random
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest import CONNECTIONS, grpc_sender
from server import Server
from weft.app import Pipeline, open_pipeline
from weft.decode.request import decode
from weft.query.facts.facts import batches
from weft.query.facts.reading import Reader
from weft.query.facts.waiting import WaitingTrace
from weft.receive.intake import Intake

MS = 1_000_000
AGENTS = ("planner", "researcher", "writer", "reviewer", "translator", "critic")
PROMPTS = [f"prompt {number}: " + "what was said before " * 150 for number in range(500)]
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5


def pairs(attributes: dict[str, str | int]) -> list[KeyValue]:
    found = []
    for key, value in attributes.items():
        pair = KeyValue(key=key)
        if isinstance(value, int):
            pair.value.int_value = value
        else:
            pair.value.string_value = value
        found.append(pair)
    return found


@dataclass
class Workflow:
    """One trace of a workflow, its spans by service."""

    chance: random.Random
    spans: dict[str, list[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trace_id = self.chance.randbytes(16)
        self.now_ns = time.time_ns() - self.chance.randrange(3600) * 1000 * MS

    def span(self, service: str, name: str, kind: int, parent: Span | None, **attributes: str | int) -> Span:
        span = Span(
            trace_id=self.trace_id,
            span_id=self.chance.randbytes(8),
            parent_span_id=parent.span_id if parent else b"",
            name=name,
            kind=kind,
            start_time_unix_nano=self.tick(1),
            attributes=pairs({key.replace("__", "."): value for key, value in attributes.items()}),
        )
        self.spans.setdefault(service, []).append(span)
        return span

    def tick(self, most_ms: int) -> int:
        self.now_ns += self.chance.randrange(most_ms * MS) + 1000
        return self.now_ns

    def end(self, span: Span, error: str = "") -> None:
        span.end_time_unix_nano = self.tick(1)
        if error:
            span.status.code, span.status.message = 2, error
            span.events.add(
                name="exception",
                time_unix_nano=self.now_ns,
                attributes=pairs({"exception.type": error, "exception.message": f"{error}: no answer"}),
            )
            span.attributes.extend(pairs({"error.type": error}))

    def model_call(self, service: str, parent: Span) -> None:
        chat = self.span(
            service,
            "chat llama3.2",
            CLIENT,
            parent,
            gen_ai__operation__name="chat",
            gen_ai__provider__name="ollama",
            gen_ai__request__model="llama3.2",
            gen_ai__response__model="llama3.2",
            gen_ai__response__id=f"r{self.chance.getrandbits(40)}",
            gen_ai__usage__input_tokens=self.chance.randrange(4000),
            gen_ai__usage__output_tokens=self.chance.randrange(800),
            gen_ai__input__messages=self.chance.choice(PROMPTS),
        )
        post = self.span(
            service,
            "POST",
            CLIENT,
            chat,
            http__request__method="POST",
            server__address="localhost",
            server__port=11434,
            url__full="http://localhost:11434/api/chat",
            http__response__status_code=200,
        )
        self.tick(800)
        self.end(post)
        self.end(chat)

    def agent(self, service: str, name: str, parent: Span, depth: int) -> bool:
        """Let an agent work; returns whether it failed."""
        work = self.span(
            service,
            f"invoke_agent {name}",
            INTERNAL,
            parent,
            gen_ai__operation__name="invoke_agent",
            gen_ai__agent__name=name,
        )
        failed = False
        for number in range(self.chance.randrange(1, 5)):
            tool = self.span(
                service,
                "execute_tool search",
                INTERNAL,
                work,
                gen_ai__operation__name="execute_tool",
                gen_ai__tool__name="search",
                gen_ai__tool__call__arguments=json.dumps({"query": f"question {number}"}),
            )
            failed = self.chance.random() < 0.01
            self.tick(50)
            self.end(tool, "ToolError" if failed else "")
            if failed:
                break
            self.model_call(service, work)
        for _ in range(self.chance.randrange(0, 3) if depth < 3 and not failed else 0):
            failed = self.hand_off(service, work, depth + 1) or failed
        self.end(work, "ToolError" if failed else "")
        return failed

    def hand_off(self, service: str, parent: Span, depth: int) -> bool:
        name = self.chance.choice(AGENTS)
        callee = f"{name}-service"
        sender = {"weft__propagation__outcome": "continued", "weft__propagation__format": "w3c"}
        if self.chance.random() < 0.7:
            call = self.span(
                service,
                "POST",
                CLIENT,
                parent,
                http__request__method="POST",
                server__address=callee,
                server__port=80,
                url__full=f"http://{callee}/execute",
            )
            served = self.span(
                callee,
                "POST /execute",
                SERVER,
                call,
                http__request__method="POST",
                http__route="/execute",
                url__path="/execute",
                weft__propagation__sent_ns=call.start_time_unix_nano,
                weft__propagation__sender__span_id=call.span_id.hex(),
                **sender,
            )
            failed = self.agent(callee, name, served, depth)
            for span in (served, call):
                self.end(span, "500" if failed else "")
                span.attributes.extend(pairs({"http.response.status_code": 500 if failed else 200}))
            return failed
        sent = self.span(
            service,
            "publish agent-tasks",
            PRODUCER,
            parent,
            messaging__system="redis",
            messaging__operation__type="send",
            messaging__destination__name="agent-tasks",
        )
        self.end(sent)
        self.tick(20)
        taken = self.span(
            callee,
            "process agent-tasks",
            CONSUMER,
            sent,
            messaging__system="redis",
            messaging__operation__type="process",
            messaging__destination__name="agent-tasks",
            weft__propagation__sent_ns=sent.start_time_unix_nano,
            weft__propagation__sender__span_id=sent.span_id.hex(),
            **sender,
        )
        failed = self.agent(callee, name, taken, depth)
        self.end(taken, "ToolError" if failed else "")
        return failed


def workflow(seed: int) -> ExportTraceServiceRequest:
    """A trace as one request."""
    made = Workflow(random.Random(seed))
    root = made.span("orchestrator", "invoke_workflow report", INTERNAL, None)
    root.attributes.extend(
        pairs({"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "report"})
    )
    failed = False
    for _ in range(made.chance.randrange(1, 5)):
        failed = made.hand_off("orchestrator", root, 1)
        if failed:
            break
    made.end(root, "500" if failed else "")
    return request_of(made, lacks=made.chance.random() < 0.02)


def request_of(made: Workflow, *, lacks: bool = False) -> ExportTraceServiceRequest:
    """The spans of a workflow as one request; some services may lack the first of theirs."""
    request = ExportTraceServiceRequest()
    for service, spans in made.spans.items():
        origin = request.resource_spans.add()
        origin.resource.attributes.extend(
            pairs(
                {
                    "service.name": service,
                    "host.name": f"host-{len(service) % 3}",
                    "process.pid": len(service),
                }
            )
        )
        scope = origin.scope_spans.add()
        scope.scope.name, scope.scope.version = "weft", "0.1.0"
        scope.spans.extend(spans[1:] if lacks and len(spans) > 2 else spans)
    return request


def requests(spans: int) -> tuple[list[bytes], int]:
    """Requests of eight workflows each until there are so many spans, and how many there are."""
    bodies = []
    seed = count = 0
    while count < spans:
        request = ExportTraceServiceRequest()
        for _ in range(8):
            request.MergeFrom(workflow(seed))
            seed += 1
        count += sum(len(scope.spans) for origin in request.resource_spans for scope in origin.scope_spans)
        bodies.append(request.SerializeToString())
    return bodies, count


def fill(data: Path, spans: int) -> None:
    """Store workflows until there are so many spans."""
    with open_pipeline(data, 1 << 30) as pipeline:
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver, pipeline.indexer.pace)
        for body in requests(spans)[0]:
            intake.submit(body).result(60)
        intake.close()


def compute(pipeline: Pipeline) -> tuple[list[WaitingTrace], float, float]:
    """Compute all facts; gives the traces, and the CPU seconds of the search for them and of all."""
    waiting = pipeline.waiting()
    traces: list[WaitingTrace] = []
    looking_s = 0.0
    began_s = time.process_time()
    while True:
        look_s = time.process_time()
        found = waiting.next()
        looking_s += time.process_time() - look_s
        if not found:
            return traces, looking_s, time.process_time() - began_s
        for batch in batches(found):
            pipeline.facts.keep(batch)
        traces += found


def read(pipeline: Pipeline, traces: list[WaitingTrace]) -> float:
    """The yardstick: CPU seconds of reading the same rows."""
    reader = Reader(pipeline.store, pipeline.silence)
    began_s = time.process_time()
    for batch in batches(traces):
        reader.rows([trace.trace_id for trace in batch])
    return time.process_time() - began_s


def facts(spans: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        fill(data, spans)
        with open_pipeline(data, 1 << 30, settled_after_s=0) as pipeline:
            traces, looking_s, all_s = compute(pipeline)
            read_s = read(pipeline, traces)
            rows, size = (
                pipeline.store.read(
                    "SELECT sum(rows) AS n, sum(bytes_on_disk) AS b FROM system.parts"
                    " WHERE active AND table = 'trace_facts'"
                )
                .to_pylist()[0]
                .values()
            )
    count = sum(trace.spans for trace in traces)
    assert rows == len(traces)
    return {
        "traces": rows,
        "spans": count,
        "spans_per_cpu_s": round(count / all_s),
        "yardstick_per_cpu_s": round(count / read_s),
        "us_per_span": round(all_s / count * 1e6, 1),
        "us_per_span_looking": round(looking_s / count * 1e6, 2),
        "bytes_per_trace": round(size / rows),
    }


def ingest(bodies: list[bytes], spans: int, settled_after_s: int, spans_per_s: float) -> dict[str, float]:
    """What ingest reaches while traces settle after so many seconds; at a steady pace, or without one."""
    begin = time.monotonic()
    numbers = itertools.count()
    latencies_s: list[float] = []

    def work() -> None:
        send = grpc_sender(server.grpc_port)
        while (number := next(numbers)) < len(bodies):
            if spans_per_s:
                due_s = begin + number * (spans / len(bodies)) / spans_per_s
                time.sleep(max(0.0, due_s - time.monotonic()))
            began_s = time.perf_counter()
            send(bodies[number])
            latencies_s.append(time.perf_counter() - began_s)

    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory), "--settled-after", str(settled_after_s))
        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took_s = time.monotonic() - begin
        explained = coverage(server.ui_port)["explained"]
        server.stop()
    latencies_s.sort()
    return {
        "spans_per_s": round(spans / took_s),
        "ack_median_ms": round(latencies_s[len(latencies_s) // 2] * 1e3, 1),
        "ack_p99_ms": round(latencies_s[int(len(latencies_s) * 0.99)] * 1e3, 1),
        "traces_explained_meanwhile": explained,
    }


def coverage(ui_port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{ui_port}/weft/v1/agents?limit=1") as answer:
        found: dict[str, int] = json.load(answer)["coverage"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--ingest", type=int, default=200_000, help="spans; 0 leaves ingest out")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    figures = facts(arguments.spans)
    if arguments.ingest:
        bodies, spans = requests(arguments.ingest)
        for pace, spans_per_s in (("full", 0.0), ("steady", 10_000.0)):
            for name, settled_after_s in (("with", 1), ("without", 10**6)):
                found = ingest(bodies, spans, settled_after_s, spans_per_s)
                figures |= {f"{pace}_{key}_{name}_facts": value for key, value in found.items()}
    figures["cores"] = os.cpu_count() or 0
    if arguments.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:>40}  {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
