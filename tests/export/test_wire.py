"""Requests over HTTP and gRPC, and what their answers mean."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.export.grpc_receiver import GrpcReceiver, grpc_receiver
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import free_port

from weft.export.answer import Verdict, taken, words
from weft.export.otlp import Destination, destination
from weft.export.over_http import _retry_after_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def http() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


@pytest.fixture
def grpc() -> Iterator[GrpcReceiver]:
    with grpc_receiver() as running:
        yield running


def body(name: str = "one") -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name=name, trace_id=b"t" * 16, span_id=b"s" * 8)
    return request.SerializeToString()


def partial(rejected: int, message: str) -> bytes:
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans, answer.partial_success.error_message = rejected, message
    return answer.SerializeToString()


def send(where: Destination, content: bytes | None = None) -> Any:
    wire = where.wire()
    try:
        return wire.send(body() if content is None else content)
    finally:
        wire.close()


def test_http_takes_bytes_headers_and_settings(http: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    http.answer_headers = {"weft-version": "1.2"}
    answer = send(destination(http.endpoint, headers={"X-Team": "blue"}))
    assert (answer.verdict, answer.version, answer.rejected) == (Verdict.TAKEN, "1.2", 0)
    path, headers, _ = http.requests[0]
    assert path == "/v1/traces"
    assert headers["x-team"] == "blue"
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "application/x-protobuf"
    assert [span.name for span in http.spans()] == ["one"]


def test_a_header_that_http_does_not_take_is_not_shown() -> None:
    answer = send(Destination("http/protobuf", "http://127.0.0.1:9/v1/traces", {"authorization": "secret\n"}))
    assert (answer.verdict, answer.cause) == (Verdict.LATER, "InvalidHeader")


def test_one_connection_serves_many_requests(http: Receiver) -> None:
    wire = destination(http.endpoint).wire()
    for _ in range(5):
        assert wire.send(body()).verdict is Verdict.TAKEN
    wire.close()
    assert http.connections == 1


def test_a_connection_that_the_backend_closed_meanwhile_is_made_again(http: Receiver) -> None:
    wire = destination(http.endpoint).wire()
    assert wire.send(body()).verdict is Verdict.TAKEN
    http.hang_up = True  # the next request on that connection is read, and not answered
    assert wire.send(body("again")).verdict is Verdict.TAKEN
    wire.close()
    assert http.connections == 2
    assert [span.name for span in http.spans()] == ["one", "again"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN), (202, Verdict.TAKEN), (301, Verdict.CLOSED), (400, Verdict.REFUSED),
        (401, Verdict.CLOSED), (403, Verdict.CLOSED), (404, Verdict.CLOSED), (408, Verdict.LATER),
        (413, Verdict.TOO_LARGE), (415, Verdict.REFUSED), (429, Verdict.LATER), (500, Verdict.REFUSED),
        (502, Verdict.LATER), (503, Verdict.LATER), (504, Verdict.LATER),
    ],
)  # fmt: skip
def test_an_http_status_is_a_verdict(status: int, verdict: Verdict, http: Receiver) -> None:
    http.status = status
    answer = send(destination(http.endpoint))
    assert answer.verdict is verdict
    assert verdict is Verdict.TAKEN or str(status) in answer.cause


@pytest.mark.parametrize(
    ("code", "details", "verdict"),
    [
        ("OK", "", Verdict.TAKEN), ("CANCELLED", "x", Verdict.LATER), ("UNAVAILABLE", "x", Verdict.LATER),
        ("DEADLINE_EXCEEDED", "x", Verdict.LATER), ("INVALID_ARGUMENT", "x", Verdict.REFUSED),
        ("INTERNAL", "x", Verdict.REFUSED), ("UNAUTHENTICATED", "x", Verdict.CLOSED),
        ("UNIMPLEMENTED", "x", Verdict.CLOSED), ("RESOURCE_EXHAUSTED", "quota", Verdict.LATER),
        ("RESOURCE_EXHAUSTED", "the request is larger than 64 MiB", Verdict.TOO_LARGE),
    ],
)  # fmt: skip
def test_a_grpc_status_is_a_verdict(code: str, details: str, verdict: Verdict, grpc: GrpcReceiver) -> None:
    grpc.code, grpc.details, grpc.trailing = code, details, (("weft-version", "1.2"),)
    answer = send(destination(grpc.endpoint, "grpc", {"X-Team": "blue"}))
    assert (answer.verdict, answer.version) == (verdict, "1.2")
    assert grpc.metadata["x-team"] == "blue"
    assert grpc.bodies == [body()]
    assert details in answer.cause


def test_a_grpc_backend_may_say_its_version_before_its_answer(grpc: GrpcReceiver) -> None:
    grpc.initial = (("weft-version", "1.3"),)
    assert send(destination(grpc.endpoint, "grpc")).version == "1.3"


def test_a_grpc_server_with_the_default_limit_finds_a_request_too_large(grpc: GrpcReceiver) -> None:
    answer = send(destination(grpc.endpoint, "grpc"), body("x" * (4 << 20)))
    assert answer.verdict is Verdict.TOO_LARGE


def test_spans_that_were_not_wanted_are_counted(http: Receiver, grpc: GrpcReceiver) -> None:
    http.answer = grpc.answer = partial(3, "no ids")
    for where in (destination(http.endpoint), destination(grpc.endpoint, "grpc")):
        answer = send(where)
        assert (answer.verdict, answer.rejected, answer.cause) == (Verdict.TAKEN, 3, "no ids")


def test_a_backend_says_when_to_come_again(http: Receiver, grpc: GrpcReceiver) -> None:
    http.status, http.answer_headers = 503, {"retry-after": "7"}
    assert send(destination(http.endpoint)).after_s == 7
    status = Status(code=14)
    status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=3, nanos=500_000_000)))
    grpc.code, grpc.details = "RESOURCE_EXHAUSTED", "larger than what is free"
    grpc.trailing = (("grpc-status-details-bin", status.SerializeToString()),)
    answer = send(destination(grpc.endpoint, "grpc"))
    assert (answer.verdict, answer.after_s) == (Verdict.LATER, 3.5)
    grpc.trailing = (
        ("google.rpc.retryinfo-bin", RetryInfo(retry_delay=Duration(seconds=2)).SerializeToString()),
    )
    assert send(destination(grpc.endpoint, "grpc")).after_s == 2


def test_the_reason_of_a_refusal_is_in_the_cause(http: Receiver) -> None:
    http.status, http.answer = 400, Status(code=3, message="not an OTLP trace request").SerializeToString()
    http.answer_headers = {"content-type": "application/x-protobuf"}
    assert send(destination(http.endpoint)).cause == "400 not an OTLP trace request"


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_nobody_there_is_later(protocol: str) -> None:
    answer = send(destination(f"http://127.0.0.1:{free_port()}", protocol))
    assert answer.verdict is Verdict.LATER
    assert "refused" in answer.cause
    assert "HTTPConnectionPool" not in answer.cause


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_backend_that_does_not_answer_is_later(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0.2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert send(destination(f"http://127.0.0.1:{port}", protocol)).verdict is Verdict.LATER


def test_a_request_over_tls_is_verified_by_the_certificate_that_is_set(
    tmp_path: Path, http: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with otlp_receiver(tls=context) as receiver:
        where = destination(receiver.endpoint.replace("http:", "https:"))
        assert send(where).verdict is Verdict.LATER
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(certificate))
        assert send(where).verdict is Verdict.TAKEN


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_certificate_that_is_not_there_is_said_when_the_connection_is_made(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/certificate.pem")
    with pytest.raises(OSError, match="nowhere"):
        destination("https://127.0.0.1:1", protocol).wire()


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_a_timeout_that_is_none_costs_one_line(
    value: str, http: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "zip")
    assert send(destination(http.endpoint)).verdict is Verdict.TAKEN
    assert len(caplog.records) == 2


def test_retry_after_may_be_a_date() -> None:
    seconds = _retry_after_s(formatdate(time.time() + 100, usegmt=True))
    assert seconds is not None
    assert 90 < seconds <= 100


@given(st.text())
def test_no_retry_after_raises(value: str) -> None:
    seconds = _retry_after_s(value)
    assert seconds is None or seconds >= 0


@given(st.binary())
def test_no_answer_raises(content: bytes) -> None:
    assert taken(content, {}).verdict is Verdict.TAKEN


def test_what_another_protocol_answers_brings_no_control_character_into_the_log() -> None:
    said = words(ConnectionError("bad status line \x00\x00\x12\x1b[2J\x04"))
    assert said.isprintable()
    assert said.startswith("bad status line ")
