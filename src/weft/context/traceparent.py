"""The ``traceparent`` field. Source: W3C Trace Context Level 2, section 3.2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELD: Final = "traceparent"

# The flags that Level 2 defines (section 3.2.2.5); the others are zero in what is written.
SAMPLED: Final = 0x01
RANDOM: Final = 0x02
KNOWN_FLAGS: Final = SAMPLED | RANDOM

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^\n]*)?")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16


def read(values: Sequence[str]) -> tuple[int, int, int] | str:
    """Read the field, or say in a few words why it has to be ignored.

    There is one field with one value: several of them leave open which is meant, so that none is (the field
    is no list, RFC 9110 section 5.3). A version above 00 is read as 00 where its beginning has that form;
    version ff is invalid (section 3.2.2.1). Upper-case hex is invalid.

    Args:
        values: All values that came, in order, without white space around them; at least one.

    Returns:
        The trace id (128 bits), the sender's span id (64 bits), neither of them zero, and the flags that
        Level 2 defines; or what is wrong.
    """
    if len(values) != 1:
        return "more than one"
    match = _FORM.fullmatch(values[0])
    if match is None:
        return "not version-traceid-parentid-flags in lower-case hex"
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff":
        return "version ff"
    if rest is not None and version == "00":
        return "too long for version 00"
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return "an id of zeros"
    return int(trace_id, 16), int(span_id, 16), int(flags, 16) & KNOWN_FLAGS


def write(trace_id: int, span_id: int, flags: int) -> str:
    """Write the field, in version 00, with the flags that Level 2 defines."""
    # Twice as fast as an f-string here, 0.3 µs (measured).
    return "00-%032x-%016x-%02x" % (trace_id, span_id, flags & KNOWN_FLAGS)  # noqa: UP031
