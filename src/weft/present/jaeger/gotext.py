"""Numbers, booleans and durations as Go's standard library reads and writes them.

Jaeger hands what `strconv` and `time` say of a bad parameter straight to its clients, and puts durations and
times into the warnings of spans. Scripts match those texts, so they are the same here.

Source: Go 1.26, `strconv/atoi.go`, `strconv/atob.go`, `strconv/quote.go`, `time/format.go`, `time/time.go`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_TRUE: Final = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE: Final = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_ESCAPES: Final[Mapping[str, str]] = dict(
    zip('\a\b\f\n\r\t\v"\\', (r"\a", r"\b", r"\f", r"\n", r"\r", r"\t", r"\v", r"\"", r"\\"), strict=True)
)
_UNITS_NS: Final[Mapping[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # the micro sign
    "\u03bcs": 1_000,  # the Greek letter
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_TERM: Final = re.compile(r"([0-9]*)\.?([0-9]*)([^.0-9]*)")
_MOST: Final = 1 << 63


def quote(data: bytes) -> str:
    """Quote bytes, which should be UTF-8, as `strconv.Quote` does."""
    return '"' + "".join(map(_quoted, data.decode("utf-8", "surrogateescape"))) + '"'


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    point = ord(char)
    if 0xDC80 <= point <= 0xDCFF:  # a byte that is not UTF-8, as `surrogateescape` keeps it
        return f"\\x{point - 0xDC00:02x}"
    if point < 0x80:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def parse_int(text: str, bits: int = 64) -> int:
    """Parse a signed decimal number as `strconv.ParseInt(text, 10, bits)` does.

    Raises:
        ValueError: With the message of `strconv.NumError`.
    """
    digits = text[1:] if text.startswith(("+", "-")) else text
    magnitude = 0
    problem = "" if digits else "invalid syntax"
    for digit in digits:
        if not "0" <= digit <= "9":
            problem = "invalid syntax"
            break
        magnitude = magnitude * 10 + ord(digit) - ord("0")
        if magnitude >> bits:  # Go gives up here, before it sees the rest
            problem = "value out of range"
            break
    negative = text.startswith("-")
    if not problem and magnitude >= (1 << (bits - 1)) + negative:
        problem = "value out of range"
    if problem:
        raise ValueError(f"strconv.ParseInt: parsing {quote(_utf8(text))}: {problem}")
    return -magnitude if negative else magnitude


def parse_hex(data: bytes) -> int:
    """Parse up to 16 hex digits as `strconv.ParseUint(data, 16, 64)` does.

    Raises:
        ValueError: With the message of `strconv.NumError`.
    """
    if not data or not _HEX.issuperset(data):
        raise ValueError(f"strconv.ParseUint: parsing {quote(data)}: invalid syntax")
    return int(data, 16)


def parse_bool(text: str) -> bool:
    """Parse a truth value as `strconv.ParseBool` does.

    Raises:
        ValueError: With the message of `strconv.NumError`.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"strconv.ParseBool: parsing {quote(_utf8(text))}: invalid syntax")


def parse_duration(text: str) -> int:
    """Parse a duration such as `1h2.5s` as `time.ParseDuration` does.

    Returns:
        Nanoseconds.

    Raises:
        ValueError: With the message of `time.ParseDuration`.
    """
    rest = text[1:] if text.startswith(("+", "-")) else text
    if rest == "0":
        return 0
    total, negative = 0, text.startswith("-")
    invalid = ValueError(f"time: invalid duration {_plain_quote(text)}")
    if not rest:
        raise invalid
    while rest:
        term = _TERM.match(rest)
        assert term is not None  # it matches the empty string
        whole, fraction, unit = term.groups()
        digits = whole.lstrip("0") or "0"
        if not (whole or fraction) or len(digits) > 19 or int(digits) > _MOST:
            raise invalid
        if not unit:
            raise ValueError(f"time: missing unit in duration {_plain_quote(text)}")
        if unit not in _UNITS_NS:
            raise ValueError(f"time: unknown unit {_plain_quote(unit)} in duration {_plain_quote(text)}")
        value = int(digits) * _UNITS_NS[unit]
        if value > _MOST:
            raise invalid
        value += _fraction_ns(fraction, _UNITS_NS[unit])
        total = (total + value) & ((1 << 64) - 1)
        if value > _MOST or total > _MOST:
            raise invalid
        rest = rest[term.end() :]
    if total == _MOST and not negative:
        raise invalid
    return -total if negative else total


def _fraction_ns(digits: str, unit_ns: int) -> int:
    """The digits after the point in nanoseconds; those that 63 bits cannot hold do not count."""
    number, scale = 0, 1.0
    for digit in digits:
        if number > (_MOST - 1) // 10 or number * 10 + int(digit) > _MOST:
            break
        number = number * 10 + int(digit)
        scale *= 10
    return int(float(number) * (unit_ns / scale))


def _plain_quote(text: str) -> str:
    """Quote as package `time` does: every byte that is not printable ASCII as two hex digits."""
    quoted = (
        f"\\{char}"
        if char in '"\\'
        else char
        if " " <= char < "\x80"
        else "".join(f"\\x{byte:02x}" for byte in _utf8(char))
        for char in text
    )
    return f'"{"".join(quoted)}"'


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def format_duration(duration_ns: int) -> str:
    """Write a duration as `time.Duration.String` does: `1h2m3.5s`, `-1.5ms`, `0s`."""
    sign, size = "-" if duration_ns < 0 else "", abs(duration_ns)
    if size == 0:
        return "0s"
    for unit, unit_ns in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if size < unit_ns * 1_000:
            return f"{sign}{_decimal(size, unit_ns)}{unit}"
    minutes, rest = divmod(size, _UNITS_NS["m"])
    seconds = f"{_decimal(rest, _UNITS_NS['s'])}s"
    if minutes == 0:
        return f"{sign}{seconds}"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


def _decimal(size: int, unit: int) -> str:
    whole, rest = divmod(size, unit)
    return f"{whole}.{str(unit + rest)[1:].rstrip('0')}" if rest else str(whole)


def format_time(time_ns: int) -> str:
    """Write a time as `time.Time.String` does in UTC: `2026-01-02 03:04:05.5 +0000 UTC`."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{moment}{f'.{rest:09d}'.rstrip('0') if rest else ''} +0000 UTC"
