"""Three services, each a process under ``weft.init`` and nothing else, between two ends made by hand."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conformance import downstream as downstreams
from tests.e2e.conformance.served import Service
from tests.otlp_receiver import otlp_receiver
from tests.servers import python_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.e2e.conformance.downstream import Downstream
    from tests.otlp_receiver import Receiver

    Start = Callable[..., AbstractContextManager[Service]]

SERVICES = ("fastapi", "flask", "aiohttp")
SCRIPT = Path(__file__).parent / "service.py"


@pytest.fixture(scope="session")
def downstream() -> Iterator[Downstream]:
    with downstreams.running() as running:
        yield running


@pytest.fixture(scope="session")
def spans_receiver() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


@pytest.fixture(scope="session")
def environment(
    spans_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What the services are started with; no setting of the machine is in it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("OTEL_", "WEFT_"))]:
            patch.delenv(name)
        yield {
            "OTEL_EXPORTER_OTLP_ENDPOINT": spans_receiver.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "5",
            "NO_PROXY": "127.0.0.1",
            "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state")),
        }


@pytest.fixture(scope="session")
def start(downstream: Downstream, spans_receiver: Receiver, environment: dict[str, str]) -> Start:
    """Starts a service: its name, and what else its script is told."""

    @contextmanager
    def started(name: str, *arguments: str) -> Iterator[Service]:
        with python_server(SCRIPT, name, *arguments, environment=environment) as port:
            yield Service(name, port, downstream, spans_receiver)

    return started


@pytest.fixture(scope="session", params=SERVICES)
def service(request: pytest.FixtureRequest, start: Start) -> Iterator[Service]:
    """Each of the services."""
    with start(request.param) as running:
        yield running
