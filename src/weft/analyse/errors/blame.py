"""Whom to blame for a failure: the agent at work, or the one that was called and never reported."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.span import Span, text

_Address = tuple[str, str]
_CHANNEL: Final = re.compile(r"([\w.-]{2,100}?)[-_.:/](?:tasks?|requests?|jobs?|queue|inbox|commands?|work)$")
_NEAR: Final = 3  # spans above a call: whoever waited for it


class Blame:
    """Names the agent of an origin.

    Args:
        reading: The tree, its agents, callees and hand-offs.
        signs: The spans that failed.
    """

    def __init__(self, reading: Reading, signs: Mapping[int, Sign]) -> None:
        self._reading = reading
        self._signs = signs

    def agent(self, index: int) -> str:
        """The agent to blame for the failure that began in a span."""
        return self._silent_callee(index) or self._reading.agents[index]

    def _silent_callee(self, index: int) -> str:
        """The agent that a span called, where nothing of it is in the trace; empty where it called none."""
        reading = self._reading
        span = reading.tree.spans[index]
        if span.kind == "consumer":
            sender = text(span.attributes.get(keys.PROPAGATION_SENDER_AGENT))
            if sender not in self._agents:
                return sender  # its message told of the failure
        if any(map(reading.crosses, reading.tree.children[index])):
            return ""
        if reading.callees[index]:
            return reading.callees[index]
        if span.kind not in ("client", "producer"):
            return ""
        sign = self._signs.get(index)
        if span.kind == "client" and sign is not None and self._callers_fault(sign):
            return ""
        parent = reading.tree.parents[index]
        above = reading.callees[parent] if parent >= 0 and not reading.crosses(index) else ""
        return (
            above
            or self._handed_to.get(span.span_id, "")
            or self._told(index)
            or text(span.attributes.get("peer.service"))
            or self._known.get(_address(span), "")
            or _service(span)
        )

    def _told(self, index: int) -> str:
        """The agent that a channel is named after, where whoever waited for it says the same name."""
        named = _CHANNEL.match(_address(self._reading.tree.spans[index])[0])
        if named is None:
            return ""
        word = re.compile(rf"(?<![\w-]){re.escape(named[1])}(?![\w-])")
        above = (self._signs[place] for place in self._nearest(index) if place in self._signs)
        return named[1] if any(word.search(sign.message) for sign in above) else ""

    def _nearest(self, index: int) -> Iterator[int]:
        return islice(self._reading.tree.ancestors(index), _NEAR)

    @staticmethod
    def _callers_fault(sign: Sign) -> bool:
        """Whether the other side refused what it was sent (HTTP 400 to 499)."""
        return (
            len(sign.type) == 3 and sign.type.isdigit() and sign.type.startswith("4") and sign.sort == "error"
        )

    @cached_property
    def _agents(self) -> set[str]:
        return set(self._reading.agents)

    @cached_property
    def _handed_to(self) -> dict[str, str]:
        """By span id of the sender the agent that a hand-off names."""
        handed: dict[str, str] = {}
        for hand_off in self._reading.hand_offs:
            for attempt in hand_off.attempts:
                handed[attempt.from_span_id] = hand_off.to_agent
        return handed

    @cached_property
    def _known(self) -> dict[_Address, str]:
        """By address who answered there in other calls of the trace."""
        reading = self._reading
        known: dict[_Address, str] = {}
        for index, parent in enumerate(reading.tree.parents):
            if parent >= 0 and reading.crosses(index):
                address = _address(reading.tree.spans[parent])
                if any(address):
                    known.setdefault(address, reading.agents[index])
        return known


def _address(span: Span) -> _Address:
    """Where a request or message goes: host and port, or channel."""
    attributes = span.attributes
    if span.kind == "producer":
        return text(attributes.get(keys.MESSAGING_DESTINATION_NAME)), ""
    host = attributes.get(keys.SERVER_ADDRESS) or attributes.get("net.peer.name")
    return text(host), text(attributes.get(keys.SERVER_PORT) or attributes.get("net.peer.port"))


def _service(span: Span) -> str:
    """The service behind a host name of one's own network; a public host and an address name none."""
    if span.kind != "client" or "db.system" in span.attributes or "db.system.name" in span.attributes:
        return ""
    return _inside(_address(span)[0])


@lru_cache(maxsize=1024)
def _inside(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        first, _, domain = host.partition(".")
        own = not domain or domain.endswith(("local", "internal", "svc"))
        return first if own and first != "localhost" else ""
    return ""
