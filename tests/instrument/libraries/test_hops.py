"""Two agents, two processes, one trace: over every HTTP library, made before or after ``weft.init``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.servers import python_server, until

if TYPE_CHECKING:
    from tests.otlp_receiver import Receiver, SentSpan

HERE = Path(__file__).parent
SERVER, CLIENT = 2, 3  # opentelemetry.proto.trace.v1.Span.SpanKind


def roots(spans: list[SentSpan]) -> list[SentSpan]:
    known = {span.span_id for span in spans}
    return [span for span in spans if span.parent_id not in known]


@pytest.mark.parametrize(
    ("client", "server", "order"),
    [
        ("httpx", "fastapi", "init-first"),
        ("httpx-async", "fastapi", "app-first"),
        ("requests", "starlette", "app-first"),
        ("requests", "flask", "init-first"),
        ("aiohttp", "flask", "app-first"),
        ("aiohttp", "aiohttp", "init-first"),
    ],
)
def test_a_call_over_http_is_one_trace(receiver: Receiver, client: str, server: str, order: str) -> None:
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "NO_PROXY": "127.0.0.1",
    }
    with python_server(HERE / "hop_server.py", server, order, environment=environment) as port:
        url = f"http://127.0.0.1:{port}/execute"
        done = subprocess.run(
            [sys.executable, str(HERE / "hop_client.py"), client, url],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        until(lambda: len(receiver.spans()) >= 5, "five spans arrived")
    spans = receiver.spans()
    assert len({span.trace_id for span in spans}) == 1
    assert [span.name for span in roots(spans)] == ["invoke_workflow hop"]
    assert len(spans) == 5  # no span of the export itself, none for single ASGI messages
    by_kind = {span.kind: span for span in spans if span.kind in {SERVER, CLIENT}}
    assert by_kind[SERVER].parent_id == by_kind[CLIENT].span_id
    assert (by_kind[CLIENT].service, by_kind[SERVER].service) == ("caller", "callee")
    assert by_kind[SERVER].name == "POST /execute"
    assert by_kind[SERVER].attributes["http.request.method"] == "POST"
    (callee,) = [span for span in spans if span.name == "invoke_agent callee"]
    assert callee.parent_id == by_kind[SERVER].span_id
