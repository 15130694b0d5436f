"""OTLP over HTTP, through real sockets."""

import base64
import gzip
import json
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.receive.server import Taken, serving
from tests.receive.test_compression import zstd
from tests.servers import until

import weft
from weft.decode.otlp_json import to_protobuf
from weft.receive import body as body_module
from weft.receive import http as http_module
from weft.receive.compression import BODY_LIMIT
from weft.receive.http import application

PROTOBUF, JSON = "application/x-protobuf", "application/json"
TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Taken, int]]:
    taken = Taken(tmp_path_factory.mktemp("data") / "journal")
    with serving(application(taken.intake, to_protobuf)) as port:
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
def client(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as opened:
        yield opened


def request(spans: int = 1, trace_id_bytes: int = 16, text: str = "x") -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    scope_spans = message.resource_spans.add().scope_spans.add()
    for _ in range(spans):
        span = scope_spans.spans.add(trace_id=os.urandom(trace_id_bytes), span_id=os.urandom(8), name="work")
        span.attributes.add(key="text").value.string_value = text
    return message


def as_json(message: ExportTraceServiceRequest) -> bytes:
    """OTLP's JSON: protobuf's own, but with ids in hex."""
    document = MessageToDict(message, use_integers_for_enums=True)
    for resource_spans in document.get("resourceSpans", []):
        for scope_spans in resource_spans.get("scopeSpans", []):
            for span in scope_spans.get("spans", []):
                for name in ("traceId", "spanId"):
                    span[name] = base64.b64decode(span[name]).hex()
    return json.dumps(document).encode()


def post(client: httpx.Client, content: bytes, media_type: str = PROTOBUF, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/traces", content=content, headers={"Content-Type": media_type, **named})


def said(answer: httpx.Response) -> ExportTraceServiceResponse:
    assert answer.headers["content-type"] == PROTOBUF
    return ExportTraceServiceResponse.FromString(answer.content)


def refused(answer: httpx.Response) -> Status:
    assert answer.headers["content-type"] == PROTOBUF
    return Status.FromString(answer.content)


ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "identity": bytes,
}


@pytest.mark.parametrize(
    "content", [b"", b"\xff", request().SerializeToString()], ids=["empty", "bad", "good"]
)
def test_every_answer_says_that_it_is_of_weft(client: httpx.Client, content: bytes) -> None:
    """Agents announce spans that are still open to Weft, and to nobody else."""
    assert post(client, content).headers["weft-version"] == weft.__version__


@pytest.mark.parametrize("encoding", sorted(ENCODE))
@pytest.mark.parametrize("size", [1, 3000], ids=["small", "large"])
def test_protobuf_is_taken_in_every_encoding(
    client: httpx.Client, taken: Taken, encoding: str, size: int
) -> None:
    content = request(size).SerializeToString()
    answer = post(client, ENCODE[encoding](content), content_encoding=encoding)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == PROTOBUF
    assert taken.bodies == [content]


@pytest.mark.parametrize("encoding", sorted(ENCODE))
@pytest.mark.parametrize("size", [1, 2000], ids=["small", "large"])
def test_json_is_taken_in_every_encoding_and_answered_in_json(
    client: httpx.Client, taken: Taken, encoding: str, size: int
) -> None:
    message = request(size)
    answer = post(client, ENCODE[encoding](as_json(message)), JSON, content_encoding=encoding)
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == JSON
    assert [ExportTraceServiceRequest.FromString(body) for body in taken.bodies] == [message]


@pytest.mark.parametrize(
    "media_type",
    [f"{JSON}; charset=utf-8", f"{JSON};charset=utf-8", "Application/JSON", f"{JSON} ; a=b"],
)
def test_a_media_type_may_have_parameters_and_any_case(
    client: httpx.Client, taken: Taken, media_type: str
) -> None:
    assert post(client, as_json(request()), media_type).json() == {}
    assert taken.spans == 1


@pytest.mark.parametrize(("content", "media_type"), [(b"", PROTOBUF), (b"{}", JSON)])
def test_an_empty_request_is_a_success(
    client: httpx.Client, taken: Taken, content: bytes, media_type: str
) -> None:
    assert post(client, content, media_type).status_code == 200
    assert taken.bodies == []


def test_spans_that_are_left_out_are_a_partial_success(client: httpx.Client, taken: Taken) -> None:
    mixed = request(2)
    mixed.MergeFrom(request(3, trace_id_bytes=15))
    partial = said(post(client, mixed.SerializeToString())).partial_success
    assert partial.rejected_spans == 3
    assert "trace_id" in partial.error_message
    assert taken.spans == 2
    told = post(client, as_json(mixed), JSON).json()["partialSuccess"]
    assert told == {"rejectedSpans": "3", "errorMessage": partial.error_message}


def test_a_warning_rejects_nothing(client: httpx.Client, taken: Taken) -> None:
    message = request()
    span = message.resource_spans[0].scope_spans[0].spans[0]
    span.start_time_unix_nano, span.end_time_unix_nano = 2, 1
    partial = said(post(client, message.SerializeToString())).partial_success
    assert partial.rejected_spans == 0
    assert "end before they start" in partial.error_message
    assert taken.spans == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_method_is_405(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/v1/traces")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/v1/metrics", "/v1/logs", "/v1/traces/x", "/%00"])
def test_an_unknown_path_is_404(client: httpx.Client, path: str) -> None:
    assert client.post(path, content=b"").status_code == 404


@pytest.mark.parametrize("media_type", ["text/plain", "application/grpc", "", "application/x-protobufs"])
def test_a_wrong_media_type_is_415_and_says_which_are_right(client: httpx.Client, media_type: str) -> None:
    answer = post(client, request().SerializeToString(), media_type)
    assert answer.status_code == 415
    assert PROTOBUF in answer.text
    assert JSON in answer.text


def test_no_media_type_is_415(client: httpx.Client) -> None:
    assert client.post("/v1/traces", content=b"x").status_code == 415


def test_an_unknown_encoding_is_415_and_says_which_are_known(client: httpx.Client) -> None:
    answer = post(client, b"x", content_encoding="br")
    assert answer.status_code == 415
    assert "gzip" in refused(answer).message
    assert "gzip" in answer.headers["accept-encoding"]


MALFORMED = {
    "one byte": (b"\xff", ""),
    "text": (b"not protobuf at all", ""),
    "cut": (request().SerializeToString()[:-1], ""),
    "groups": (b"\x0b" * 1_000_000, ""),
    "a length that makes the parser panic": (b"\x0a" + b"\xff" * 9 + b"\x01", ""),
    "cut gzip": (gzip.compress(b"x")[:-1], "gzip"),
    "long cut gzip": (gzip.compress(os.urandom(200_000))[:-1], "gzip"),
    "not gzip": (b"not gzip", "gzip"),
    "no gzip": (b"", "gzip"),
    "cut zstd": (zstd.compress(b"x")[:-1], "zstd"),
}


@pytest.mark.parametrize(("content", "encoding"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_body_is_400_for_itself_alone(
    client: httpx.Client, taken: Taken, content: bytes, encoding: str
) -> None:
    answer = post(client, content, content_encoding=encoding)
    assert answer.status_code == 400
    assert "retry-after" not in answer.headers
    status = refused(answer)
    assert status.code == 3
    assert status.message
    assert post(client, request().SerializeToString()).status_code == 200
    assert taken.spans == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"resourceSpans":1}', b"\xff", b"[" * 100_000],
    ids=lambda content: repr(content[:20]),
)
def test_malformed_json_is_400_and_the_answer_is_json(client: httpx.Client, content: bytes) -> None:
    answer = post(client, content, JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
    told = answer.json()
    assert told["code"] == 3
    assert told["message"].startswith("not an OTLP trace request: ")


@pytest.mark.parametrize("size", [BODY_LIMIT, BODY_LIMIT + 1, BODY_LIMIT + (6 << 20)])
def test_the_limit_is_64_mib_and_the_answer_arrives(client: httpx.Client, size: int) -> None:
    """Also at a client that does not read before it has written everything."""
    answer = post(client, bytes(size))
    assert answer.status_code == (400 if size == BODY_LIMIT else 413)
    assert refused(answer).code == (3 if size == BODY_LIMIT else 8)


def test_the_limit_holds_after_decompression(client: httpx.Client) -> None:
    for size, status in ((BODY_LIMIT, 400), (BODY_LIMIT + 1, 413)):
        assert post(client, gzip.compress(bytes(size), 1), content_encoding="gzip").status_code == status
    small = zlib.compress(bytes(BODY_LIMIT + 1), 9)
    assert len(small) < 100_000
    assert post(client, small, content_encoding="deflate").status_code == 413


def test_a_large_value_is_no_reason_to_refuse(client: httpx.Client, taken: Taken) -> None:
    content = request(text="x" * (10 << 20)).SerializeToString()
    assert post(client, gzip.compress(content), content_encoding="gzip").status_code == 200
    assert taken.bodies == [content]


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
def test_a_full_journal_is_429_with_a_retry_hint(tmp_path: Path, media_type: str) -> None:
    taken = Taken(tmp_path / "small", max_bytes=10_000)
    message = request(50)
    content = as_json(message) if media_type == JSON else message.SerializeToString()
    with (
        serving(application(taken.intake, to_protobuf)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        answers = [post(client, content, media_type) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200, 429}
    last = answers[-1]
    assert int(last.headers["retry-after"]) > 0
    assert last.headers["content-type"] == media_type
    if media_type == PROTOBUF:
        hint = RetryInfo()
        [detail] = refused(last).details
        assert detail.Unpack(hint)
        assert hint.retry_delay.seconds == int(last.headers["retry-after"])
    assert str(tmp_path) not in last.text
    taken.close()


def test_a_server_that_stops_is_503_with_a_retry_hint(tmp_path: Path) -> None:
    taken = Taken(tmp_path / "stopping")
    with (
        serving(application(taken.intake, to_protobuf)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        taken.intake.close()
        answer = post(client, request().SerializeToString())
    assert (answer.status_code, refused(answer).code) == (503, 14)
    assert int(answer.headers["retry-after"]) > 0
    taken.close()


def test_an_error_that_nobody_foresaw_is_500_without_its_text(
    taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(content: bytes) -> bytes:
        raise ZeroDivisionError("a secret")

    with (
        serving(application(taken.intake, broken)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        answer = post(client, b"{}", JSON)
    assert (answer.status_code, answer.json()["code"]) == (500, 13)
    assert "secret" not in answer.text
    assert "a secret" in caplog.text


def half(port: int, length: int, sent: bytes) -> socket.socket:
    """Send the head of a request and a part of its body."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = (
        f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PROTOBUF}\r\nContent-Length: {length}"
    )
    opened.sendall(head.encode() + b"\r\n\r\n" + sent)
    return opened


def test_half_a_request_ends_in_408_and_holds_nobody_up(
    client: httpx.Client, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_module, "PAUSE_S", 0.2)
    halves = [half(port, 100, b"x" * 10) for _ in range(5)]
    assert post(client, request().SerializeToString()).status_code == 200
    for opened in halves:
        assert opened.recv(100).startswith(b"HTTP/1.1 408")
        while opened.recv(10_000):
            pass  # and the connection is closed
        opened.close()


def test_a_body_that_trickles_in_ends_in_408_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "WHOLE_S", 0.3)
    with half(port, 1_000_000, b"") as opened:
        opened.setblocking(False)

        def answered() -> bool:
            try:
                opened.send(b"x")
                return opened.recv(100).startswith(b"HTTP/1.1 408")
            except BlockingIOError:
                return False

        until(answered, "the trickle is cut off")


def test_a_sender_that_hangs_up_is_not_an_error(
    client: httpx.Client, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        half(port, 100, b"x" * 10).close()
    assert post(client, request().SerializeToString()).status_code == 200
    assert caplog.text == ""


def test_more_than_may_be_held_is_told_to_come_again(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "HELD_BYTES", 100_000)
    with (
        serving(application(taken.intake, to_protobuf)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        content = request(text="x" * 50_000).SerializeToString()
        with half(port, 90_000, bytes(80_000)):
            until(lambda: post(client, content).status_code == 429, "there is no room")
            bomb = gzip.compress(content)
            answer = post(client, bomb, content_encoding="gzip")  # measured after decompression, too
            assert answer.status_code == 429
            assert answer.headers["retry-after"] == "1"
        until(lambda: post(client, content).status_code == 200, "there is room again")


def test_a_connection_serves_many_requests(client: httpx.Client, taken: Taken) -> None:
    for content, status in ((b"\xff", 400), (request().SerializeToString(), 200), (b"\xff", 400)) * 20:
        assert post(client, content).status_code == status
    assert taken.spans == 20


def span_json(**fields: Any) -> bytes:
    span = {"traceId": TRACE_ID, "spanId": SPAN_ID, **fields}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"traceId": TRACE_ID.upper()},
        {"endTimeUnixNano": "1"},
        {"endTimeUnixNano": 1},
        {"kind": 3},
        {"unknown": {"field": [1]}},
        {"attributes": [{"key": "k", "value": {"intValue": "1"}}]},
        {"attributes": [{"key": "k", "value": {"intValue": 1}}]},
        {"attributes": [{"key": "k", "value": {"bytesValue": "AP8="}}]},
        {"links": [{"traceId": TRACE_ID, "spanId": SPAN_ID}]},
        {"name": "\x00"},
    ],
    ids=str,
)
def test_what_otlp_json_allows_is_taken(client: httpx.Client, taken: Taken, fields: dict[str, Any]) -> None:
    assert post(client, span_json(**fields), JSON).json() == {}
    [body] = taken.bodies
    [span] = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert (span.trace_id.hex(), span.span_id.hex()) == (TRACE_ID, SPAN_ID)
