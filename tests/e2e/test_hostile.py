"""Whatever is sent to a real `weft up`, it answers as OTLP says, lives, and keeps what others sent."""

import gzip
import os
import re
import socket
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.backend import Backend, backend

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with backend(tmp_path_factory.mktemp("data")) as running:
        yield running
        assert running.process.poll() is None
        assert peak_bytes(running) < 2048 * MIB
        assert running.stop() == 0


@pytest.fixture(autouse=True)
def _neighbours(server: Backend) -> Iterator[None]:
    """Good requests are under way around each hostile one; all of them are found at once."""
    with ThreadPoolExecutor(2) as senders:
        sent = [
            senders.submit(send_and_find, server, transport)
            for transport in ("http", "grpc")
            for _ in range(3)
        ]
        yield
        for one in sent:
            one.result()
    send_and_find(server, "http")
    assert server.process.poll() is None


def send_and_find(server: Backend, transport: str) -> None:
    """Have a trace acknowledged, and ask for it at once."""
    trace_id, body = request()
    if transport == "http":
        assert post(server, body).status_code == 200
    else:
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            channel.unary_unary(EXPORT)(body, timeout=60)
    answer = httpx.get(f"{server.url}/api/traces/{trace_id.hex()}", timeout=60)
    assert answer.status_code == 200
    assert len(answer.json()["data"][0]["spans"]) == 2


def request(**changes: Any) -> tuple[bytes, bytes]:
    """A request with two good spans of one trace; `changes` are made to the first span."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "neighbour"
    spans = resource_spans.scope_spans.add().spans
    trace_id = os.urandom(16)
    for number in (1, 2):
        span = spans.add(trace_id=trace_id, span_id=bytes([number]) * 8, name="good")
        span.start_time_unix_nano, span.end_time_unix_nano = time.time_ns() - 1000, time.time_ns()
    for name, value in changes.items():
        setattr(spans[0], name, value)
    return trace_id, message.SerializeToString()


def post(server: Backend, body: bytes, media_type: str = PROTOBUF, encoding: str = "") -> httpx.Response:
    headers = {"Content-Type": media_type} | ({"Content-Encoding": encoding} if encoding else {})
    return httpx.post(
        f"http://127.0.0.1:{server.http_port}/v1/traces", content=body, headers=headers, timeout=60
    )


def over_grpc(server: Backend, body: bytes, compression: grpc.Compression | None = None) -> grpc.StatusCode:
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", options) as channel:
        try:
            channel.unary_unary(EXPORT)(body, timeout=60, compression=compression)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


def peak_bytes(server: Backend) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def refused(answer: httpx.Response, http_status: int) -> str:
    """The answer is a refusal with a `google.rpc.Status` in the request's encoding; its message."""
    assert answer.status_code == http_status
    if answer.headers["content-type"] == JSON:
        message: str = answer.json()["message"]
    else:
        message = Status.FromString(answer.content).message
    assert message
    return message


def partly_taken(answer: httpx.Response) -> tuple[int, str]:
    """How many spans a successful answer says were left out, and why."""
    assert answer.status_code == 200
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    return partial.rejected_spans, partial.error_message


def bomb() -> bytes:
    """1 GiB of zeros as 1 MiB of gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(bytes(MIB)) for _ in range(1024)]
    return b"".join([*parts, packer.flush()])


@pytest.mark.parametrize(
    "body", [b"\xff\xff\xff", b"not protobuf at all", request()[1][:-7], b"\x0a\xff\xff\xff\x7f"]
)
def test_malformed_protobuf(server: Backend, body: bytes) -> None:
    refused(post(server, body), 400)
    assert over_grpc(server, body) == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\x00",
        b'{"resourceSpans": 7}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}',
        b"[" * 100_000,
        b'{"resourceSpans":' * 50_000,
    ],
    ids=range(8),
)
def test_malformed_json(server: Backend, body: bytes) -> None:
    refused(post(server, body, JSON), 400)


def test_groups_that_nest_without_end(server: Backend) -> None:
    """Each takes one byte on the wire and 80 of a parser's stack."""
    body = b"\x0b" * (4 * MIB)
    refused(post(server, body), 400)
    assert over_grpc(server, body) == grpc.StatusCode.INVALID_ARGUMENT


def test_values_that_nest_without_end_are_kept(server: Backend) -> None:
    value = b"\x10\x01"
    for _ in range(2000):
        inner = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(inner)) + inner
    message = ExportTraceServiceRequest()
    span = (
        message.resource_spans.add().scope_spans.add().spans.add(trace_id=os.urandom(16), span_id=b"\1" * 8)
    )
    span.attributes.add(key="MARK")
    body = message.SerializeToString()
    pair = b"\x0a\x04MARK" + b"\x12" + varint(len(value)) + value
    at = body.index(b"\x4a\x06\x0a\x04MARK")
    span_body = body[body.index(b"\x0a\x10") : at] + b"\x4a" + varint(len(pair)) + pair
    for tag in (b"\x12", b"\x12", b"\x0a"):
        span_body = tag + varint(len(span_body)) + span_body
    answer = post(server, span_body)
    assert answer.status_code in (200, 400)  # kept raw, or refused whole; never a dead process


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def test_truncated_and_damaged_gzip(server: Backend) -> None:
    packed = gzip.compress(request()[1])
    for body in (packed[:-9], packed[:5], b"no gzip", packed[:20] + b"\xff\xff" + packed[22:]):
        refused(post(server, body, encoding="gzip"), 400)
    assert post(server, packed, encoding="gzip").status_code == 200


def test_a_gzip_bomb(server: Backend) -> None:
    before = peak_bytes(server)
    refused(post(server, bomb(), encoding="gzip"), 413)
    assert peak_bytes(server) - before < 256 * MIB
    code = over_grpc(server, bytes(256 * MIB), grpc.Compression.Gzip)
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_wrong_content_type_or_encoding(server: Backend) -> None:
    for media_type in ("text/plain", "application/grpc", "application/x-www-form-urlencoded", ""):
        answer = post(server, request()[1], media_type)
        assert answer.status_code == 415
        assert PROTOBUF in answer.text
    refused(post(server, request()[1], encoding="br"), 415)
    assert post(server, request()[1], f"{PROTOBUF}; charset=utf-8").status_code == 200


def test_a_wrong_method_or_path(server: Backend) -> None:
    url = f"http://127.0.0.1:{server.http_port}"
    assert httpx.get(f"{url}/v1/traces").status_code == 405
    assert httpx.post(f"{url}/v1/metrics", content=b"").status_code == 404


def test_a_body_of_70_mib(server: Backend) -> None:
    body = bytes(70 * MIB)
    refused(post(server, body), 413)
    assert over_grpc(server, body) == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_id": b"short"},
        {"trace_id": bytes(16)},
        {"trace_id": b""},
        {"span_id": b"much too long for it"},
        {"span_id": bytes(8)},
        {"parent_span_id": b"odd"},
    ],
)
def test_ids_of_wrong_length_cost_only_their_span(server: Backend, changes: dict[str, bytes]) -> None:
    trace_id, body = request(**changes)
    rejected, message = partly_taken(post(server, body))
    assert (rejected, "trace_id" in message) == (1, True)
    found = httpx.get(f"{server.url}/api/traces/{trace_id.hex()}").json()["data"][0]["spans"]
    assert [span["spanID"] for span in found] == ["02" * 8]


def test_an_end_before_the_start_is_kept_as_sent(server: Backend) -> None:
    trace_id, body = request(start_time_unix_nano=2_000_000_000, end_time_unix_nano=1_000_000_000)
    rejected, message = partly_taken(post(server, body))
    assert (rejected, "before" in message) == (0, True)
    found = httpx.get(f"{server.url}/api/traces/{trace_id.hex()}").json()["data"][0]["spans"]
    assert sorted(span["duration"] >= 0 for span in found) == [True, True]


def test_ten_thousand_attributes_on_a_span(server: Backend) -> None:
    trace_id, body = request()
    message = ExportTraceServiceRequest.FromString(body)
    span = message.resource_spans[0].scope_spans[0].spans[0]
    for number in range(10_000):
        span.attributes.add(key=f"key.{number}").value.int_value = number
    assert partly_taken(post(server, message.SerializeToString())) == (0, "")
    spans = httpx.get(f"{server.url}/api/traces/{trace_id.hex()}", timeout=60).json()["data"][0]["spans"]
    assert max(sum(tag["key"].startswith("key.") for tag in span["tags"]) for span in spans) == 10_000


def test_invalid_utf8(server: Backend) -> None:
    body = request()[1].replace(b"good", b"g\xff\xfed")
    refused(post(server, body), 400)
    assert over_grpc(server, body) == grpc.StatusCode.INVALID_ARGUMENT


def test_nul_bytes_and_escapes_come_back_as_they_went_in(server: Backend) -> None:
    name = "nul \x00 escape \x1b[31m bell \x07 quote ' \" end"
    trace_id, body = request(name=name)
    assert post(server, body).status_code == 200
    spans = httpx.get(f"{server.url}/api/traces/{trace_id.hex()}").json()["data"][0]["spans"]
    assert name in [span["operationName"] for span in spans]


def test_connections_that_are_opened_and_left(server: Backend) -> None:
    """Half requests, never finished, do not keep anybody else waiting."""
    head = (b"POST /v1/traces HTTP/1.1", b"Host: localhost", b"Content-Type: application/x-protobuf")
    half = b"\r\n".join((*head, b"Content-Length: 999", b""))
    left = []
    for number in range(200):
        connection = socket.create_connection(("127.0.0.1", server.http_port), timeout=10)
        connection.sendall(half[: number + 1] if number % 2 else half + b"\r\nhalf")
        left.append(connection)
    send_and_find(server, "http")
    for connection in left:
        connection.close()


def test_an_acknowledged_span_is_found_by_the_next_query_however_soon(server: Backend) -> None:
    for number in range(50):
        send_and_find(server, "grpc" if number % 2 else "http")
