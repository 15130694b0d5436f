"""The services, the callers and the peer, each a process or a server that is started once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.instrument.libraries.over_http.peer import Peer, running_peer
from tests.otlp_receiver import Receiver, SentSpan, otlp_receiver
from tests.servers import python_server, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
INTERNAL, SERVER, CLIENT = 1, 2, 3  # opentelemetry.proto.trace.v1.Span.SpanKind

# How each service is started: its script, and arguments after the port.
SERVICES = {
    "fastapi": ("fastapi_httpx.py", "app-first"),
    "starlette": ("starlette_httpx2.py", "init-first"),
    "flask": ("flask_requests.py", "app-first"),
    "django-wsgi": ("django_urllib.py", "app-first", "wsgi"),
    "django-asgi": ("django_urllib.py", "init-first", "asgi"),
    "aiohttp": ("aiohttp_both.py", "init-first"),
}
# The same, the other way round.
OTHER_ORDER = {
    "fastapi, init first": ("fastapi_httpx.py", "init-first"),
    "django-asgi, application first": ("django_urllib.py", "app-first", "asgi"),
    "aiohttp, application first": ("aiohttp_both.py", "app-first"),
}


def only(spans: list[SentSpan], kind: int) -> SentSpan:
    """The one span of a kind."""
    (span,) = [span for span in spans if span.kind == kind]
    return span


class Backend:
    """What arrived where spans are sent to."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def trace(self, trace_id: str, *, spans: int) -> list[SentSpan]:
        """The spans of a trace, once as many have arrived."""
        until(
            lambda: len(self._of(trace_id)) >= spans, f"{spans} spans of {trace_id}: {self._names(trace_id)}"
        )
        return self._of(trace_id)

    def _of(self, trace_id: str) -> list[SentSpan]:
        # By id: a batch whose answer was late is sent again.
        return list(
            {span.span_id: span for span in self.receiver.spans() if span.trace_id == trace_id}.values()
        )

    def _names(self, trace_id: str) -> list[str]:
        return [span.name for span in self._of(trace_id)]


class Caller:
    """A process that calls."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, client: str, url: str, **options: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"client": client, "url": url, **options}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the caller ended"
        return json.loads(answer)


@contextmanager
def running_caller(environment: dict[str, str]) -> Iterator[Caller]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "caller.py")],
        env={**os.environ, "NO_PROXY": "*", **environment},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Caller(process)
    finally:
        _, errors = process.communicate(timeout=20)
    assert errors == ""


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    with running_peer() as running:
        yield running


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    with otlp_receiver() as receiver:
        yield Backend(receiver)


@pytest.fixture(scope="session")
def traced(backend: Backend) -> dict[str, str]:
    """The environment of a traced process."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}


@pytest.fixture(scope="session")
def services(traced: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """Start a service when it is first asked for; its URL."""
    started: dict[str, str] = {}
    with ExitStack() as stack:

        def url(name: str) -> str:
            if name not in started:
                script, *arguments = {**SERVICES, **OTHER_ORDER}[name]
                server = python_server(HERE / "services" / script, *arguments, environment=traced)
                started[name] = f"http://127.0.0.1:{stack.enter_context(server)}"
            return started[name]

        yield url


@pytest.fixture(scope="session")
def caller(traced: dict[str, str]) -> Iterator[Caller]:
    """A traced process, whose libraries are imported after ``weft.init``."""
    with running_caller(traced) as running:
        yield running


@pytest.fixture(scope="session")
def early_caller(traced: dict[str, str]) -> Iterator[Caller]:
    """A traced process, whose libraries are imported, and one session made, before ``weft.init``."""
    with running_caller({**traced, "ORDER": "clients-first"}) as running:
        yield running
