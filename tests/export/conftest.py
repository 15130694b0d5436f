"""Export queues, each with a tracer that feeds it, a backend that answers as it is told, and a disk."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from tests.otlp_receiver import Receiver, otlp_receiver

from weft.export.limits import QueueLimits, SpoolLimits
from weft.export.otlp import destination
from weft.export.processor import ExportProcessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENT = QueueLimits(delay_s=3600)  # nothing is sent unless somebody asks
QUICK = QueueLimits(delay_s=0.02, grace_s=0.05)

Make = "Callable[..., tuple[ExportProcessor, Any]]"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A stand-in for a backend, on a real socket."""
    with otlp_receiver() as running:
        yield running


@pytest.fixture
def spool(tmp_path: Path) -> SpoolLimits:
    """A disk of its own."""
    return SpoolLimits(tmp_path / "spool")


@pytest.fixture
def make(spool: SpoolLimits) -> Iterator[Callable[..., tuple[ExportProcessor, Any]]]:
    """Makes processors, each with a tracer that feeds it. Without a disk where ``disk=None``."""
    made: list[ExportProcessor] = []

    def processor(
        endpoint: str,
        limits: QueueLimits = PATIENT,
        *,
        disk: SpoolLimits | None = spool,
        service: str = "a",
        wire: Any = None,
        **options: Any,
    ) -> tuple[ExportProcessor, Any]:
        made.append(
            ExportProcessor(destination(endpoint), service=service, limits=limits, spool=disk, make_wire=wire)
        )
        provider = TracerProvider(shutdown_on_exit=False, **options)
        provider.add_span_processor(made[-1])
        return made[-1], provider.get_tracer("test")

    yield processor
    for each in made:
        each.shutdown()


def forked(child: Any) -> int:
    """Run something in a forked child that leaves by os._exit; 0 when it returned something true."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.alarm(30)
            status = 0 if child() else 1
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]
