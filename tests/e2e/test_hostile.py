"""`weft up` takes whatever is thrown at it: it says what is wrong, stays up, and serves everybody else."""

import contextlib
import gzip
import json
import os
import socket
import threading
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.backend import Backend, backend
from tests.half_call import half_calls
from tests.receive.test_compression import zstd
from tests.sent import Sent

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
MIB = 1 << 20
#: What the process may take at most, whatever comes. Idle it takes a third of a GiB, most of it the store's.
MEMORY_MIB = 2048
TIMEOUT_S = 60


@dataclass
class Client:
    """Sends to one backend in every way, and asks it."""

    server: Backend
    http: httpx.Client
    call: Any

    def post(self, body: bytes, media_type: str = PROTOBUF, encoding: str = "") -> httpx.Response:
        headers = {"Content-Type": media_type} | ({"Content-Encoding": encoding} if encoding else {})
        url = f"http://127.0.0.1:{self.server.http_port}/v1/traces"
        return self.http.post(url, content=body, headers=headers)

    def export(self, body: bytes, compression: grpc.Compression = grpc.Compression.NoCompression) -> bytes:
        answer: bytes = self.call(body, timeout=TIMEOUT_S, compression=compression)
        return answer

    def spans(self, trace_id: bytes) -> list[dict[str, Any]]:
        """The spans of a trace by the Jaeger API; it must be there."""
        answer = self.http.get(f"{self.server.url}/api/traces/{trace_id.hex()}")
        assert answer.status_code == 200, answer.text
        [trace] = answer.json()["data"]
        found: list[dict[str, Any]] = trace["spans"]
        return found

    def memory_mib(self) -> int:
        """The most that the process ever took."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) >> 10


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with (
        backend(tmp_path_factory.mktemp("data")) as server,
        httpx.Client(timeout=TIMEOUT_S) as http,
        grpc.insecure_channel(
            f"127.0.0.1:{server.grpc_port}", options=[("grpc.max_send_message_length", -1)]
        ) as channel,
    ):
        yield Client(server, http, channel.unary_unary(EXPORT))
        assert server.stop() == 0


@contextlib.contextmanager
def neighbours(client: Client) -> Iterator[None]:
    """Good requests all the while, over both transports; each is found as soon as it is answered."""
    done = threading.Event()

    def send_and_ask(send: Callable[[bytes], object]) -> int:
        rounds = 0
        while not done.is_set() or not rounds:
            span = Sent(service="neighbour", tags={"round": rounds})
            send(span.request().SerializeToString())
            [found] = client.spans(span.trace)
            assert found["spanID"] == span.span.hex()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(send_and_ask, send) for send in (client.post, client.export)]
        try:
            yield
        finally:
            done.set()
        assert all(future.result(TIMEOUT_S) for future in futures)
    assert client.server.process.poll() is None
    assert client.memory_mib() < MEMORY_MIB


def body_of(*spans: Sent) -> bytes:
    return b"".join(span.request().SerializeToString() for span in spans)


def bomb(encoding: str) -> bytes:
    """Zeros, more than a GiB of them."""
    compressor = {
        "gzip": lambda: zlib.compressobj(1, zlib.DEFLATED, 31),
        "deflate": lambda: zlib.compressobj(1),
        "zstd": zstd.ZstdCompressor,
    }[encoding]()
    block = bytes(16 * MIB)
    return b"".join([*(compressor.compress(block) for _ in range(65)), compressor.flush()])


def not_utf8() -> bytes:
    return body_of(Sent(name="MARK")).replace(b"MARK", b"\xff\xfe\xc0\x80")


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80, *varint(value >> 7)]) if value > 0x7F else bytes([value])


def empty_messages(size: int) -> bytes:
    """One resource with millions of empty scopes: two bytes each on the wire."""
    return b"\x0a" + varint(size) + b"\x12\x00" * (size // 2)


@dataclass(frozen=True)
class Hostile:
    """Something hostile.

    Attributes:
        make: Makes the body, which may be large.
        http: The status over HTTP.
        grpc: The status over gRPC; None where HTTP alone knows such a thing.
    """

    make: Callable[[], bytes]
    http: int
    grpc: grpc.StatusCode | None
    media_type: str = PROTOBUF
    encoding: str = ""


INVALID, EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED
HOSTILE = {
    "malformed protobuf": Hostile(lambda: b"this is not protobuf", 400, INVALID),
    "truncated protobuf": Hostile(lambda: body_of(Sent())[:-1], 400, INVALID),
    "groups without end": Hostile(lambda: b"\x0b" * (2 * MIB), 400, INVALID),
    "groups in a status": Hostile(
        lambda: b"".join(
            [b"\x0a\x8c\x80\x40\x12\x88\x80\x40\x12\x84\x80\x40\x7a\x80\x80\x40", b"\x0b" * MIB]
        ),
        400,
        INVALID,
    ),
    "a length of 2^64 - 1": Hostile(lambda: b"\x0a" + b"\xff" * 9 + b"\x01", 400, INVALID),
    "millions of empty messages": Hostile(lambda: empty_messages(60 * MIB), 400, INVALID),
    "invalid UTF-8": Hostile(not_utf8, 400, INVALID),
    "70 MiB": Hostile(lambda: bytes(70 * MIB), 413, EXHAUSTED),
    "malformed JSON": Hostile(lambda: b'{"resourceSpans": [', 400, None, media_type=JSON),
    "deep JSON": Hostile(lambda: b"[" * MIB, 400, None, media_type=JSON),
    "JSON that is no request": Hostile(lambda: b'{"resourceSpans": 7}', 400, None, media_type=JSON),
    "JSON of many pieces": Hostile(
        lambda: b'{"resourceSpans":[' + b"{}," * (5 * MIB) + b"{}]}", 400, None, media_type=JSON
    ),
    "a wrong content type": Hostile(lambda: body_of(Sent()), 415, None, media_type="text/plain"),
    "an unknown encoding": Hostile(lambda: body_of(Sent()), 415, None, encoding="br"),
    "truncated gzip": Hostile(lambda: gzip.compress(body_of(Sent()))[:-5], 400, None, encoding="gzip"),
    "not gzip": Hostile(lambda: body_of(Sent()), 400, None, encoding="gzip"),
    "a gzip bomb": Hostile(lambda: bomb("gzip"), 413, None, encoding="gzip"),
    "a deflate bomb": Hostile(lambda: bomb("deflate"), 413, None, encoding="deflate"),
    "a zstd bomb": Hostile(lambda: bomb("zstd"), 413, None, encoding="zstd"),
    "millions of gzip members": Hostile(lambda: gzip.compress(b"") * MIB, 400, None, encoding="gzip"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_over_http_as_otlp_says(client: Client, hostile: Hostile) -> None:
    body = hostile.make()
    with neighbours(client):
        answer = client.post(body, hostile.media_type, hostile.encoding)
    assert answer.status_code == hostile.http
    assert "retry-after" not in answer.headers
    if hostile.media_type == JSON:
        assert answer.json()["message"]
    elif hostile.media_type == PROTOBUF:
        assert Status.FromString(answer.content).message


@pytest.mark.parametrize(
    "hostile",
    [hostile for hostile in HOSTILE.values() if hostile.grpc],
    ids=[name for name, hostile in HOSTILE.items() if hostile.grpc],
)
def test_it_is_refused_over_grpc_as_otlp_says(client: Client, hostile: Hostile) -> None:
    body = hostile.make()
    with neighbours(client), pytest.raises(grpc.RpcError) as raised:
        client.export(body)
    assert raised.value.code() is hostile.grpc


def test_a_bomb_over_grpc_is_refused(client: Client) -> None:
    with neighbours(client), pytest.raises(grpc.RpcError) as raised:
        client.export(bytes(300 * MIB), grpc.Compression.Gzip)
    assert raised.value.code() is EXHAUSTED


def test_many_bombs_at_once_take_no_more_memory(client: Client) -> None:
    body = zlib.compress(bytes(64 * MIB), 9)  # within the limit: each of them is decompressed in full
    with neighbours(client), ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(lambda _: client.post(body, encoding="deflate"), range(15)))
    assert {answer.status_code for answer in answers} <= {400, 429}


PARTIAL: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "a short trace id": (lambda: body_of(Sent(trace=b"\1" * 15)), 1, "left out"),
    "a long span id": (lambda: body_of(Sent(span=b"\1" * 9)), 1, "left out"),
    "ids of zeros": (lambda: body_of(Sent(trace=bytes(16)), Sent(span=bytes(8))), 2, "left out"),
    "a short parent id": (lambda: body_of(Sent(parent=b"\1")), 1, "left out"),
    "an end before the start": (lambda: body_of(Sent(duration=-5)), 0, "end before they start"),
}


@pytest.mark.parametrize(("make", "rejected", "said"), PARTIAL.values(), ids=PARTIAL)
def test_what_is_wrong_with_single_spans_is_a_partial_success(
    client: Client, make: Callable[[], bytes], rejected: int, said: str
) -> None:
    good = Sent()
    body = make() + body_of(good)
    with neighbours(client):
        over_http = client.post(body)
        over_grpc = client.export(body)
    assert over_http.status_code == 200
    for answer in (over_http.content, over_grpc):
        partial = ExportTraceServiceResponse.FromString(answer).partial_success
        assert partial.rejected_spans == rejected
        assert said in partial.error_message
    assert len(client.spans(good.trace)) == 1


def test_a_span_that_ends_before_it_starts_is_shown(client: Client) -> None:
    span = Sent(duration=-5_000_000)
    client.post(body_of(span))
    assert len(client.spans(span.trace)) == 1


def test_ten_thousand_attributes_come_back(client: Client) -> None:
    spans = [Sent(tags={f"key{number}": number for number in range(10_000)}) for _ in range(2)]
    with neighbours(client):
        assert client.post(body_of(spans[0])).content == b""
        assert client.export(body_of(spans[1])) == b""
    for span in spans:
        [found] = client.spans(span.trace)
        tags = {tag["key"]: tag["value"] for tag in found["tags"]}
        assert all(tags[f"key{number}"] == number for number in range(10_000))


def test_nul_bytes_come_back(client: Client) -> None:
    span = Sent(service="nul\0service", name="nul\0name", tags={"nul\0key": "nul\0value\0"})
    with neighbours(client):
        assert client.post(body_of(span)).content == b""
    [found] = client.spans(span.trace)
    assert found["operationName"] == "nul\0name"
    assert ("nul\0key", "nul\0value\0") in {(tag["key"], tag["value"]) for tag in found["tags"]}


def test_a_large_value_comes_back(client: Client) -> None:
    text = os.urandom(5 * MIB).hex()
    span = Sent(tags={"prompt": text})
    with neighbours(client):
        assert client.post(body_of(span)).content == b""
    [found] = client.spans(span.trace)
    assert text in {tag["value"] for tag in found["tags"]}


def connect(port: int, sent: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    opened.sendall(sent)
    return opened


HEAD = (
    f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PROTOBUF}\r\nContent-Length: 100\r\n\r\n"
)
BEGINNINGS = {
    "nothing": b"",
    "half a line": b"POST /v1/tra",
    "half a head": HEAD[:50].encode(),
    "half a body": HEAD.encode() + b"x" * 50,
    "no HTTP": b"\x16\x03\x01\x00\xa5\x01\x00\x00",
}


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("port", ["http_port", "grpc_port", "ui_port"])
def test_two_hundred_connections_that_are_left_open_hold_nobody_up(
    client: Client, port: str, beginning: bytes
) -> None:
    with contextlib.ExitStack() as left:
        for _ in range(200):
            left.enter_context(connect(getattr(client.server, port), beginning))
        with neighbours(client):
            pass
    with neighbours(client):  # and all of them hang up at once
        pass


def test_half_calls_hold_nobody_up(client: Client) -> None:
    with contextlib.ExitStack() as left:
        for _ in range(4):
            left.enter_context(half_calls(client.server.grpc_port, EXPORT, 5))
        with neighbours(client):
            pass


def test_strange_http_is_answered_and_harms_nobody(client: Client) -> None:
    base = f"http://127.0.0.1:{client.server.http_port}"
    with neighbours(client):
        assert client.http.get(f"{base}/v1/traces").status_code == 405
        assert client.http.post(f"{base}/v1/nothing").status_code == 404
        assert client.http.post(f"{base}/v1/traces").status_code == 415
        for sent in (
            b"POST /v1/traces HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /v1/traces HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"POST /v1/traces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"X" * 100_000,
        ):
            with connect(client.server.http_port, sent) as opened:
                opened.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    assert opened.recv(100)[9:12] in {b"", b"400", b"413", b"415", b"431"}


def test_what_was_acknowledged_is_found_by_the_next_query_however_soon(client: Client) -> None:
    for number in range(50):
        span = Sent(service=f"soon{number}", tags={"number": number, "text": "x" * 3000})
        body = body_of(span)
        if number % 3 == 0:
            assert client.post(body).status_code == 200
        elif number % 3 == 1:
            assert client.export(body) == b""
        else:
            assert client.post(gzip.compress(body), encoding="gzip").status_code == 200
        with urllib.request.urlopen(f"{client.server.url}/api/traces/{span.trace.hex()}") as answer:
            [trace] = json.load(answer)["data"]
        assert [found["spanID"] for found in trace["spans"]] == [span.span.hex()]
        if number % 5:
            continue
        services = client.http.get(f"{client.server.url}/api/services").json()["data"]
        assert f"soon{number}" in services
        question = {"service": f"soon{number}", "start": "0", "tags": json.dumps({"number": str(number)})}
        found = client.http.get(f"{client.server.url}/api/traces", params=question).json()["data"]
        assert [trace["traceID"] for trace in found] == [span.trace.hex()]


def test_nothing_was_refused_by_the_store_and_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    sent: list[Sent] = []
    with backend(tmp_path) as server, httpx.Client(timeout=TIMEOUT_S) as http:
        client = Client(server, http, None)
        for hostile in ("malformed protobuf", "groups without end", "truncated gzip"):
            kind = HOSTILE[hostile]
            client.post(kind.make(), kind.media_type, kind.encoding)
            sent.append(Sent(tags={"text": "x" * 3000}, events=[{"n": 1}]))
            client.post(body_of(sent[-1]))
        assert server.stop() == 0
    assert not (tmp_path / "refused").exists()
    with backend(tmp_path) as server, httpx.Client(timeout=TIMEOUT_S) as http:
        client = Client(server, http, None)
        for span in sent:
            assert len(client.spans(span.trace)) == 1
