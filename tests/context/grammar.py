"""The grammars of what is sent, checked by hand: none of the expressions of `weft.context` is used here."""

from __future__ import annotations

HEX = frozenset("0123456789abcdef")
STATE_KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@"
STATE_VALUE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")
TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
BAGGAGE_VALUE = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('",;\\')


def is_state_key(text: str) -> bool:
    """W3C Trace Context Level 2, section 3.3.1.3.1."""
    return 1 <= len(text) <= 256 and text[0] not in "_-*/@" and set(text) <= set(STATE_KEY)


def is_state_value(text: str) -> bool:
    """W3C Trace Context Level 2, section 3.3.1.3.2."""
    return 1 <= len(text) <= 256 and text[-1] != " " and set(text) <= set(STATE_VALUE)


def assert_traceparent(text: str) -> None:
    """Version 00, ids that are not zero, the two flags of Level 2 (section 3.2.2)."""
    version, trace_id, span_id, flags = text.split("-")
    assert version == "00"
    assert flags in {"00", "01", "02", "03"}
    assert (len(trace_id), len(span_id)) == (32, 16)
    assert set(trace_id + span_id) <= HEX
    assert set(trace_id) != {"0"} != set(span_id)


def assert_tracestate(text: str) -> None:
    """At most 32 members, none of them empty, no key twice (section 3.3.1), no white space around them."""
    members = [member.split("=") for member in text.split(",")]
    for member in members:
        assert len(member) == 2, text
        assert is_state_key(member[0]), text
        assert is_state_value(member[1]), text
    assert len({key for key, _ in members}) == len(members) <= 32


def assert_baggage(text: str) -> None:
    """The grammar and the limits of W3C Baggage, sections 3.2 and 3.3; no key twice."""
    assert text.isascii()
    assert len(text) <= 8192
    members = text.split(",")
    keys = set()
    for member in members:
        first, *properties = member.split(";")
        key, equals, value = first.partition("=")
        assert equals, member
        assert key, member
        assert set(key) <= TOKEN, member
        assert set(value) <= BAGGAGE_VALUE, member
        keys.add(key)
        for each in properties:
            name, _, content = (part.strip(" \t") for part in each.partition("="))
            assert name, member
            assert set(name) <= TOKEN, member
            assert set(content) <= BAGGAGE_VALUE, member
    assert len(keys) == len(members) <= 64


def assert_sent(fields: dict[str, str]) -> None:
    """Everything that W3C says of a request that is sent."""
    assert fields.keys() <= {"traceparent", "tracestate", "baggage"}
    if "traceparent" in fields:
        assert_traceparent(fields["traceparent"])
    if "tracestate" in fields:
        assert "traceparent" in fields
        assert_tracestate(fields["tracestate"])
    if "baggage" in fields:
        assert_baggage(fields["baggage"])
