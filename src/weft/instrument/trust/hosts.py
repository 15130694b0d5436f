"""Which hosts are inside: this machine and the private networks around it. Pure; no name is ever resolved."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

# This machine, private networks (RFC 1918, 4193), link-local (RFC 3927, 4291) and shared addresses (RFC 6598,
# which overlay networks use). Listed here, not asked of `ipaddress`: what it calls private differs between
# releases, and has addresses in it that lead to public ones (2002:808:808:: is 8.8.8.8 by 6to4).
INSIDE_NETWORKS: Final = tuple(
    ip_network(each)
    for each in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
        "0.0.0.0/32", "::1/128", "::/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
# Names that no public resolver answers: RFC 6761 (localhost, test), 6762 (local), 8375 (home.arpa), ICANN's
# `internal`, `corp` and `home`, and what clusters and home routers use.
INSIDE_SUFFIXES: Final = (
    "localhost", "local", "internal", "intranet", "lan", "corp", "home", "private", "home.arpa", "svc",
    "test",
)  # fmt: skip

_BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?")
_PLAIN: Final = re.compile(r"([^:\s]+)(?::([0-9]{1,5}))?")
_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_ZONED: Final = re.compile(r"([0-9a-f.]*:[0-9a-f.:]*)%.*")  # an IPv6 address: names have no zones
_NUMBERS: Final = re.compile(r"[0-9][0-9a-fx.]*")
_LAST_PORT: Final = 65_535


def is_inside(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name or address tells.

    Inside are the addresses of `INSIDE_NETWORKS`, names of one label (``research-agent``, as containers and
    clusters use them), and names under `INSIDE_SUFFIXES`. No host at all, and a path (a Unix socket), is
    inside. Whatever is no host name in ASCII is outside: what a library makes of it is not known here, and a
    name of one label with a dot behind it is a top-level domain.
    """
    if not host or host.startswith("/"):
        return True
    name = plain(host)
    address = _address(name)
    if address is not None:
        return any(address in network for network in INSIDE_NETWORKS if network.version == address.version)
    if not host.isascii() or not _NAME.fullmatch(name):
        return False
    if "." not in name:
        return name in INSIDE_SUFFIXES or not host.endswith(".")
    return name.endswith(tuple(f".{suffix}" for suffix in INSIDE_SUFFIXES))


def plain(host: str) -> str:
    """A host as it is compared: lower case, in ASCII, without brackets, zone and the root's dot."""
    name = host.lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    zoned = _ZONED.fullmatch(name)
    if zoned:
        return zoned[1]
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except ValueError:
            return name
    return name.removesuffix(".")


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
    is_name = host == "*" or _NAME.fullmatch(name.removeprefix("*."))
    if (network is None and not is_name) or (port is not None and not 0 < port <= _LAST_PORT):
        raise ValueError(
            f"{text!r} is not a host like example.com, *.example.com, example.com:8443 or 10.0.0.0/8"
        )
    return Pattern(name, port, network)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, in any form that a resolver takes for one (``0x7f.1``, ``2130706433``)."""
    try:
        address = ip_address(name)
    except ValueError:
        if not _NUMBERS.fullmatch(name):
            return None
        try:
            return IPv4Address(socket.inet_aton(name))
        except OSError:
            return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
