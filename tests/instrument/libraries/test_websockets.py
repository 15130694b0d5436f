"""WebSockets with real servers and clients: context per message, and the handshakes of ``websockets``."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import websockets.asyncio.client
import websockets.sync.client
from opentelemetry.trace import SpanKind, StatusCode
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import python_server, until

import weft
from weft.instrument.libraries.websocket_ends import far_end, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.instrument.conftest import Spans

HERE = Path(__file__).parent
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5  # opentelemetry.proto.trace.v1.Span.SpanKind
LIBRARIES = "websockets", "sync", "starlette", "aiohttp"

CLIENT_SIDE = """
import asyncio, json, sys
import weft
from opentelemetry import baggage, trace
from opentelemetry.context import attach

weft.init("caller")
url = sys.argv[1]

def got(answer, span, number):
    context = answer["context"]
    mine = format(span.get_span_context().trace_id, "032x")
    same = context["traceparent"].split("-")[1] == mine
    return [same, context["baggage"] == f"number={number}", answer["payload"]]

async def exchange(ws, number):
    attach(baggage.set_baggage("number", str(number)))
    with weft.workflow("w") as span:
        await weft.websockets.send(ws, {"task": number})
        async for task in weft.websockets.listen(ws):
            with task:
                return got(task.payload, span, number)

async def talk(connection):
    return [await asyncio.create_task(exchange(connection, number)) for number in range(3)]

async def asyncio_client():
    from websockets.asyncio.client import connect
    async with connect(url) as ws:
        return await talk(ws)

async def aiohttp_client():
    import aiohttp
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        return await talk(ws)

def sync_client():
    from websockets.sync.client import connect
    with connect(url) as ws:
        answers = []
        for number in range(3):
            token = attach(baggage.set_baggage("number", str(number)))
            with weft.workflow("w") as span:
                weft.websockets.send(ws, {"task": number})
                for task in weft.websockets.listen(ws):
                    with task:
                        answers.append(got(task.payload, span, number))
                    break
        return answers

async def many():
    from websockets.asyncio.client import connect
    async def one(number):
        async with connect(url) as ws:
            return [await asyncio.create_task(exchange(ws, number * 100 + each)) for each in range(10)]
    return await asyncio.gather(*(one(number) for number in range(20)))

client = sys.argv[2]
answers = sync_client() if client == "sync" else asyncio.run(globals()[client]())
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def environment(receiver: Receiver) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}


@pytest.fixture(scope="module")
def ports(environment: dict[str, str]) -> Iterator[dict[str, int]]:
    script = HERE / "ws_service.py"
    with ExitStack() as stack:
        agents = {
            library: stack.enter_context(python_server(script, library, "agent", environment=environment))
            for library in LIBRARIES
        }
        plain = stack.enter_context(python_server(script, "websockets", "plain"))
        yield {**agents, "plain": plain}


def run(script: str, *arguments: object, **variables: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("client", "library"),
    [
        ("asyncio_client", "websockets"),
        ("sync", "sync"),
        ("asyncio_client", "starlette"),
        ("aiohttp_client", "aiohttp"),
        ("aiohttp_client", "starlette"),
        ("sync", "websockets"),
    ],
)
def test_every_message_continues_its_senders_context_and_is_linked_to_the_connection(
    receiver: Receiver, environment: dict[str, str], ports: dict[str, int], client: str, library: str
) -> None:
    before = len(receiver.spans())
    url = f"ws://127.0.0.1:{ports[library]}/agent"
    answers = run(CLIENT_SIDE, url, client, **environment)
    assert answers == [[True, True, {"task": number}] for number in range(3)]

    def named(name: str, service: str) -> list[Any]:
        return [s for s in receiver.spans()[before:] if (s.name, s.service) == (name, service)]

    until(lambda: len(named("process /agent", "caller")) == 3, "the caller's spans arrived")
    until(lambda: len(named("publish /agent", "callee")) == 3, "the callee's spans arrived")
    sent = {span.span_id: span for span in named("publish /agent", "caller")}
    for worked in named("process /agent", "callee"):
        assert worked.kind == CONSUMER
        taken_ns = worked.attributes["weft.propagation.taken_ns"]
        assert worked.attributes["weft.propagation.ready_ns"] <= taken_ns <= worked.start_ns
        assert worked.parent_id in sent
        assert worked.trace_id == sent[worked.parent_id].trace_id
        (connection,) = worked.links  # opened outside of the workflows
        assert connection not in {s.span_id for s in receiver.spans() if s.trace_id == worked.trace_id}
    workflows = {span.trace_id for span in named("invoke_workflow w", "caller")}
    assert len(workflows) == 3
    assert {span.trace_id for span in named("process /agent", "callee")} == workflows


def test_connections_and_messages_at_once_do_not_mix(
    environment: dict[str, str], ports: dict[str, int]
) -> None:
    answers = run(CLIENT_SIDE, f"ws://127.0.0.1:{ports['websockets']}/agent", "many", **environment)
    expected = [[[True, True, {"task": number * 100 + each}] for each in range(10)] for number in range(20)]
    assert answers == expected


HANDSHAKE = """
import asyncio, json, sys
import weft
weft.init("caller")
url = sys.argv[1]
def main():
    from websockets.sync.client import connect
    with connect(url, additional_headers=[("X-A", "1"), ("X-A", "2"), ("Traceparent", "old")]) as ws:
        ws.send("hello")
        return json.loads(ws.recv())
async def aio():
    from websockets.asyncio.client import connect
    async with connect(url, additional_headers={"X-A": "1"}) as ws:
        await ws.send("hello")
        return json.loads(await ws.recv())
with weft.workflow("w"):
    print(json.dumps([main(), asyncio.run(aio())]))
"""


def test_a_peer_without_weft_reads_what_was_sent_and_the_handshake_has_the_context(
    ports: dict[str, int],
) -> None:
    answers = run(HANDSHAKE, f"ws://127.0.0.1:{ports['plain']}", OTEL_TRACES_EXPORTER="none")
    assert [answer["said"] for answer in answers] == ["hello", "hello"]
    for answer in answers:
        assert answer["headers"].count("traceparent") == 1
        assert "x-a" in answer["headers"]
    assert answers[0]["headers"].count("x-a") == 2


@pytest.mark.parametrize(
    "variables",
    [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "websockets,threading"}],
)
def test_switched_off_the_handshake_is_as_it_was(ports: dict[str, int], variables: dict[str, str]) -> None:
    script = HANDSHAKE.replace(', ("Traceparent", "old")', "")
    answers = run(script, f"ws://127.0.0.1:{ports['plain']}", OTEL_TRACES_EXPORTER="none", **variables)
    for answer in answers:
        assert not {"traceparent", "tracestate", "baggage"} & set(answer["headers"])


def test_a_handshake_is_one_request_with_two_spans_that_end_while_the_connection_is_open(
    receiver: Receiver, environment: dict[str, str], ports: dict[str, int]
) -> None:
    script = """
import json, sys
import weft
weft.init("caller")
from websockets.sync.client import connect
with weft.workflow("w") as span:
    with connect(sys.argv[1]) as ws:
        weft.flush(10)
        ws.send("plain")
        answer = json.loads(ws.recv())
print(json.dumps([format(span.get_span_context().trace_id, "032x"), answer]))
"""
    trace, answer = run(script, f"ws://127.0.0.1:{ports['websockets']}/agent?token=secret", **environment)

    def spans() -> dict[int, Any]:
        return {s.kind: s for s in receiver.spans() if s.trace_id == trace and s.name == "GET"}

    until(lambda: len(spans()) == 2, "both spans of the handshake arrived")
    client, server = spans()[CLIENT], spans()[SERVER]
    assert server.parent_id == client.span_id
    for span in (client, server):
        assert span.attributes["http.response.status_code"] == 101
        assert span.attributes["url.path"] == "/agent"
        assert span.attributes["server.port"] == ports["websockets"]
    # A message that carries nothing is worked on under the connection.
    assert answer["payload"] == "plain"
    assert answer["context"]["traceparent"].split("-")[1] == trace


def test_a_handshake_that_fails_marks_its_span_and_raises(ports: dict[str, int]) -> None:
    script = """
import json, sys
import weft
weft.init("caller")
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
kept = InMemorySpanExporter()
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(kept))
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
try:
    connect(sys.argv[1])
except InvalidStatus as error:
    (span,) = kept.get_finished_spans()
    print(json.dumps([span.attributes["http.response.status_code"], span.status.status_code.name]))
"""
    url = f"ws://127.0.0.1:{ports['aiohttp']}/nowhere"
    assert run(script, url, OTEL_TRACES_EXPORTER="none") == [404, "ERROR"]


def test_a_client_without_weft_is_understood_by_every_server(ports: dict[str, int]) -> None:
    for library in LIBRARIES:
        with websockets.sync.client.connect(f"ws://127.0.0.1:{ports[library]}/agent") as ws:
            for message, payload in (("text", "text"), (b"\xff\x00", "ff00"), ('{"a": 1}', '{"a": 1}')):
                ws.send(message)
                answer = json.loads(ws.recv())
                assert answer["payload"] == payload
                assert "traceparent" in answer["trace_context"]


def test_a_peer_without_weft_finds_the_payload_where_it_was(spans: Spans, ports: dict[str, int]) -> None:
    with websockets.sync.client.connect(f"ws://127.0.0.1:{ports['plain']}/there?token=secret") as ws:
        weft.websockets.send(ws, {"task": "write"})
        said = json.loads(json.loads(ws.recv())["said"])
    assert said.pop("trace_context")["traceparent"]
    assert said == {"task": "write"}
    span = spans["publish /there"]
    assert span.kind is SpanKind.PRODUCER
    attributes = dict(span.attributes or {})
    assert attributes.pop("messaging.message.body.size")  # type: ignore[truthy-bool]
    assert attributes == {
        "messaging.system": "websocket",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": "/there",
    }


def test_a_failed_handler_marks_its_span_and_the_next_message_is_handled(
    spans: Spans, ports: dict[str, int]
) -> None:
    handled = []
    with websockets.sync.client.connect(f"ws://127.0.0.1:{ports['plain']}") as ws:
        for number in range(3):
            weft.websockets.send(ws, number)
        for task in weft.websockets.listen(ws):
            number = json.loads(json.loads(task.payload)["said"])["payload"]
            try:
                with task:
                    if number == 1:
                        raise ValueError("one")
                    handled.append(number)
            except ValueError:
                continue
            if number == 2:
                break
    assert handled == [0, 2]
    statuses = [span.status.status_code for span in spans.all() if span.name == "process /"]
    assert statuses == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]


def test_a_message_that_cannot_be_sent_marks_its_span_and_raises(spans: Spans, ports: dict[str, int]) -> None:
    async def main() -> None:
        async with websockets.asyncio.client.connect(f"ws://127.0.0.1:{ports['plain']}") as ws:
            pass
        await weft.websockets.send(ws, 1)

    with pytest.raises(websockets.exceptions.ConnectionClosed):
        asyncio.run(main())
    with (
        websockets.sync.client.connect(f"ws://127.0.0.1:{ports['plain']}") as ws,
        pytest.raises(TypeError, match="not JSON serializable"),
    ):
        weft.websockets.send(ws, object())
    assert [span.status.status_code for span in spans.all()] == [StatusCode.ERROR] * 2


def test_no_context_goes_to_a_peer_outside() -> None:
    script = """
import json
import weft
weft.init("caller")

class Peer:
    def __init__(self, address):
        self.remote_address = address
    def send(self, text):
        return json.loads(text)["trace_context"]

with weft.workflow("w"):
    said = [weft.websockets.send(Peer((host, 443)), {"task": "write"}) for host in ("8.8.8.8", "127.0.0.1")]
print(json.dumps(said))
"""
    outside, inside = run(script, OTEL_TRACES_EXPORTER="none")
    assert outside == {}
    assert "traceparent" in inside


def test_of_aiohttps_iteration_only_messages_are_tasks(spans: Spans) -> None:
    async def iteration() -> Any:
        yield aiohttp.WSMessage(aiohttp.WSMsgType.PING, b"", None)
        yield aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, "text", None)
        yield aiohttp.WSMessage(aiohttp.WSMsgType.BINARY, b"bytes", None)
        yield aiohttp.WSMessage(aiohttp.WSMsgType.ERROR, ValueError(), None)

    async def payloads() -> list[Any]:
        return [task.payload async for task in weft.websockets.listen(iteration())]

    assert asyncio.run(payloads()) == ["text", b"bytes"]


@pytest.mark.parametrize("message", [None, 7, "text", b"", {}, {"type": "websocket.receive"}, object()])
def test_what_is_no_message_never_makes_it_raise(spans: Spans, message: Any) -> None:
    with weft.websockets.process(message) as task:
        assert task.payload is message or task.payload is None
    assert spans.names() == ["process"]


@pytest.mark.parametrize("websocket", [None, 7, object()])
def test_what_is_no_connection_has_no_path_and_no_far_end(websocket: Any) -> None:
    assert path_of(websocket) is None
    assert far_end(websocket) == ("", None)
