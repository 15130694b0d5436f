"""Header fields that hold one value, and the ids in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# No format's value is longer: Datadog bounds x-datadog-tags at 512, the others stay below 200.
MAX_VALUE_CHARS: Final = 512

# What surrounds a value without belonging to it (RFC 9110, section 5.6.3). A line feed is not among it.
WHITE_SPACE: Final = " \t"

# The mask of the right-most 64 bits, and the largest number of that size.
LOW_64: Final = 2**64 - 1

HEX_16: Final = re.compile(r"[0-9a-fA-F]{16}")
HEX_UP_TO_16: Final = re.compile(r"[0-9a-fA-F]{1,16}")
HEX_UP_TO_32: Final = re.compile(r"[0-9a-fA-F]{1,32}")
HEX_16_OR_32: Final = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}")
# The largest number of 64 bits has 20 digits. `\d` would accept the digits of every script.
_DECIMAL: Final = re.compile(r"[0-9]{1,20}")

NOT_THE_FORMAT: Final = "not in the format"


class Unreadable(Exception):
    """A field of a format that is there, and not as the format wants it: ``field: why``."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def only(fields: Mapping[str, Sequence[str]], name: str) -> str | None:
    """The value of a field that may occur once, without white space around it; None when it is absent.

    Raises:
        Unreadable: It occurs more than once, or is too long.
    """
    values = fields.get(name)
    if not values:
        return None
    if len(values) > 1:
        raise Unreadable(name, "more than one value")
    return bounded(name, values[0])


def bounded(name: str, text: str) -> str:
    """A text without the white space around it.

    Raises:
        Unreadable: It is longer than any value of a format.
    """
    if len(text) > MAX_VALUE_CHARS:
        raise Unreadable(name, f"longer than {MAX_VALUE_CHARS} characters")
    return text.strip(WHITE_SPACE)


def matched(name: str, text: str, shape: re.Pattern[str]) -> re.Match[str]:
    """The match of a whole value.

    Raises:
        Unreadable: The value has another shape.
    """
    match = shape.fullmatch(text)
    if match is None:
        raise Unreadable(name, NOT_THE_FORMAT)
    return match


def not_zero(name: str, number: int) -> int:
    """An id, which zero is in no format.

    Raises:
        Unreadable: It is zero.
    """
    if number == 0:
        raise Unreadable(name, "an id of zero")
    return number


def hexadecimal(name: str, text: str | None, shape: re.Pattern[str]) -> int:
    """An id in hexadecimal digits.

    Args:
        name: The field it comes from.
        text: None when it is absent.
        shape: How many digits it may have.

    Raises:
        Unreadable: It is absent, has another shape, or is zero.
    """
    return not_zero(name, int(matched(name, _present(name, text), shape).group(), 16))


def decimal(name: str, text: str | None) -> int:
    """A 64-bit id in decimal digits.

    Raises:
        Unreadable: It is absent, not a number of 64 bits, or zero.
    """
    return not_zero(name, decimal_or_zero(name, text))


def decimal_or_zero(name: str, text: str | None) -> int:
    """A 64-bit number in decimal digits.

    Raises:
        Unreadable: It is absent, or not a number of 64 bits.
    """
    number = int(matched(name, _present(name, text), _DECIMAL).group())
    if number > LOW_64:
        raise Unreadable(name, "more than 64 bits")
    return number


def _present(name: str, text: str | None) -> str:
    if text is None:
        raise Unreadable(name, "missing")
    return text
