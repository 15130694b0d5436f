"""OTLP over gRPC, through real sockets and the real client."""

import contextlib
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.half_call import half_calls
from tests.receive.server import Taken
from tests.servers import until

import weft
from weft.receive import grpc as grpc_module
from weft.receive.compression import BODY_LIMIT
from weft.receive.grpc import EXPORT, server

TIMEOUT_S = 60


@contextlib.contextmanager
def serving(taken: Taken, token: str | None = None) -> Iterator[int]:
    running, port = server(taken.intake, "127.0.0.1", 0, token)
    running.start()
    try:
        yield port
    finally:
        assert running.stop(1).wait(TIMEOUT_S)


@contextlib.contextmanager
def calling(port: int, method: str = EXPORT) -> Iterator[Any]:
    options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        yield channel.unary_unary(method)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Taken, int]]:
    taken = Taken(tmp_path_factory.mktemp("data") / "journal")
    with serving(taken) as port:
        yield taken, port
    taken.close()


@pytest.fixture
def taken(served: tuple[Taken, int]) -> Taken:
    served[0].forget()
    return served[0]


@pytest.fixture
def port(served: tuple[Taken, int]) -> int:
    return served[1]


@pytest.fixture
def export(port: int) -> Iterator[Any]:
    with calling(port) as call:
        yield call


def request(spans: int = 1, trace_id_bytes: int = 16, text: str = "x") -> bytes:
    message = ExportTraceServiceRequest()
    scope_spans = message.resource_spans.add().scope_spans.add()
    for _ in range(spans):
        span = scope_spans.spans.add(trace_id=os.urandom(trace_id_bytes), span_id=os.urandom(8), name="work")
        span.attributes.add(key="text").value.string_value = text
    return message.SerializeToString()


def refused(call: Any, body: bytes, **options: Any) -> tuple[grpc.StatusCode, str, Status | None]:
    """Call and expect an error: its code, its text, and the status with details when there is one."""
    with pytest.raises(grpc.RpcError) as raised:
        call(body, timeout=TIMEOUT_S, **options)
    metadata = dict(raised.value.trailing_metadata() or ())
    details = metadata.get("grpc-status-details-bin")
    return raised.value.code(), raised.value.details(), details and Status.FromString(details)


@pytest.mark.parametrize("compression", list(grpc.Compression), ids=str)
@pytest.mark.parametrize("spans", [1, 3000])
def test_a_request_is_taken(export: Any, taken: Taken, compression: grpc.Compression, spans: int) -> None:
    body = request(spans)
    assert export(body, timeout=TIMEOUT_S, compression=compression) == b""
    assert taken.bodies == [body]


def test_every_answer_says_that_it_is_of_weft(export: Any) -> None:
    """Agents announce spans that are still open to Weft, and to nobody else."""
    _, call = export.with_call(request(), timeout=TIMEOUT_S)
    with pytest.raises(grpc.RpcError) as refusal:
        export(b"\xff", timeout=TIMEOUT_S)
    for answer in (call, refusal.value):
        assert ("weft-version", weft.__version__) in answer.trailing_metadata()


def test_an_empty_request_is_a_success(export: Any, taken: Taken) -> None:
    assert export(b"", timeout=TIMEOUT_S) == b""
    assert taken.bodies == []


def test_spans_that_are_left_out_are_a_partial_success(export: Any, taken: Taken) -> None:
    answer = export(request(2) + request(3, trace_id_bytes=17), timeout=TIMEOUT_S)
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    assert partial.rejected_spans == 3
    assert "trace_id" in partial.error_message
    assert taken.spans == 2


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"text", request()[:-1], b"\x0b" * 1_000_000, b"\x0a" + b"\xff" * 9 + b"\x01"],
    ids=["byte", "text", "cut", "groups", "panic"],
)
def test_a_malformed_body_is_invalid_argument_for_itself_alone(
    export: Any, taken: Taken, body: bytes
) -> None:
    code, text, status = refused(export, body)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert text.startswith("not an OTLP trace request: ")
    assert status is not None
    assert (status.code, status.message) == (3, text)
    assert not status.details  # nothing to retry
    assert export(request(), timeout=TIMEOUT_S) == b""
    assert taken.spans == 1


def test_the_limit_is_64_mib(export: Any) -> None:
    assert refused(export, bytes(BODY_LIMIT))[0] is grpc.StatusCode.INVALID_ARGUMENT
    for size in (BODY_LIMIT + 1, BODY_LIMIT + (6 << 20)):
        code, _, status = refused(export, bytes(size))
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert status is None  # without a retry hint it is not sent again


def test_a_bomb_is_refused(export: Any) -> None:
    code, _, _ = refused(export, bytes(256 << 20), compression=grpc.Compression.Gzip)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_full_journal_is_resource_exhausted_with_a_retry_hint(tmp_path: Path) -> None:
    taken = Taken(tmp_path / "small", max_bytes=10_000)
    with serving(taken) as port, calling(port) as call:
        assert call(request(text="x" * 6000), timeout=TIMEOUT_S) == b""
        code, text, status = refused(call, request(text="x" * 6000))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status is not None
    [detail] = status.details
    hint = RetryInfo()
    assert detail.Unpack(hint)
    assert hint.retry_delay.seconds > 0
    assert str(tmp_path) not in text
    taken.close()


def test_a_server_that_stops_is_unavailable(tmp_path: Path) -> None:
    taken = Taken(tmp_path / "stopping")
    with serving(taken) as port, calling(port) as call:
        taken.intake.close()
        code, _, status = refused(call, request())
    assert code is grpc.StatusCode.UNAVAILABLE
    assert status is not None
    assert len(status.details) == 1
    taken.close()


@pytest.mark.parametrize(
    "method",
    [
        "/opentelemetry.proto.collector.trace.v1.TraceService/Other",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/",
    ],
)
def test_an_unknown_method_is_unimplemented(port: int, method: str) -> None:
    with calling(port, method) as call:
        assert refused(call, b"")[0] is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_without_a_message_is_invalid(port: int) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as raised:
        channel.stream_unary(EXPORT)(iter(()), timeout=TIMEOUT_S)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    taken = Taken(tmp_path / "guarded")
    with serving(taken, "the right token") as port, calling(port) as call:
        for wrong in ((), (("authorization", "Bearer wrong"),), (("authorization", "the right token"),)):
            assert refused(call, request(), metadata=wrong)[0] is grpc.StatusCode.UNAUTHENTICATED
        assert taken.spans == 0
        right = (("authorization", "Bearer the right token"),)
        assert call(request(), timeout=TIMEOUT_S, metadata=right) == b""
    assert taken.spans == 1
    taken.close()


def test_half_calls_hold_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """More of them than there are places to read them: they are cut off, and the others go on."""
    monkeypatch.setattr(grpc_module, "READ_S", 0.5)
    taken = Taken(tmp_path / "journal")
    with serving(taken) as port, calling(port) as call:
        connections = [half_calls(port, EXPORT, grpc_module.READING) for _ in range(2)]

        def answered() -> bool:
            with contextlib.suppress(grpc.RpcError):
                return call(request(), timeout=TIMEOUT_S) == b""
            return False

        until(answered, "the half calls are cut off")
        for connection in connections:
            connection.close()
    assert caplog.text == ""
    taken.close()


def test_more_calls_than_it_takes_are_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grpc_module, "CALLS", 3)
    taken = Taken(tmp_path / "journal")
    taken.open.clear()
    with serving(taken) as port, calling(port) as call, ThreadPoolExecutor(3) as pool:

        def taken_in_the_end() -> bytes:
            """A call that comes again while the one that looks for the refusal has its place."""
            answers: list[bytes] = []

            def is_taken() -> bool:
                try:
                    answers.append(call(request(), timeout=TIMEOUT_S))
                except grpc.RpcError as error:
                    if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                        raise
                return bool(answers)

            until(is_taken, "the call has a place")
            return answers[0]

        waiting = [pool.submit(taken_in_the_end) for _ in range(3)]
        statuses: list[Status | None] = []

        def refused_at_once() -> bool:
            try:
                call(request(), timeout=0.2)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return False
                metadata = dict(error.trailing_metadata())
                statuses.append(Status.FromString(metadata["grpc-status-details-bin"]))
            return bool(statuses)

        until(refused_at_once, "a call too many is refused")
        assert statuses[0] is not None
        assert len(statuses[0].details) == 1
        taken.open.set()
        assert [call.result(TIMEOUT_S) for call in waiting] == [b""] * 3
    taken.close()


def test_a_client_that_hangs_up_harms_nobody(
    port: int, export: Any, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        half_calls(port, EXPORT, 3).close()
    taken.open.clear()
    gone = [export.future(request(), timeout=TIMEOUT_S) for _ in range(5)]
    for call in gone:
        call.cancel()
    taken.open.set()
    for _ in range(5):
        assert export(request(), timeout=TIMEOUT_S) == b""
    assert caplog.text == ""


def test_many_calls_at_once_are_all_answered(export: Any, taken: Taken) -> None:
    calls = [export.future(request(2), timeout=TIMEOUT_S) for _ in range(200)]
    assert [call.result() for call in calls] == [b""] * 200
    assert taken.spans == 400


def test_calls_under_way_are_answered_when_it_stops(tmp_path: Path) -> None:
    taken = Taken(tmp_path / "journal")
    taken.open.clear()
    running, port = server(taken.intake, "127.0.0.1", 0)
    running.start()
    with calling(port) as call:
        under_way = call.future(request(), timeout=TIMEOUT_S)
        until(lambda: taken.intake._waiting or taken.reached.is_set(), "the call has arrived")
        stopped = running.stop(TIMEOUT_S)
        taken.open.set()
        assert under_way.result() == b""
        assert stopped.wait(TIMEOUT_S)
        assert refused(call, request())[0] is grpc.StatusCode.UNAVAILABLE
    taken.close()


def test_a_port_that_is_taken_is_an_error_that_names_it(taken: Taken) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            server(taken.intake, "127.0.0.1", port)


def test_two_servers_do_not_share_a_port(port: int, taken: Taken) -> None:
    with pytest.raises(OSError, match="cannot listen"):
        server(taken.intake, "127.0.0.1", port)
