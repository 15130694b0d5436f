"""The shape of JSON that comes from elsewhere: what is not as expected is named by its place."""

import re
from typing import Any, TypeVar

T = TypeVar("T")

_NAMES: dict[type[Any], str] = {dict: "an object", list: "a list", str: "text"}
_HEX = re.compile(r"[0-9a-fA-F]+")
_LARGEST = 2**64 - 1  # times and counts of OTLP are unsigned 64-bit numbers


class ShapeError(ValueError):
    """A value from elsewhere does not have the shape it should have."""


def member(value: object, key: str, kind: type[T], where: str) -> T:
    """Take one member of an object.

    Args:
        value: Supposed to be an object.
        key: The member's name.
        kind: `dict`, `list` or `str`.
        where: The object's place in the whole, for the error.

    Raises:
        ShapeError: Not an object, no such member, or one of another kind.
    """
    if not isinstance(value, dict):
        raise ShapeError(f"{where} should be an object, not {_sight(value)}")
    found = value.get(key)
    if not isinstance(found, kind):
        raise ShapeError(f"{where}.{key} should be {_NAMES[kind]}, not {_sight(found)}")
    return found


def optional(value: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    """Take a member that may be absent or null: then it is empty."""
    return kind() if value.get(key) is None else member(value, key, kind, where)


def text(value: object, key: str, where: str) -> str:
    """Take a member that is text."""
    return member(value, key, str, where)


def whole(value: object, key: str, where: str) -> int:
    """Take a member that is a whole number from 0 to 2^64 - 1, as a number or as decimal digits."""
    if not isinstance(value, dict):
        raise ShapeError(f"{where} should be an object, not {_sight(value)}")
    found = value.get(key)
    if isinstance(found, str) and len(found) <= 20 and found.isascii() and found.isdigit():
        found = int(found)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _LARGEST:
        raise ShapeError(f"{where}.{key} should be a whole number from 0 to 2^64 - 1, not {_sight(found)}")
    return found


def decimal(value: object, key: str, where: str) -> float | None:
    """Take a member that is a finite number, or null."""
    found = value.get(key) if isinstance(value, dict) else None
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not -1e308 < found < 1e308:
        raise ShapeError(f"{where}.{key} should be a number, not {_sight(found)}")
    return float(found)


def identifier(value: object, key: str, digits: int, where: str) -> str:
    """Take a member that is an id in hex, and write it in full: lowercase, with its leading zeros."""
    found = text(value, key, where)
    written = in_full(found, digits)
    if written is None:
        raise ShapeError(f"{where}.{key} should be an id of up to {digits} hex digits, not {_sight(found)}")
    return written


def in_full(digits: str, length: int) -> str | None:
    """Write an id in lowercase with its leading zeros; None when it is not one."""
    return digits.lower().rjust(length, "0") if len(digits) <= length and _HEX.fullmatch(digits) else None


def _sight(value: object) -> str:
    """Describe what was found in a few characters."""
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return _NAMES[type(value)]
    if isinstance(value, str):
        return ascii(value if len(value) <= 40 else value[:39] + "…")
    # A whole number may have more digits than Python agrees to write.
    return "a number too large" if isinstance(value, int) and value.bit_length() > 128 else ascii(value)
