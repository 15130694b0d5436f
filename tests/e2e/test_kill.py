"""Acknowledged means on disk: `weft up` is killed under load, and nothing that it acknowledged is missing."""

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.backend import Backend, backend

from weft.app import open_pipeline
from weft.journal import Journal

KILLS = 20
SENDERS = 8
SPANS = 200
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

# Twenty restarts take one minute on an idle machine and two on a busy one.
pytestmark = pytest.mark.timeout(400)

Send = Callable[[bytes], bool]


def request() -> tuple[bytes, bytes]:
    """A trace id and a request with `SPANS` spans of that trace."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "killed"
    spans = resource_spans.scope_spans.add().spans
    trace_id = os.urandom(16)
    for number in range(SPANS):
        span = spans.add(
            trace_id=trace_id, span_id=(number + 1).to_bytes(8, "big"), name=f"operation-{number % 7}"
        )
        span.start_time_unix_nano, span.end_time_unix_nano = time.time_ns(), time.time_ns()
        span.attributes.add(key="number").value.int_value = number
        span.events.add(name="event", time_unix_nano=time.time_ns())
    return trace_id, message.SerializeToString()


def over_grpc(server: Backend, open_until: contextlib.ExitStack) -> Send:
    channel = open_until.enter_context(grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}"))
    export = channel.unary_unary(EXPORT)

    def send(body: bytes) -> bool:
        try:
            export(body, timeout=10)
        except grpc.RpcError:
            return False
        return True

    return send


def over_http(server: Backend, open_until: contextlib.ExitStack) -> Send:
    client = open_until.enter_context(
        httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}", timeout=10)
    )

    def send(body: bytes) -> bool:
        try:
            answer = client.post(
                "/v1/traces", content=body, headers={"Content-Type": "application/x-protobuf"}
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    return send


def send_until_dead(send: Send, acknowledged: list[bytes], again: list[bytes]) -> None:
    """Send fresh requests until one is not answered; that one may be stored or not: it is sent again."""
    while True:
        trace_id, body = request()
        if not send(body):
            again.append(body)
            return
        acknowledged.append(trace_id)


def ask(server: Backend, stop: threading.Event) -> None:
    """Queries force commits: with one asking, the kill often falls into the middle of one."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.ui_port}", timeout=30) as client:
        while not stop.is_set():
            try:
                client.get("/api/services")
            except httpx.HTTPError:
                return


def wait_for_a_commit(ledger: Path) -> None:
    """Wait until the journal's ledger is written to: a commit begins or ends, the next is close."""
    before = ledger.stat().st_size
    deadline = time.monotonic() + 30
    while ledger.stat().st_size == before and time.monotonic() < deadline:
        time.sleep(0.001)


def test_twenty_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(20)
    acknowledged: list[bytes] = []
    again: list[bytes] = []
    data = tmp_path / "data"
    interrupted = 0
    for kill in range(KILLS):
        with backend(data) as server, contextlib.ExitStack() as clients:
            for (
                body
            ) in again:  # what a client does that got no answer: the span must still be there only once
                assert over_http(server, clients)(body)
            again = []
            stop = threading.Event()
            makers = [over_grpc if number % 2 else over_http for number in range(SENDERS)]
            threads = [
                threading.Thread(target=send_until_dead, args=(make(server, clients), acknowledged, again))
                for make in makers
            ]
            threads.append(threading.Thread(target=ask, args=(server, stop)))
            before = len(acknowledged)
            for thread in threads[: None if kill % 2 else -1]:
                thread.start()
            while len(acknowledged) < before + 5:
                time.sleep(0.001)
            if kill % 2:
                wait_for_a_commit(data / "journal" / "ledger")
                time.sleep(chance.uniform(0, 0.1))  # the moment of the kill is what is drawn here
            else:
                time.sleep(chance.uniform(0, 0.8))
            server.kill()
            stop.set()
            for thread in threads[: None if kill % 2 else -1]:
                thread.join()
        with contextlib.closing(Journal(data / "journal")) as journal:
            interrupted += bool(journal.marks())

    assert len(acknowledged) > 5 * KILLS
    assert interrupted, "no kill fell into a commit"
    with open_pipeline(data, 1 << 30) as pipeline:
        assert pipeline.indexer.flush(60)
        for table in ("spans", "events"):
            rows = pipeline.store.read(
                f"SELECT trace_id, count() n, uniqExact(span_id) ids FROM {table} FINAL GROUP BY trace_id"
            ).to_pylist()
            assert {row["trace_id"] for row in rows} >= set(acknowledged)
            assert {(row["n"], row["ids"]) for row in rows} == {(SPANS, SPANS)}
        for trace_id in chance.sample(acknowledged, 20):
            spans = pipeline.queries.spans([trace_id])
            numbers = spans.column("attributes").combine_chunks().items.to_pylist()
            assert sorted(map(int, numbers)) == list(range(SPANS))
            assert spans.column("event_names").to_pylist() == [["event"]] * SPANS
