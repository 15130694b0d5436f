"""The way to a backend: what carries a request that is encoded already, over whichever protocol.

The OpenTelemetry exporters are not used for it: they take spans, not bytes, so that what a former process
left on disk could not be sent with them, and they retry by themselves, up to 10 s for each batch, before they
say what is the matter (SDK 1.45). The settings are theirs: OTEL_EXPORTER_OTLP_TRACES_* before
OTEL_EXPORTER_OTLP_* (OpenTelemetry specification, protocol/exporter.md).
"""

from __future__ import annotations

import logging
import os
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from weft.export.answer import Answer

TIMEOUT_S: Final = 10.0
USER_AGENT: Final = "weft"

_log = logging.getLogger("weft")


class Wire(Protocol):
    """One connection to a backend, for one thread."""

    def send(self, body: bytes) -> Answer:
        """Send an encoded ``ExportTraceServiceRequest`` and wait for the answer. Never raises.

        Takes as long as OTEL_EXPORTER_OTLP_TIMEOUT, 10 s by default, at most.
        """
        ...

    def close(self) -> None:
        """Close the connection; a request under way may be cut off."""
        ...


def setting(name: str) -> str | None:
    """An OTEL_EXPORTER_OTLP_* variable by the end of its name: the traces' own, or the general one."""
    for prefix in ("OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"):
        if value := os.environ.get(prefix + name, "").strip():
            return value
    return None


def timeout_s() -> float:
    """Seconds to wait for an answer. OpenTelemetry for Python takes the variable in seconds, and so do we."""
    text = setting("TIMEOUT")
    if text is None:
        return TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0 < seconds < float("inf"):
        return seconds
    _log.warning(
        "weft: OTEL_EXPORTER_OTLP_TIMEOUT is %r, not a number of seconds; going on with %g", text, TIMEOUT_S
    )
    return TIMEOUT_S


def compression(known: tuple[str, ...]) -> str | None:
    """The compression that is set, or None."""
    name = (setting("COMPRESSION") or "none").lower()
    if name in known:
        return name
    if name != "none":
        _log.warning(
            "weft: OTEL_EXPORTER_OTLP_COMPRESSION is %r, not one of none, %s; sending uncompressed",
            name,
            ", ".join(known),
        )
    return None


def credentials(protocol: str) -> object | None:
    """What the credential provider gives that is set for the OpenTelemetry exporters, or None.

    Args:
        protocol: ``HTTP`` (it gives a ``requests.Session``) or ``GRPC`` (``grpc.ChannelCredentials``).

    Raises:
        Exception: It is not installed, or failed.
    """
    general = f"OTEL_PYTHON_EXPORTER_OTLP_{protocol}_CREDENTIAL_PROVIDER"
    name = os.environ.get(general) or os.environ.get(general.replace(f"{protocol}_", f"{protocol}_TRACES_"))
    if not name:
        return None
    found = entry_points(group="opentelemetry_otlp_credential_provider", name=name)
    if not found:
        raise ValueError(f"no credential provider is called {name!r} ({general})")
    made: object = next(iter(found)).load()()
    return made
