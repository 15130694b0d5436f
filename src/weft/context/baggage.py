"""The ``baggage`` field. Source: W3C Baggage, Candidate Recommendation of 2024-05-30, sections 3.2, 3.3."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, unquote

from opentelemetry.baggage import set_baggage
from opentelemetry.context import Context

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

FIELD: Final = "baggage"

# Section 3.3.2. A member that does not fit any more is left out, whole.
MAX_MEMBERS: Final = 64
MAX_BYTES: Final = 8192

#: The key of baggage in a context: OpenTelemetry's API has no name for it, so it is asked for.
(CONTEXT_KEY,) = set_baggage("key", "value", Context()).keys()

_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # RFC 9110, section 5.6.2
_OCTETS: Final = (
    r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"  # no space, quote, comma, semicolon, backslash
)
_MEMBER: Final = re.compile(f"({_NAME})[ \t]*=[ \t]*({_OCTETS})[ \t]*(;[^,]*)?")
_PROPERTY: Final = re.compile(f"{_NAME}(?:[ \t]*=[ \t]*{_OCTETS})?")
_KEY: Final = re.compile(_NAME)
_PLAIN: Final = re.compile(
    r"[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"
)  # octets without the percent sign
_SAFE: Final = "!#$&'()*+-./:<=>?@[]^_`{|}~"


class Value(str):
    """A value as text, with the properties that came with it.

    Attributes:
        properties: ``;key=value;flag`` as it came; handed on as it is, since its meaning is its owner's.
    """

    __slots__ = ("properties",)

    properties: str

    def __new__(cls, text: str, properties: str = "") -> Self:
        """Make a value of its text and its properties."""
        value = super().__new__(cls, text)
        value.properties = properties
        return value

    def __reduce__(self) -> tuple[type[Value], tuple[str, str]]:
        return Value, (str(self), self.properties)


def read(values: Sequence[str], keys: Collection[str] | None = None) -> tuple[dict[str, object], int]:
    """Read the field.

    Several fields are one list, in order. Values are percent-decoded (never ``+`` for a space); what is no
    UTF-8 then becomes U+FFFD. A member that is not of the grammar costs itself only. Of two members with one
    key the last stays, as in OpenTelemetry's API.

    Args:
        values: All values that came, in order.
        keys: The keys wanted; None for all.

    Returns:
        Values by key, and how many members were left out: malformed, or beyond the limits.
    """
    found: dict[str, object] = {}
    size = taken = dropped = 0
    members = ",".join(values).split(",") if len(values) != 1 else values[0].split(",")
    for text in members:
        member = text.strip(" \t")
        if not member:
            continue
        fits = taken < MAX_MEMBERS and size + len(member) <= MAX_BYTES
        match = _MEMBER.fullmatch(member) if fits else None
        if match is None or (match[3] is not None and not _are_properties(match[3])):
            dropped += 1
            continue
        taken += 1
        size += len(member) + 1  # and the comma
        key, value, properties = match.groups()
        if keys is not None and key not in keys:
            continue
        if "%" in value:
            value = unquote(value, errors="replace")
        found.pop(key, None)
        found[key] = value if properties is None else Value(value, properties.rstrip(" \t"))
    return found, dropped


def write(baggage: Mapping[str, object], keys: Collection[str] | None = None) -> str:
    """Write the field; empty where there is nothing to write.

    Keys that are no tokens cannot be sent and are left out (OpenTelemetry specification, baggage/api.md), and
    so are values that are no text and cannot be made one. Raises nothing.

    Args:
        baggage: Values by key; other values than text are written as ``str`` would.
        keys: The keys that may be written; None for all.
    """
    members: list[str] = []
    size = 0
    for key, value in baggage.items():
        if (keys is not None and key not in keys) or not is_key(key):
            continue
        encoded = _encoded(value)
        if encoded is None or size + len(key) + 1 + len(encoded) > MAX_BYTES:
            continue
        size += len(key) + 1 + len(encoded) + 1  # with "=" and the comma
        members.append(f"{key}={encoded}")
        if len(members) == MAX_MEMBERS:
            break
    return ",".join(members)


def is_key(key: object) -> bool:
    """Whether a key can be sent: a token."""
    return isinstance(key, str) and (
        (key.isascii() and key.isidentifier()) or _KEY.fullmatch(key) is not None
    )


def as_text(value: object) -> str | None:
    """A value as it is sent; None where it cannot be made a text, or is too long for any carrier."""
    try:
        text = value if isinstance(value, str) else str(value)
    except Exception:  # noqa: BLE001 - any object may be in the baggage of a program
        return None
    return text if len(text) <= MAX_BYTES else None


def _are_properties(text: str) -> bool:
    return all(_PROPERTY.fullmatch(each.strip(" \t")) for each in text[1:].split(";"))


def _encoded(value: object) -> str | None:
    text = value if type(value) is str and len(value) <= MAX_BYTES else as_text(value)
    if text is None:
        return None
    if not (text.isascii() and text.isalnum()) and not _PLAIN.fullmatch(text):
        text = _quoted(text)
    return text + value.properties if isinstance(value, Value) else text


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    """Percent-encode; a request makes many calls with the same baggage."""
    return quote(text, safe=_SAFE, errors="replace")
