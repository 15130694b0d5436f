"""A channel's target: the host and port that its calls go to. Source: gRPC, doc/naming.md."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

DEFAULT_PORT: Final = 443
ON_THIS_MACHINE: Final = ("unix", "unix-abstract", "vsock", "inproc")
SCHEMES: Final = (*ON_THIS_MACHINE, "dns", "ipv4", "ipv6", "xds", "google-c2p")


def place(target: str) -> tuple[str, int | None]:
    """Read the host and port from a target; of several addresses the first.

    ``dns:///host:50051``, ``dns://resolver/host``, ``host:50051``, ``ipv4:10.0.0.1:80,10.0.0.2:80``,
    ``ipv6:[::1]:80``, ``xds:///service``; no host and no port for a Unix socket and its like.
    """
    scheme, separator, rest = target.partition(":")
    if not separator or scheme.lower() not in SCHEMES:
        if "://" not in target:
            return _split(target)
        rest = target.partition(":")[2]  # a resolver of the user's own: most are written like dns
    elif scheme.lower() in ON_THIS_MACHINE:
        return "", None
    if rest.startswith("//"):
        rest = rest[2:].partition("/")[2]
    return _split(unquote(rest).lstrip("/").partition(",")[0])


def _split(address: str) -> tuple[str, int | None]:
    """A host and a port, which gRPC takes to be 443 where it is not said."""
    host, separator, port = address.rpartition(":")
    is_bare_ipv6 = address.count(":") > 1 and "[" not in address
    if not separator or is_bare_ipv6 or address.endswith("]"):
        return address.strip("[]"), DEFAULT_PORT
    return host.strip("[]"), int(port) if port.isdecimal() else DEFAULT_PORT
