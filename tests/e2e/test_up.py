"""`weft up` as an operator meets it: settings, refusals, SIGTERM, the token."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.backend import backend

from weft.store.store import Store

TOKEN = "a-token-of-some-length"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def weft(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "weft", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )


def request(trace_id: bytes = bytes(range(1, 17))) -> bytes:
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "agent-orchestrator"
    span = resource_spans.scope_spans.add().spans.add(trace_id=trace_id, span_id=b"\1" * 8, name="work")
    span.start_time_unix_nano = time.time_ns() - 5_000_000
    span.end_time_unix_nano = time.time_ns()
    return message.SerializeToString()


def post(port: int, body: bytes, **headers: str) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{port}/v1/traces",
        content=body,
        headers={"Content-Type": "application/x-protobuf"} | headers,
    )


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free(*flags: str) -> list[str]:
    return [word for flag in flags for word in (flag, "0")]


def refused(result: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    """One clear line that says what, why and what next, and no traceback."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    line = result.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in line


def test_help_shows_every_flag_and_its_variable() -> None:
    shown = " ".join(weft("up", "--help").stdout.split())
    for name in (
        "data",
        "host",
        "grpc-port",
        "http-port",
        "ui-port",
        "retention",
        "journal-bytes",
        "lost-after",
    ):
        assert f"--{name}" in shown
        assert f"WEFT_{name.upper().replace('-', '_')}" in shown
    assert "WEFT_TOKEN" in shown


def test_a_second_one_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with backend(tmp_path / "data") as first:
        second = weft(
            "up", "--data", str(tmp_path / "data"), *free("--grpc-port", "--http-port", "--ui-port")
        )
        refused(second, str(tmp_path / "data"), "in use", "--data")
        assert httpx.get(f"{first.url}/api/services").status_code == 200


@pytest.mark.parametrize("flag", ["--grpc-port", "--http-port", "--ui-port"])
def test_a_busy_port_is_refused_by_its_flag(tmp_path: Path, flag: str) -> None:
    others = free(*({"--grpc-port", "--http-port", "--ui-port"} - {flag}))
    with taken_port() as port:
        refused(weft("up", "--data", str(tmp_path), *others, flag, str(port)), str(port), "already", flag)


def test_a_directory_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    ports = free("--grpc-port", "--http-port", "--ui-port")
    refused(weft("up", "--data", "/proc/weft", *ports), "/proc/weft", "--data")
    refused(weft("up", "--data", str(tmp_path / "file"), *ports), "file", code=2)
    refused(weft("up", *ports, WEFT_DATA=str(tmp_path / "file")), "file", "--data")


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--retention", "soon"), ("--retention", "0d"), ("--ui-port", "70000"), ("--journal-bytes", "1")],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(flag: str, value: str) -> None:
    refused(weft("up", flag, value), flag, code=2)
    variable = f"WEFT_{flag[2:].upper().replace('-', '_')}"
    refused(weft("up", **{variable: value}), variable, code=2)


def test_other_machines_are_let_in_only_with_a_token() -> None:
    refused(weft("up", "--host", "0.0.0.0"), "0.0.0.0", "WEFT_TOKEN")
    refused(weft("up", "--host", "0.0.0.0", WEFT_TOKEN="short"), "WEFT_TOKEN", code=2)


def test_sigterm_moves_the_journal_into_the_store(tmp_path: Path) -> None:
    with backend(tmp_path) as server:
        for number in range(1, 6):
            assert post(server.http_port, request(bytes([number]) * 16)).status_code == 200
        assert server.stop() == 0
    store = Store(tmp_path / "store")
    assert store.read("SELECT count() AS n FROM spans").column("n").to_pylist() == [5]
    store.close()


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    body = request()
    for _ in range(2):
        with backend(tmp_path) as server:
            post(server.http_port, body)  # a client that never saw the first answer
            answer = httpx.get(f"{server.url}/api/traces?service=agent-orchestrator&limit=1").json()
            assert [len(trace["spans"]) for trace in answer["data"]] == [1]


def test_with_a_token_nobody_enters_without_it(tmp_path: Path) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with backend(tmp_path, WEFT_TOKEN=TOKEN) as server:
        assert post(server.http_port, request()).status_code == 401
        assert (
            post(server.http_port, request(), Authorization="Bearer another-token-entirely").status_code
            == 401
        )
        assert post(server.http_port, request(), **bearer).status_code == 200
        assert httpx.get(f"{server.url}/api/services").status_code == 401
        assert httpx.get(f"{server.url}/api/services", headers=bearer).json()["data"] == [
            "agent-orchestrator"
        ]
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            export = channel.unary_unary(EXPORT)
            with pytest.raises(grpc.RpcError) as raised:
                export(request())
            assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
            export(request(), metadata=[("authorization", f"Bearer {TOKEN}")])
        listed = weft("ls", "--json", WEFT_URL=server.url, WEFT_TOKEN=TOKEN)
        assert "agent-orchestrator" in listed.stdout
        assert weft("ls", WEFT_URL=server.url).returncode != 0


def test_without_a_token_only_loopback_names_are_answered(tmp_path: Path) -> None:
    with backend(tmp_path) as server:
        for host, status in (
            ("localhost:16686", 200),
            ("127.0.0.1", 200),
            ("[::1]:80", 200),
            ("evil.example", 403),
        ):
            assert httpx.get(f"{server.url}/api/services", headers={"Host": host}).status_code == status
        assert post(server.http_port, request(), Host="evil.example").status_code == 403


def test_show_and_ls_read_the_directory_when_no_backend_runs(tmp_path: Path) -> None:
    with backend(tmp_path) as server:
        post(server.http_port, request())
        running = weft("show", "--json", WEFT_URL=server.url)
        assert server.stop() == 0
    stopped = weft("show", "--json", "--data", str(tmp_path))
    assert json.loads(running.stdout) == json.loads(stopped.stdout)
    assert "agent-orchestrator" in weft("ls", "--data", str(tmp_path)).stdout
