"""How every process of a program is connected: Weft, and the marks for the truth."""

import os

from opentelemetry import trace
from tests.e2e.faults.marks import Marker

import weft


def connect(service: str) -> None:
    """Trace this process."""
    weft.init(service)
    trace.get_tracer_provider().add_span_processor(Marker())  # type: ignore[attr-defined]


def environment(endpoint: str, spool: str) -> dict[str, str]:
    """The settings of every process: spans leave soon, and open ones are announced soon."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "WEFT_"))},
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_RESOURCE_ATTRIBUTES": "host.name=agents-1",
        "WEFT_SPOOL": spool,
        "WEFT_PENDING": "always",
        "WEFT_PENDING_AFTER": "0.2",
    }
