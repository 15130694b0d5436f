"""Baggage as OpenTracing's formats carry it: one header field an entry, its name a prefix and the key.

Neither format bounds it. The limits are W3C Baggage's (its section Limits: 64 entries, 8192 bytes), since
entries that come in this way may go on in a ``baggage`` header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from weft.context.formats.field import WHITE_SPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MAX_ENTRIES: Final = 64
MAX_CHARS: Final = 8192

# A token of RFC 9110, section 5.6.2: what a field name is made of, and a W3C baggage key too.
# opentelemetry-propagator-ot-trace 0.66b1 leaves the hyphen out and so drops `user-id` (measured).
_KEY: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read(fields: Mapping[str, Sequence[str]], prefix: str, decode: Callable[[str], str]) -> dict[str, str]:
    """The entries of a carrier. An entry that occurs twice, or is beyond the limits, is left out.

    Args:
        fields: Lower-case field names, each with its values.
        prefix: What the names begin with, in lower case.
        decode: From the value on the wire; must not raise.
    """
    entries = (
        (name.removeprefix(prefix), values[0].strip(WHITE_SPACE))
        for name, values in fields.items()
        if name.startswith(prefix) and len(values) == 1
    )
    return {key: decode(value) for key, value in _within_limits(entries)}


def write(baggage: Mapping[str, str], prefix: str, encode: Callable[[str], str | None]) -> dict[str, str]:
    """Header fields for entries. What cannot be a header field, or is beyond the limits, is left out.

    Args:
        baggage: Keys and values.
        prefix: What the names begin with.
        encode: To the value on the wire; None for one that cannot be written. Must not raise.
    """
    encoded = ((key, encode(value)) for key, value in baggage.items() if len(value) <= MAX_CHARS)
    entries = ((key, value) for key, value in encoded if value is not None)
    return {prefix + key: value for key, value in _within_limits(entries)}


def _within_limits(entries: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Entries with a usable key, until there are too many; those that do not fit are passed over."""
    count = chars = 0
    for key, value in entries:
        size = len(key) + len(value) + 2  # `=` and `,` in a baggage header
        if chars + size > MAX_CHARS or not _KEY.fullmatch(key):
            continue
        count += 1
        chars += size
        yield key, value
        if count == MAX_ENTRIES:
            return
