"""Where spans go: the OTLP destination that arguments and OTEL_EXPORTER_OTLP_* describe.

Source: OpenTelemetry specification, protocol/exporter.md. An argument wins over
OTEL_EXPORTER_OTLP_TRACES_*, which wins over OTEL_EXPORTER_OTLP_*. What cannot be used costs one warning, and
the next in line is taken.
Timeouts, compression and certificates are read where the connection is made (`weft.export.wire`).
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from weft.export.wire import Wire

HTTP: Final = "http/protobuf"
GRPC: Final = "grpc"
PORT: Final = {HTTP: 4318, GRPC: 4317}
TRACES_PATH: Final = "/v1/traces"
#: Not in the value of a header (RFC 9110, 5.5): all control characters but the tab.
CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110, section 5.6.2

_log = logging.getLogger("weft")


@dataclass(frozen=True, slots=True)
class Destination:
    """An OTLP receiver.

    Attributes:
        protocol: ``http/protobuf`` or ``grpc``.
        url: For HTTP the full URL of the traces signal, for gRPC the server's. May hold a password: show the
            destination as text instead.
        headers: Sent with every request. May hold secrets, too.
    """

    protocol: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """The URL without what may be a secret: user, password, and query."""
        return _shown(self.url)

    def wire(self) -> Wire:
        """Make a connection to it, and import its protocol only: gRPC is optional.

        Raises:
            Exception: A certificate or a credential provider that is set is not there.
        """
        if self.protocol == GRPC:
            return cast("Wire", import_module("weft.export.over_grpc").GrpcWire(self))
        return cast("Wire", import_module("weft.export.over_http").HttpWire(self))


def destination(
    endpoint: str | None = None, protocol: str | None = None, headers: Mapping[str, str] | None = None
) -> Destination:
    """Resolve the destination from arguments and environment. Never raises.

    Args:
        endpoint: The receiver's base URL, as in OTEL_EXPORTER_OTLP_ENDPOINT. Without a scheme, ``http://``.
        protocol: ``http/protobuf`` or ``grpc``.
        headers: Headers for every request, added to those of the environment.
    """
    wanted = _protocol(protocol)
    if wanted == GRPC and find_spec("grpc") is None:
        url = _endpoint(endpoint, HTTP).replace(f":{PORT[GRPC]}", f":{PORT[HTTP]}", 1)
        _log.warning(
            "weft: OTEL_EXPORTER_OTLP_PROTOCOL (or protocol=) asks for grpc, which needs a package that is "
            "not installed (pip install '.[grpc]' in your clone of Weft); sending over HTTP to %s",
            _shown(url),
        )
        return Destination(HTTP, url, _headers(headers))
    url = _endpoint(endpoint, wanted)
    if wanted == HTTP and urlsplit(url).port == PORT[GRPC]:
        _log.warning(
            "weft: %s has the port that gRPC uses by convention; OTLP over HTTP listens on %d. If spans do "
            "not arrive, change the port or set protocol='grpc'",
            _shown(url),
            PORT[HTTP],
        )
    return Destination(wanted, url, _headers(headers))


def _protocol(argument: str | None) -> str:
    for source, value in _sources("protocol", argument, "PROTOCOL"):
        if value in (HTTP, GRPC):
            return value
        _log.warning("weft: %s is %r, which is neither %r nor %r", source, value, HTTP, GRPC)
    return HTTP


def _endpoint(argument: str | None, protocol: str) -> str:
    """The URL to send to. For HTTP it ends in the signal's path, which only the signal's own variable has."""
    for source, value in _sources("endpoint", argument, "ENDPOINT"):
        url = value if "://" in value else f"http://{value}"
        if _is_usable(url):
            complete = protocol == GRPC or "TRACES" in source or urlsplit(url).path.endswith(TRACES_PATH)
            return url if complete else url.rstrip("/") + TRACES_PATH
        _log.warning(
            "weft: %s is %r, which is not a URL like http://localhost:%d; it is not used",
            source,
            _shown(value),
            PORT[protocol],
        )
    return f"http://localhost:{PORT[protocol]}" + (TRACES_PATH if protocol == HTTP else "")


def _headers(argument: object) -> dict[str, str]:
    names = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
    variable = next((name for name in names if os.environ.get(name)), "")
    headers = _headers_in(variable) if variable else {}
    if isinstance(argument, Mapping):
        headers.update((str(name).lower(), str(value).strip()) for name, value in argument.items())
    elif argument is not None:
        _log.warning("weft: headers= is not a mapping of names to values; it is not used")
    # What refuses them later says so with the value (requests), or costs every span (gRPC).
    for name in [name for name, value in headers.items() if CONTROL.search(value)]:
        del headers[name]
        _log.warning("weft: the value of the header %r has control characters in it; it is not sent", name)
    return headers


def _headers_in(variable: str) -> dict[str, str]:
    """Read ``name=value,name=value``, percent-encoded (protocol/exporter.md, "Specifying headers").

    OpenTelemetry's own reader (API 1.45) logs an entry that it cannot read, with the token that is in it.
    """
    headers: dict[str, str] = {}
    for entry in os.environ[variable].split(","):
        name, equals, value = entry.partition("=")
        if equals and _HEADER_NAME.fullmatch(name.strip()):
            headers[name.strip().lower()] = unquote(value.strip())
        elif entry.strip():
            _log.warning("weft: %s has an entry that is not name=value; it is not sent", variable)
    return headers


def _sources(name: str, argument: object, variable: str) -> Iterator[tuple[str, str]]:
    """The settings that are present, the strongest first, each with the name its user knows it by."""
    if argument is not None:
        yield f"{name}=", str(argument).strip()
    for full_name in (f"OTEL_EXPORTER_OTLP_TRACES_{variable}", f"OTEL_EXPORTER_OTLP_{variable}"):
        if value := os.environ.get(full_name, "").strip():
            yield full_name, value


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and re.search(r"\s", url) is None
        )
    except ValueError:  # a port that is no number, a bracket that does not close
        return False


def _shown(url: str) -> str:
    """A URL without what may be a secret. A password may hold an ``@``, and what is no URL a password."""
    return re.sub(r"//[^/]*@", "//***@", re.sub(r"[?#].*", "?***", url, flags=re.DOTALL))
