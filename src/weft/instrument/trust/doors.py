"""Doors: where requests come in, as a rule names them. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from weft.instrument.trust.hosts import Pattern, pattern

ANYWHERE: Final = pattern("*")
# What a server that listens on all of its addresses is bound to; a request arrives at one of them.
ALL_ADDRESSES: Final = ("*", "0.0.0.0", "::")  # noqa: S104 - nothing is bound here
LOOPBACK: Final = ("127.0.0.0/8", "::1")

_PATH: Final = re.compile(r"(?:/[^\s*?#/]+)*/?")
_LENGTH: Final = re.compile(r"/[0-9]{1,3}")


def doors_of(text: str) -> list[tuple[Pattern, str]]:
    """Read a door: the listeners, and the beginning of the path; nothing where it is misspelt.

    ``[host][:port][/path]``, or ``*`` for everything. The host is the address that the server listens on, or
    ``localhost`` for both of the machine's own; ``/path/*`` is ``/path``.
    """
    address, slash, rest = text.partition("/")
    path = f"{slash}{rest}".removesuffix("/*")
    if not _PATH.fullmatch(path):
        return []
    try:
        only_port = address.startswith(":") and address.count(":") == 1
        listener = pattern(f"*{address}" if only_port or not address else address)
    except ValueError:
        return []
    beginning = normal(unquote(path)).rstrip("/")
    if path.strip("/") and not beginning:  # dots alone
        return []
    if listener.name in ALL_ADDRESSES:
        return [(ANYWHERE._replace(port=listener.port), beginning)]
    if listener.name == "localhost":
        return [(pattern(each)._replace(port=listener.port), beginning) for each in LOOPBACK]
    if listener.network is None or (listener.port is None and _LENGTH.fullmatch(path)):
        return []  # a name, which no listener has; a network
    return [(listener, beginning)]


def normal(path: str) -> str:
    """A path without empty segments and dot segments (RFC 3986, section 5.2.4)."""
    if "//" not in path and "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return f"/{'/'.join(kept)}"
