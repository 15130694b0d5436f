"""The policy of whole services: real servers behind doors, and what real clients send to whom."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.servers import python_server

if TYPE_CHECKING:
    from collections.abc import Iterator

Sent = dict[str, dict[str, dict[str, str]]]

HERE = Path(__file__).parent
TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {
    "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
    "tracestate": "vendor=1",
    "baggage": "tenant=7,secret=x",
    "path": "/inner",
    "asgi": "x",
    "wsgi.version": "x",
}
SETTINGS = {
    "OTEL_TRACES_EXPORTER": "none",
    "WEFT_INGRESS": "/public=restart,/linked=link,127.0.0.1/hooks=restart,localhost/more=restart,trust",
    "WEFT_BAGGAGE_KEYS": "tenant",
}


@pytest.fixture(scope="module", params=["fastapi", "flask", "aiohttp"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with python_server(HERE / "door_server.py", request.param, environment=SETTINGS) as listening:
        yield listening


def ask(port: int, path: str) -> dict[str, str]:
    """Send a path as it is: no client of a library would send some of these."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=HEADERS)
        answer: dict[str, str] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


def test_what_is_trusted_is_continued_with_the_baggage_that_is_allowed(port: int) -> None:
    for path in ("/inner", "/publicity", "/x/public"):
        sent = ask(port, path)
        assert sent["traceparent"].split("-")[1] == TRACE
        assert sent["tracestate"].endswith(",vendor=1")
        assert sent["baggage"] == "tenant=7"


@pytest.mark.parametrize(
    "path",
    [
        "/public/x",
        "/public/x?path=/inner",
        "/%70ublic/x",
        "/public/../inner",
        "/linked",
        "/hooks/1",
        "/more/1",
        "//public/x",
    ],
)
def test_what_comes_through_a_guarded_door_begins_anew_however_its_path_is_written(
    port: int, path: str
) -> None:
    sent = ask(port, path)
    assert sent["traceparent"].split("-")[1] != TRACE
    assert "vendor" not in sent["tracestate"]
    assert "baggage" not in sent


class Echo(BaseHTTPRequestHandler):
    """A proxy stand-in: answers with the header fields of what it is asked for."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def sent() -> Sent:
    """What each library sends to each host."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        settings = {**SETTINGS, "WEFT_EGRESS": "*.allowed.example"}
        done = subprocess.run(
            [sys.executable, str(HERE / "callers.py"), str(proxy.server_port)],
            env={
                **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
                **settings,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        proxy.shutdown()
    assert done.returncode == 0, done.stderr
    found: Sent = json.loads(done.stdout)
    return found


LIBRARIES = ["httpx", "requests", "urllib"]
PROPAGATION = {"traceparent", "tracestate", "baggage", "x-b3-traceid", "sentry-trace"}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("host", ["api.openai.com", "api.anthropic.com:8080"])
def test_a_public_provider_gets_nothing_not_even_what_the_caller_forwards(
    sent: Sent, library: str, host: str
) -> None:
    assert sent[library][host]["host"] == host
    assert PROPAGATION & sent[library][host].keys() == set()


@pytest.mark.parametrize("host", ["api.openai.com:+80", "api.openai.com:8_0"])
def test_a_url_that_cannot_be_read_gets_nothing(sent: Sent, host: str) -> None:
    assert sent["urllib"][host]["host"] == host
    assert PROPAGATION & sent["urllib"][host].keys() == set()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("host", ["localhost:11434", "research-agent"])
def test_an_agent_inside_gets_everything(sent: Sent, library: str, host: str) -> None:
    assert sent[library][host].keys() >= PROPAGATION
    assert sent[library][host]["baggage"] == "tenant=7"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_host_that_is_allowed_gets_the_trace_and_no_baggage(sent: Sent, library: str) -> None:
    fields = sent[library]["api.allowed.example"].keys()
    assert {"traceparent", "tracestate"} <= fields
    assert "baggage" not in fields
