"""OTLP over gRPC: a unary call on raw bytes (OTLP 1.11, OTLP/gRPC).

grpc itself is imported when a connection is made: it is optional, and takes 60 ms.
"""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from weft.export.answer import CAUSE_CHARS, Answer, Verdict, taken, words
from weft.export.wire import USER_AGENT, compression, credentials, setting, timeout_s
from weft.model.pending import VERSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weft.export.otlp import Destination

EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#: How long a broken channel waits before it connects again; gRPC's own limit is two minutes.
RECONNECT_MS: Final = (200, 5000)

#: OTLP/gRPC Response, Failures: the codes that mean "come again".
LATER: Final = frozenset(
    {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
)
#: Answers that concern the sender or the address, not the spans in the request.
CLOSED: Final = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED"})

#: Channels are kept, so that a forked child does not destroy those of its parent: that may wait for threads
#: that the child has not.
_channels: list[Any] = []

_log = logging.getLogger("weft")


class GrpcWire:
    """A channel.

    Raises:
        Exception: A certificate or a credential provider is not there.
    """

    def __init__(self, destination: Destination) -> None:
        grpc = import_module("grpc")
        self._failure: type[Exception] = grpc.RpcError
        self._timeout_s = timeout_s()
        # Names in lower case: gRPC refuses others.
        self._metadata = tuple((name.lower(), value) for name, value in destination.headers.items())
        parts = urlsplit(destination.url)
        options = {
            "options": [
                ("grpc.primary_user_agent", USER_AGENT),
                ("grpc.initial_reconnect_backoff_ms", RECONNECT_MS[0]),
                ("grpc.min_reconnect_backoff_ms", RECONNECT_MS[0]),
                ("grpc.max_reconnect_backoff_ms", RECONNECT_MS[1]),
            ],
            "compression": getattr(grpc.Compression, "Gzip" if compression(("gzip",)) else "NoCompression"),
        }
        insecure = (setting("INSECURE") or "true").lower() == "true"
        if parts.scheme == "https" or not insecure:
            self._channel = grpc.secure_channel(parts.netloc, _credentials(grpc), **options)
        else:
            self._channel = grpc.insecure_channel(parts.netloc, **options)
        self._export = self._channel.unary_unary(EXPORT)
        _channels.append(self._channel)

    def send(self, body: bytes) -> Answer:
        """Send a request; see `Wire`."""
        try:
            response, call = self._export.with_call(body, timeout=self._timeout_s, metadata=self._metadata)
        except self._failure as error:
            return _refusal(error)
        except Exception as error:  # noqa: BLE001 - a channel that is closed already, say
            return Answer(Verdict.LATER, words(error))
        return taken(response, _metadata(call))

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()
        if self._channel in _channels:
            _channels.remove(self._channel)


def _refusal(error: Any) -> Answer:
    code, details = str(error.code().name), str(error.details() or "")
    metadata = _metadata(error)
    after_s = _retry_after_s(error)
    verdict = Verdict.REFUSED
    if code in LATER:
        verdict = Verdict.LATER
    elif code in CLOSED:
        verdict = Verdict.CLOSED
    elif code == "RESOURCE_EXHAUSTED":
        # With a time to come again it is a busy backend (OTLP/gRPC Throttling). Without, it is a request
        # that is too large, which grpc itself says with this code as well, or a limit of another kind.
        too_large = after_s is None and ("larg" in details.lower() or "size" in details.lower())
        verdict = Verdict.TOO_LARGE if too_large else Verdict.LATER
    return Answer(
        verdict,
        cause=f"{code}: {details}"[:CAUSE_CHARS],
        after_s=after_s,
        version=metadata.get(VERSION_HEADER),
    )


def _metadata(call: Any) -> Mapping[str, str]:
    """What the backend sent beside its answer, before and after it."""
    pairs = [*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())]
    return {key: value for key, value in pairs if isinstance(value, str)}


def _retry_after_s(error: Any) -> float | None:
    """`RetryInfo`, in the status's details, or where OpenTelemetry's exporter for Python looks for it."""
    for key, value in error.trailing_metadata() or ():
        info = RetryInfo()
        try:
            if key == "grpc-status-details-bin":
                if not any(detail.Unpack(info) for detail in Status.FromString(value).details):
                    continue
            elif key == "google.rpc.retryinfo-bin":
                info.ParseFromString(value)
            else:
                continue
        except Exception:  # noqa: BLE001 - no hint, then
            _log.debug("weft: %s cannot be read", key)
            continue
        seconds: float = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
        return max(0.0, seconds)
    return None


def _credentials(grpc: Any) -> Any:
    provided = credentials("GRPC")
    if provided is not None:
        return provided
    root, key, chain = (_content(name) for name in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"))
    return grpc.ssl_channel_credentials(root_certificates=root, private_key=key, certificate_chain=chain)


def _content(name: str) -> bytes | None:
    path = setting(name)
    return Path(path).read_bytes() if path else None
