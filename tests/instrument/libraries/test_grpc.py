"""gRPC, sync and asyncio, both sides, with real servers: every kind of call, and every way that one ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import python_server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SERVER, CLIENT = 2, 3  # opentelemetry.proto.trace.v1.Span.SpanKind
KINDS = "One", "Many", "All", "Each"

# What every script begins with. `spans()` are those that have ended, `tell` is the script's answer.
PREAMBLE = """
import asyncio, gc, json, os, sys, threading, time
import grpc
import grpc_service
import weft
from opentelemetry import baggage, trace
from opentelemetry.context import attach
from tests.servers import until

METHODS = "One", "Many", "All", "Each"

def trace_it(**options):
    weft.init("caller", **options)
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    global kept
    kept = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(kept))

def spans(kind=None):
    return [{"name": s.name, "kind": s.kind.name, "status": s.status.status_code.name,
             "description": s.status.description, "attributes": dict(s.attributes), "events": len(s.events),
             "trace": format(s.context.trace_id, "032x"), "span": format(s.context.span_id, "016x"),
             "parent": s.parent and format(s.parent.span_id, "016x")}
            for s in kept.get_finished_spans() if kind in (None, s.kind.name)]

def ended(kind, count=1):
    until(lambda: len(spans(kind)) >= count, f"{count} {kind} spans ended")
    return spans(kind)

async def aio_ended(kind, count=1):
    for _ in range(1000):
        if len(spans(kind)) >= count:
            break
        await asyncio.sleep(0.01)
    return spans(kind)

def trace_in(answer):
    return json.loads(answer)["context"]["traceparent"].split("-")[1]

def tell(**answer):
    print(json.dumps(answer), flush=True)
"""


def run(script: str, *arguments: object, **variables: str) -> Any:
    """Run a script in a process of its own; returns what it told."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + script, *map(str, arguments)],
        env={
            **os.environ,
            "OTEL_TRACES_EXPORTER": "none",
            "GRPC_VERBOSITY": "NONE",  # its C core writes to stderr as it pleases
            "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
            **variables,
        },
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


class Servers(NamedTuple):
    """Agents and a plain server, in processes of their own, and where the agents' spans go."""

    receiver: Receiver
    sync: int
    aio: int
    plain: int


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    script = HERE / "grpc_service.py"
    with otlp_receiver() as receiver:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        with (
            python_server(script, "sync", "agent", environment=environment) as sync,
            python_server(script, "aio", "agent", environment=environment) as aio,
            python_server(script, "sync", "plain") as plain,
        ):
            yield Servers(receiver, sync, aio, plain)


ALL_KINDS = {
    "sync": """
def call(channel, method, **options):
    name = f"/weft.Test/{method}"
    if method == "One":
        return channel.unary_unary(name)(b"", **options)
    if method == "Many":
        return list(channel.unary_stream(name)(b"", **options))[0]
    if method == "All":
        return channel.stream_unary(name)(iter([b"1", b"2"]), **options)
    return list(channel.stream_stream(name)(iter([b"1", b"2"]), **options))[0]

def all_kinds(port, **options):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        return {method: json.loads(call(channel, method, **options)) for method in METHODS}
""",
    "aio": """
async def call(channel, method, **options):
    name = f"/weft.Test/{method}"
    if method == "One":
        return await channel.unary_unary(name)(b"", **options)
    if method == "Many":
        return [each async for each in channel.unary_stream(name)(b"", **options)][0]
    if method == "All":
        return await channel.stream_unary(name)(iter([b"1", b"2"]), **options)
    return [each async for each in channel.stream_stream(name)(iter([b"1", b"2"]), **options)][0]

async def calls(port, options):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        return {method: json.loads(await call(channel, method, **options)) for method in METHODS}

def all_kinds(port, **options):
    return asyncio.run(calls(port, options))
""",
}


@pytest.mark.parametrize("server", ["sync", "aio"])
@pytest.mark.parametrize("client", ["sync", "aio"])
def test_a_call_of_every_kind_continues_context_and_baggage(
    servers: Servers, client: str, server: str
) -> None:
    told = run(
        ALL_KINDS[client]
        + """
trace_it()
attach(baggage.set_baggage("customer", "blue & green"))
with weft.workflow("w") as span:
    answers = all_kinds(sys.argv[1])
tell(answers=answers, spans=spans("CLIENT"), trace=format(span.get_span_context().trace_id, "032x"),
     workflow=format(span.get_span_context().span_id, "016x"))
""",
        getattr(servers, server),
    )
    trace = told["trace"]
    assert [span["name"] for span in told["spans"]] == [f"/weft.Test/{kind}" for kind in KINDS]
    assert {span["trace"] for span in told["spans"]} == {trace}
    assert {span["parent"] for span in told["spans"]} == {told["workflow"]}
    for answer in told["answers"].values():
        assert answer["context"]["traceparent"].split("-")[1] == trace
        assert answer["context"]["baggage"] == "customer=blue%20&%20green"

    def served() -> list[Any]:
        return [s for s in servers.receiver.spans() if s.trace_id == trace and s.kind == SERVER]

    until(lambda: len(served()) == 4, "four SERVER spans arrived")
    parents = {span["span"]: span["name"] for span in told["spans"]}
    assert [parents[span.parent_id] for span in served()] == [span.name for span in served()]
    agents = [s for s in servers.receiver.spans() if s.trace_id == trace and s.name == "invoke_agent callee"]
    assert {span.parent_id for span in agents} == {span.span_id for span in served()}


@pytest.mark.parametrize("client", ["sync", "aio"])
def test_the_evidence_on_the_wire_names_the_agent_that_calls(servers: Servers, client: str) -> None:
    told = run(
        ALL_KINDS[client]
        + """
trace_it()
with weft.agent("researcher"):
    tell(answers=all_kinds(sys.argv[1]))
""",
        servers.plain,
    )
    for answer in told["answers"].values():
        assert dict(answer["metadata"])["tracestate"].endswith(";researcher")


@pytest.mark.parametrize("client", ["sync", "aio"])
def test_a_server_without_weft_is_called_as_ever(servers: Servers, client: str) -> None:
    told = run(
        ALL_KINDS[client]
        + """
trace_it()
tell(answers=all_kinds(sys.argv[1], metadata=(("x-a", "1"), ("x-a", "2"), ("x-b-bin", b"\\x00\\xff"))))
""",
        servers.plain,
    )
    for answer in told["answers"].values():
        ours = [pair for pair in answer["metadata"] if pair[0] not in {"traceparent", "tracestate"}]
        assert ours == [["x-a", "1"], ["x-a", "2"], ["x-b-bin", "00ff"]]
        assert [name for name, _ in answer["metadata"]].count("traceparent") == 1


@pytest.mark.parametrize("client", ["sync", "aio"])
@pytest.mark.parametrize("variables", [{"OTEL_SDK_DISABLED": "true"}, {"WEFT_TEST_INSTRUMENT": "no"}])
def test_switched_off_nothing_is_added(servers: Servers, client: str, variables: dict[str, str]) -> None:
    told = run(
        ALL_KINDS[client]
        + """
weft.init("caller", instrument="WEFT_TEST_INSTRUMENT" not in os.environ)
with weft.workflow("w"):
    tell(answers=all_kinds(sys.argv[1], metadata=(("x-a", "1"),)),
         contrib="opentelemetry.instrumentation.grpc" in sys.modules)
""",
        servers.plain,
        **variables,
    )
    assert [answer["metadata"] for answer in told["answers"].values()] == [[["x-a", "1"]]] * 4
    assert told["contrib"] is False


def test_each_side_is_switched_off_by_opentelemetrys_name(servers: Servers) -> None:
    told = run(
        ALL_KINDS["sync"]
        + """
trace_it()
server, port = grpc_service.started()
answers = all_kinds(port)
tell(answers=answers, kinds=sorted({span["kind"] for span in spans()}))
""",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="grpc_client,grpc_aio_server",
    )
    assert told["kinds"] == ["INTERNAL", "SERVER"]


def test_a_client_without_weft_begins_a_trace_at_the_server(servers: Servers) -> None:
    for port in (servers.sync, servers.aio):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = json.loads(channel.unary_unary("/weft.Test/One")(b""))
        trace = answer["context"]["traceparent"].split("-")[1]

        def roots(trace: str = trace) -> list[Any]:
            return [s for s in servers.receiver.spans() if s.trace_id == trace and not s.parent_id]

        until(lambda roots=roots: roots(), "the SERVER span arrived")  # type: ignore[misc]
        assert [(span.name, span.kind) for span in roots()] == [("/weft.Test/One", SERVER)]


@pytest.mark.parametrize("server", ["sync", "aio"])
def test_baggage_in_two_parts_is_one(servers: Servers, server: str) -> None:
    parent = ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01")
    with grpc.insecure_channel(f"127.0.0.1:{getattr(servers, server)}") as channel:
        answer = channel.unary_unary("/weft.Test/One")(
            b"", metadata=[parent, ("baggage", "a=1"), ("baggage", "b=2")]
        )
    context = json.loads(answer)["context"]
    assert context["traceparent"].split("-")[1] == "a" * 32
    assert context["baggage"] == "a=1,b=2"


@pytest.mark.parametrize("client", ["sync", "aio"])
def test_context_among_the_users_metadata_is_replaced(servers: Servers, client: str) -> None:
    told = run(
        ALL_KINDS[client]
        + """
trace_it()
attach(baggage.set_baggage("new", "1"))
old = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
given = ("baggage", "old=1"), ("traceparent", old), ("traceparent", old), ("x-a", "1")
tell(answers=all_kinds(sys.argv[1], metadata=given), spans=spans("CLIENT"))
""",
        servers.plain,
    )
    for answer, span in zip(told["answers"].values(), told["spans"], strict=True):
        (parent,) = [value for name, value in answer["metadata"] if name == "traceparent"]
        assert parent.split("-")[1:3] == [span["trace"], span["span"]]
        assert [value for name, value in answer["metadata"] if name == "baggage"] == ["new=1"]
        assert ["x-a", "1"] in answer["metadata"]


def test_channels_stubs_and_servers_made_before_init_are_traced() -> None:
    told = run(
        """
from concurrent.futures import ThreadPoolExecutor
from grpc import insecure_channel, server
early = server(ThreadPoolExecutor(2), (grpc_service.handlers("sync"),), ())  # interceptors by position
port = early.add_insecure_port("127.0.0.1:0")
channel = insecure_channel(f"127.0.0.1:{port}")
stub = channel.unary_unary("/weft.Test/One")

async def main():
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", None, None, [])
    stub = channel.unary_unary("/weft.Test/One")
    trace_it()
    early.start()
    await stub(b"")
    from grpc.aio import server as aio_server
    late = aio_server(None, (grpc_service.handlers("aio"),), [])
    another = late.add_insecure_port("127.0.0.1:0")
    await late.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{another}", None, None, []) as other:
        await other.unary_unary("/weft.Test/One")(b"")
    await late.stop(None)
    await channel.close()

asyncio.run(main())
stub(b"")
tell(client=len(ended("CLIENT", 3)), server=len(ended("SERVER", 3)))
"""
    )
    assert told == {"client": 3, "server": 3}


def test_a_user_who_has_instrumented_grpc_already_has_one_span_a_call() -> None:
    told = run(
        ALL_KINDS["sync"]
        + """
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient, GrpcInstrumentorServer
GrpcInstrumentorClient().instrument(); GrpcInstrumentorServer().instrument()
trace_it()
server, port = grpc_service.started()
all_kinds(port)
tell(client=len(ended("CLIENT", 4)), server=len(ended("SERVER", 4)))
"""
    )
    assert told == {"client": 4, "server": 4}


RETRY = """
class Retry(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation, details, request):
        for _ in range(3):
            outcome = continuation(details, request)
            if outcome.code() is grpc.StatusCode.OK:
                return outcome
        return outcome

class AioRetry(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation, details, request):
        for _ in range(3):
            call = await continuation(details, request)
            if await call.code() is grpc.StatusCode.OK:
                return call
        return call

async def aio_call(port):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=[AioRetry()]) as channel:
        try:
            await channel.unary_unary("/weft.Test/Failing")(b"set")
        except grpc.RpcError:
            pass
"""


@pytest.mark.parametrize("client", ["sync", "aio"])
def test_a_users_interceptor_that_tries_again_has_a_span_an_attempt(servers: Servers, client: str) -> None:
    told = run(
        RETRY
        + """
trace_it()
with weft.workflow("w"):
    if sys.argv[2] == "aio":
        asyncio.run(aio_call(sys.argv[1]))
    else:
        channel = grpc.intercept_channel(grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}"), Retry())
        try:
            channel.unary_unary("/weft.Test/Failing")(b"set")
        except grpc.RpcError:
            pass
tell(spans=ended("CLIENT", 3))
""",
        servers.plain,
        client,
    )
    assert [span["status"] for span in told["spans"]] == ["ERROR"] * 3
    assert {span["attributes"]["rpc.grpc.status_code"] for span in told["spans"]} == {14}
    assert {span["attributes"]["error.type"] for span in told["spans"]} == {"UNAVAILABLE"}
    assert len({span["parent"] for span in told["spans"]}) == 1


def test_attempts_that_grpc_makes_by_itself_are_one_call(servers: Servers) -> None:
    told = run(
        """
trace_it()
policy = {"maxAttempts": 3, "initialBackoff": "0.01s", "maxBackoff": "0.01s", "backoffMultiplier": 1,
          "retryableStatusCodes": ["NOT_FOUND"]}
config = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": policy}]})
server, port = grpc_service.started()
with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.service_config", config)]) as channel:
    try:
        channel.unary_unary("/weft.Test/Failing")(b"absent")
    except grpc.RpcError:
        pass
tell(client=spans("CLIENT"), server=ended("SERVER", 3))
"""
    )
    (span,) = told["client"]
    assert [served["parent"] for served in told["server"]] == [span["span"]] * 3


ENDINGS = {
    "sync": """
def deadline(channel):
    try:
        channel.unary_unary("/weft.Test/Slow")(b"", timeout=0.05)
    except grpc.RpcError:
        pass

def cancelled(channel):
    call = channel.unary_unary("/weft.Test/Slow").future(b"")
    call.cancel()

def stream_cancelled(channel):
    call = channel.unary_stream("/weft.Test/Endless")(b"")
    next(call)
    call.cancel()

def stream_dropped(channel):
    call = channel.unary_stream("/weft.Test/Endless")(b"")
    next(call)
    del call
    gc.collect()

def unread(channel):
    channel.unary_stream("/weft.Test/Endless")(b"")
    gc.collect()

trace_it()
server, port = grpc_service.started()
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
told = {}
for ending in sys.argv[1:]:
    globals()[ending](channel)
    assert not trace.get_current_span().get_span_context().is_valid
    told[ending] = ended("CLIENT")
    kept.clear()
tell(**told)
""",
    "aio": """
async def deadline(channel):
    try:
        await channel.unary_unary("/weft.Test/Slow")(b"", timeout=0.05)
    except grpc.RpcError:
        pass

async def cancelled(channel):
    call = channel.unary_unary("/weft.Test/Slow")(b"")
    await asyncio.sleep(0.01)
    call.cancel()

async def task_cancelled(channel):
    async def work():
        await channel.unary_unary("/weft.Test/Slow")(b"")
    try:
        await asyncio.wait_for(work(), 0.05)
    except TimeoutError:
        pass

async def stream_cancelled(channel):
    call = channel.unary_stream("/weft.Test/Endless")(b"")
    await call.read()
    call.cancel()

async def stream_dropped_and_closed(channel):
    async for _ in channel.unary_stream("/weft.Test/Endless")(b""):
        break
    gc.collect()
    await channel.close()

async def unread_and_closed(channel):
    channel.unary_stream("/weft.Test/Endless")(b"")
    gc.collect()
    await channel.close()

async def main():
    trace_it()
    server, port = await grpc_service.aio_started()
    told = {}
    for ending in sys.argv[1:]:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await globals()[ending](channel)
            assert not trace.get_current_span().get_span_context().is_valid
            told[ending] = await aio_ended("CLIENT")
            kept.clear()
    tell(**told)
    await server.stop(None)

asyncio.run(main())
""",
}


@pytest.mark.parametrize(
    ("client", "endings"),
    [
        ("sync", {"deadline": 4, "cancelled": 1, "stream_cancelled": 1, "stream_dropped": 1, "unread": 1}),
        # gRPC goes on with an asyncio stream that is dropped, until its channel is closed.
        ("aio", {"deadline": 4, "cancelled": 1, "task_cancelled": 1, "stream_cancelled": 1,
                 "stream_dropped_and_closed": 1, "unread_and_closed": 1}),
    ],
)  # fmt: skip
def test_a_call_that_ends_early_ends_its_span_with_its_status(client: str, endings: dict[str, int]) -> None:
    told = run(ENDINGS[client], *endings)
    assert {ending: span["attributes"]["rpc.grpc.status_code"] for ending, (span,) in told.items()} == endings
    assert {span["status"] for (span,) in told.values()} == {"ERROR"}


def test_a_stream_is_the_call_it_was_and_its_span_is_not_current_in_its_consumer(servers: Servers) -> None:
    told = run(
        """
trace_it()
channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}")
call = channel.unary_stream("/weft.Test/Many")(b"2")
first = next(call)
current = trace.get_current_span().get_span_context().is_valid
rest = list(call)
headers = call.initial_metadata() is not None
sync = [len(rest), call.code().name, headers, isinstance(call, grpc.Call), current]

async def main():
    async with grpc.aio.insecure_channel(f"127.0.0.1:{sys.argv[1]}") as channel:
        call = channel.stream_stream("/weft.Test/Each")()
        await call.write(b"1")
        assert json.loads(await call.read())
        await call.write(b"2")
        assert json.loads(await call.read())
        await call.done_writing()
        end = await call.read()
        unary = channel.stream_unary("/weft.Test/All")()
        await unary.write(b"1")
        await unary.done_writing()
        assert json.loads(await unary)
        return [end is grpc.aio.EOF, (await call.code()).name, type(call).__name__]

tell(sync=sync, aio=asyncio.run(main()), spans=len(ended("CLIENT", 3)))
""",
        servers.plain,
    )
    assert told == {"sync": [1, "OK", True, True, False], "aio": [True, "OK", "StreamStreamCall"], "spans": 3}


FAILURES = """
async def main():
    trace_it()
    if sys.argv[1] == "sync":
        server, port = grpc_service.started()
    else:
        server, port = await grpc_service.aio_started(style=sys.argv[1])
    codes = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for how in (b"raise", b"abort", b"absent", b"status", b"set"):
            try:
                await channel.unary_unary("/weft.Test/Failing")(how)
            except grpc.RpcError as error:
                codes.append(error.code().name)
    tell(codes=codes, spans=await aio_ended("SERVER", 5))
    stopped = server.stop(None)
    await stopped if sys.argv[1] != "sync" else stopped.wait()

import logging
logging.disable()  # gRPC writes what handlers raise
asyncio.run(main())
"""


@pytest.mark.parametrize("server", ["sync", "aio"])
def test_a_handler_that_fails_has_the_status_that_its_client_sees(server: str) -> None:
    told = run(FAILURES, server)
    assert told["codes"] == ["UNKNOWN", "INTERNAL", "NOT_FOUND", "INTERNAL", "UNAVAILABLE"]
    spans = told["spans"]
    assert [span["attributes"]["rpc.grpc.status_code"] for span in spans] == [2, 13, 5, 13, 14]
    # A server's span is an error where the server is at fault (OpenTelemetry's RPC conventions).
    assert [span["status"] for span in spans] == ["ERROR", "ERROR", "UNSET", "ERROR", "ERROR"]
    assert spans[0]["attributes"]["error.type"] == "ValueError"
    assert spans[1]["description"] == "StatusCode.INTERNAL:broken"
    assert [span["events"] for span in spans] == [1, 0, 0, 0, 0]  # `abort` raises, and is no exception


def test_handlers_of_every_style_keep_their_kind_on_an_asyncio_server() -> None:
    told = run(
        """
async def main():
    trace_it()
    answers = {}
    for style in ("aio", "mixed"):
        server, port = await grpc_service.aio_started(style=style)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            for method in ("Many", "Written"):
                call = channel.unary_stream(f"/weft.Test/{method}")(b"3")
                answers[f"{style} {method}"] = [trace_in(each) async for each in call]
            answers[f"{style} One"] = [trace_in(await channel.unary_unary("/weft.Test/One")(b""))]
        await server.stop(None)
    tell(answers=answers, client=ended("CLIENT", 6), server=ended("SERVER", 6))

asyncio.run(main())
"""
    )
    assert [len(each) for each in told["answers"].values()] == [3, 3, 1, 3, 3, 1]
    clients = {span["span"] for span in told["client"]}
    assert {span["parent"] for span in told["server"]} == clients
    traces = {trace for answers in told["answers"].values() for trace in answers}
    assert traces == {span["trace"] for span in told["client"]}


def test_a_client_that_goes_ends_the_span_of_its_handler() -> None:
    told = run(
        """
async def main():
    trace_it()
    server, port = await grpc_service.aio_started()
    sync_server, sync_port = grpc_service.started()
    for each in (port, sync_port):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{each}") as channel:
            call = channel.unary_stream("/weft.Test/Endless")(b"")
            await call.read()
            call.cancel()
            await aio_ended("SERVER", len(spans("SERVER")) + 1)
    tell(spans=spans("SERVER"))
    await server.stop(None)

asyncio.run(main())
"""
    )
    assert [span["status"] for span in told["spans"]] == ["UNSET", "UNSET"]
    assert told["spans"][0]["attributes"]["rpc.grpc.status_code"] == 1


@pytest.mark.parametrize("started", ["sync", "aio"])
def test_a_server_started_inside_a_span_does_not_hang_its_calls_under_it(started: str) -> None:
    told = run(
        """
def ask(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:  # not traced: see the environment
        channel.unary_unary("/weft.Test/One")(b"")

async def main():
    trace_it()
    with weft.workflow("server") as span:
        if sys.argv[1] == "sync":
            server, port = grpc_service.started()
        else:
            server, port = await grpc_service.aio_started()
        await asyncio.to_thread(ask, port)
        (call,) = await aio_ended("SERVER")
        tell(parent=call["parent"], trace=call["trace"], own=format(span.get_span_context().trace_id, "032x"))
        stopped = server.stop(None)
        await stopped if sys.argv[1] == "aio" else stopped.wait()

asyncio.run(main())
""",
        started,
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="grpc_client",
    )
    assert told["parent"] is None
    assert told["trace"] != told["own"]


def test_calls_at_once_do_not_mix(servers: Servers) -> None:
    told = run(
        """
from concurrent.futures import ThreadPoolExecutor
trace_it()
ports = sys.argv[1:]
channels = [grpc.insecure_channel(f"127.0.0.1:{port}") for port in ports]

def expected(span, number):
    return format(span.get_span_context().trace_id, "032x"), f"number={number}"

def got(answer):
    context = json.loads(answer)["context"]
    return context["traceparent"].split("-")[1], context["baggage"]

def sync(number):
    token = attach(baggage.set_baggage("number", str(number)))
    with weft.workflow("w") as span:
        stub = channels[number % 2].unary_unary("/weft.Test/One")
        return got(stub(b"")) == expected(span, number)

with ThreadPoolExecutor(50) as pool:
    threads = list(pool.map(sync, range(50)))

async def one(channel, number):
    attach(baggage.set_baggage("number", str(number)))
    with weft.workflow("w") as span:
        if number % 3:
            answers = [await channel.unary_unary("/weft.Test/One")(b"")]
        else:
            answers = [each async for each in channel.unary_stream("/weft.Test/Many")(b"3")]
        return all(got(answer) == expected(span, number) for answer in answers)

async def main():
    channels = [grpc.aio.insecure_channel(f"127.0.0.1:{port}") for port in ports]
    done = await asyncio.gather(*(one(channels[number % 2], number) for number in range(50)))
    for channel in channels:
        await channel.close()
    return done

tell(threads=threads, tasks=asyncio.run(main()))
""",
        servers.sync,
        servers.aio,
    )
    assert told == {"threads": [True] * 50, "tasks": [True] * 50}


def test_the_policy_of_a_method_and_of_a_listener_decides_what_arrives() -> None:
    told = run(
        """
trace_it()
server, port = grpc_service.started()
caller = ("traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    answers = [json.loads(channel.unary_unary(f"/weft.Test/{method}")(b"", metadata=(caller,)))
               for method in ("One", "Public")]
tell(traces=[answer["context"]["traceparent"].split("-")[1] for answer in answers])
""",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="grpc_client",
        WEFT_INGRESS="/weft.Test/Public=restart",
    )
    assert told["traces"][0] == "a" * 32
    assert told["traces"][1] != "a" * 32


def test_no_context_goes_outside_and_none_of_the_users() -> None:
    told = run(
        """
trace_it()
from weft.instrument.libraries.grpc.metadata import leaving
from opentelemetry.context import get_current
given = [("x-a", "1"), ("traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"), ("baggage", "k=v")]
with weft.workflow("w"):
    tell(outside=leaving(given, get_current(), "api.example.com", 443),
         inside=[name for name, _ in leaving(given, get_current(), "agents.internal", 443)],
         socket=[name for name, _ in leaving(given, get_current(), "", None)])
"""
    )
    assert told["outside"] == [["x-a", "1"]]
    assert set(told["inside"]) == set(told["socket"]) == {"x-a", "traceparent", "tracestate", "baggage"}


class Collector(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types
    """An OTLP/gRPC receiver: keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metadata: list[Any] = []

    def service(self, details: Any) -> Any:
        self.metadata.extend(details.invocation_metadata)
        return grpc.unary_unary_rpc_method_handler(self._take)

    def _take(self, body: bytes, context: Any) -> bytes:
        request = ExportTraceServiceRequest.FromString(body)
        self.spans += [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
        return b""


def test_the_export_over_grpc_is_not_traced() -> None:
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=(collector,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    run(
        """
weft.init("caller", protocol="grpc", endpoint=f"http://127.0.0.1:{sys.argv[1]}")
server, port = grpc_service.started()
with weft.workflow("w"), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    channel.unary_unary("/weft.Test/One")(b"")
assert weft.flush(10)
with weft.workflow("again"):
    pass
assert weft.flush(10)
tell()
""",
        port,
        OTEL_TRACES_EXPORTER="otlp",
    )
    server.stop(None).wait()
    names = sorted(span.name for span in collector.spans)
    work = ["invoke_agent callee", "invoke_workflow again", "invoke_workflow w"]
    assert names == ["/weft.Test/One", "/weft.Test/One", *work]
    assert "traceparent" not in {each.key for each in collector.metadata}


def test_a_method_without_a_service_is_called_and_served() -> None:
    told = run(
        """
class Bare(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(grpc_service.one) if details.method == "/bare" else None

trace_it()
from concurrent.futures import ThreadPoolExecutor
server = grpc.server(ThreadPoolExecutor(1), handlers=(Bare(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    answer = json.loads(channel.unary_unary("/bare")(b""))
tell(spans=[(span["name"], span["kind"]) for span in ended("SERVER") + ended("CLIENT")])
"""
    )
    assert told["spans"] == [["/bare", "SERVER"], ["/bare", "CLIENT"]]


@pytest.mark.parametrize(
    ("wrong", "error"), [("7", "TypeError"), ("[7]", "TypeError"), ('[("X-Upper", "1")]', "ValueError")]
)
def test_metadata_that_is_wrong_fails_as_it_does_without_weft(
    servers: Servers, wrong: str, error: str
) -> None:
    script = f"""
if sys.argv[2] == "traced":
    trace_it()
with grpc.insecure_channel(f"127.0.0.1:{{sys.argv[1]}}") as channel:
    try:
        channel.unary_unary("/weft.Test/One")(b"", metadata={wrong})
        tell(raised=None)
    except Exception as error:
        tell(raised=type(error).__name__, says=str(error))
"""
    assert run(script, servers.plain, "traced") == run(script, servers.plain, "plain")
