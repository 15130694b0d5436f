"""The ``weft`` member of tracestate: who sent this, and when. Specified in docs/reference/evidence.md."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

KEY: Final = "weft"

MAX_AGENT_CHARS: Final = 64
# With ours a tracestate is no longer than what every participant should propagate (W3C Trace Context, section
# 3.3.1.5) and has no more members than are allowed: nobody ever has to drop another vendor's because of ours.
MAX_STATE_CHARS: Final = 512
MAX_STATE_MEMBERS: Final = 32

_FORM: Final = re.compile(r"1;([0-9a-f]{16});([0-9a-f]{1,16});([\x21-\x2b\x2d-\x3a\x3c\x3e-\x7e]*)(?:;.*)?")
_LATEST_NS: Final = (1 << 63) - 1  # what an attribute holds


class Evidence(NamedTuple):
    """What a sender says of itself.

    Attributes:
        span_id: The span that sent, 64 bits.
        sent_ns: When, nanoseconds since the Unix epoch by the sender's clock.
        agent: Which agent; empty where it does not say.
    """

    span_id: int
    sent_ns: int
    agent: str


def member(span_id: int, sent_ns: int, agent: str) -> str:
    """Write the member, key and value."""
    return "weft=1;%016x;%x;%s" % (span_id, sent_ns, _encoded(agent))  # noqa: UP031 - see `traceparent.write`


def beside(ours: str, theirs: str, count: int) -> str:
    """Put our member before the vendors', where there is room for it.

    Args:
        ours: The member.
        theirs: The others as they are sent.
        count: How many those are.
    """
    if count < MAX_STATE_MEMBERS and len(ours) + 1 + len(theirs) <= MAX_STATE_CHARS:
        return f"{ours},{theirs}"
    return theirs


def read(value: str) -> Evidence | None:
    """Read the member's value; None where it is not ours, or of a version that changed its meaning."""
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    span_id, sent_ns, agent = int(match[1], 16), int(match[2], 16), match[3]
    if span_id == 0 or sent_ns > _LATEST_NS:
        return None
    return Evidence(span_id, sent_ns, unquote(agent, errors="replace") if "%" in agent else agent)


@lru_cache(maxsize=1024)
def _encoded(agent: str) -> str:
    """An agent's name in what a tracestate value may hold, cut at a whole character."""
    encoded = ""
    for character in agent[:MAX_AGENT_CHARS]:
        more = quote(character, safe="!#$&'()*+-./:<>?@[]^_`{|}~", errors="replace")
        if len(encoded) + len(more) > MAX_AGENT_CHARS:
            break
        encoded += more
    return encoded
