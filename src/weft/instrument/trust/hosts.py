"""Which hosts are inside: this machine and the private networks around it. Pure; no name is ever resolved."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Network

# Names that no public resolver answers: RFC 6761 (localhost, test), 6762 (local), 8375 (home.arpa), ICANN's
# `internal`, `corp` and `home`, and what clusters and home routers use.
INSIDE_SUFFIXES: Final = (
    "localhost", "local", "internal", "intranet", "lan", "corp", "home", "private", "home.arpa", "svc",
    "test",
)  # fmt: skip

_BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?")
_PLAIN: Final = re.compile(r"([^:\s]+)(?::(\d{1,5}))?")
_NAME: Final = re.compile(r"\*|(?:\*\.)?[\w-]+(?:\.[\w-]+)*")


def is_inside(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name or address tells.

    Inside are addresses that are not globally reachable (IANA special-purpose registries: loopback,
    private, link-local, shared), names of one label (``research-agent``, as containers and clusters use
    them), and names under `INSIDE_SUFFIXES`. No host at all (a Unix socket) is inside.
    """
    name = plain(host)
    if not name:
        return True
    address = _address(name)
    if address is not None:
        return not address.is_global
    return "." not in name or name.endswith(tuple(f".{suffix}" for suffix in INSIDE_SUFFIXES))


def plain(host: str) -> str:
    """A host as it is compared: lower case, without brackets, zone and the root's dot."""
    return host.strip().strip("[]").partition("%")[0].rstrip(".").lower()


class Pattern(NamedTuple):
    """A host that the user named: a name, an address, a network, or a name with ``*.`` before it.

    Attributes:
        name: The host; ``*`` for any, ``*.example.com`` for all below a name.
        port: The port it is meant for; None for any.
        network: The addresses, where the name is an address or a network.
    """

    name: str
    port: int | None
    network: IPv4Network | IPv6Network | None

    def covers(self, host: str, port: int | None) -> bool:
        """Whether a destination is the host that is meant."""
        if self.port is not None and port != self.port:
            return False
        name = plain(host)
        if self.network is not None:
            address = _address(name)
            return address is not None and address.version == self.network.version and address in self.network
        if self.name.startswith("*"):
            return name.endswith(self.name[1:])
        return name == self.name


def pattern(text: str) -> Pattern:
    """Read a host as the user names it.

    ``example.com``, ``*.example.com``, ``example.com:8443``, ``203.0.113.7``, ``10.0.0.0/8``,
    ``[::1]:80``, ``*``.

    Raises:
        ValueError: It is none of these.
    """
    given = text.strip()
    match = _BRACKETED.fullmatch(given) or (None if given.count(":") > 1 else _PLAIN.fullmatch(given))
    host, port_digits = (match[1], match[2]) if match else (given, None)
    name = plain(host)
    port = int(port_digits) if port_digits else None
    try:
        network = ip_network(name, strict=False)
    except ValueError:
        network = None
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{text!r} is not a host like example.com, *.example.com, example.com:8443 or 10.0.0.0/8"
            ) from None
    return Pattern(name, port, network)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, in any form that a resolver takes for one (``0x7f.1``, ``2130706433``)."""
    try:
        address = ip_address(name)
    except ValueError:
        if not name[:1].isdigit() or not name.isascii():
            return None
        try:
            return IPv4Address(socket.inet_aton(name))
        except OSError:
            return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
