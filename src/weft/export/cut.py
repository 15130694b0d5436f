"""Makes a request with one span small enough: its largest values are cut, and the span says so.

gRPC servers refuse what is larger than 4 MiB, for good, unless they were told otherwise: a span that exceeds
it is lost with all that shares its request. A span without the end of its longest prompt is worth more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

#: Says how many bytes a span has lost: an integer.
TRUNCATED: Final = "weft.truncated"
#: What the mark takes, and some length prefixes that a cut may leave as they are.
MARK_BYTES: Final = 64
#: Bytes that a value keeps at least: shorter ones are not worth cutting, whole events go before them.
KEPT_BYTES: Final = 64


def cut(request: ExportTraceServiceRequest, max_bytes: int) -> bool:
    """Cut the values of a request until it fits. True where it does.

    Takes from the largest values first, so that the small ones, which say what the span is, stay whole. Where
    that is not enough, events, links and attributes go, the last ones first, counted as dropped.

    Args:
        request: A request with a single span; changed in place.
        max_bytes: The size wanted.
    """
    size = request.ByteSize()
    if size <= max_bytes:
        return True
    span = request.resource_spans[0].scope_spans[0].spans[0]
    wanted = max_bytes - MARK_BYTES
    _level(list(_values(span)), size - wanted)
    while (excess := request.ByteSize() - wanted) > 0 and _drop(span, excess):
        pass
    span.attributes.add(key=TRUNCATED).value.int_value = size - request.ByteSize()
    return request.ByteSize() <= max_bytes


def _values(span: Span) -> Iterator[AnyValue]:
    holders: tuple[Any, ...] = (span, *span.events, *span.links)
    for holder in holders:
        for attribute in holder.attributes:
            yield attribute.value


def _level(values: list[AnyValue], excess: int) -> None:
    """Cut values so that together they are ``excess`` bytes smaller, if that is possible: all to one size."""
    sized = sorted(((value.ByteSize(), value) for value in values), key=lambda pair: pair[0], reverse=True)
    taken, level = 0, 0
    for count, (size, _) in enumerate(sized, 1):
        following = sized[count][0] if count < len(sized) else 0
        taken += size
        # All of the first `count` values, cut to this size, are small enough.
        level = (taken - excess) // count
        if level >= following:
            break
    for size, value in sized:
        if size <= max(level, KEPT_BYTES):
            return
        _shorten(value, max(level, KEPT_BYTES))


def _shorten(value: AnyValue, max_bytes: int) -> None:
    """Cut a value to about this size: the end of a text, the last elements of a list."""
    room = max_bytes - 12  # tags and lengths
    kind = value.WhichOneof("value")
    if kind == "string_value":
        value.string_value = value.string_value.encode()[:room].decode(errors="ignore")
    elif kind == "bytes_value":
        value.bytes_value = value.bytes_value[:room]
    elif kind in {"array_value", "kvlist_value"}:
        elements: Any = getattr(value, kind).values
        for at, element in enumerate(elements):
            room -= element.ByteSize() + 6
            if room < 0:
                del elements[at:]
                return


def _drop(span: Span, excess: int) -> bool:
    """Drop the last events, links or attributes, some ``excess`` bytes of them. False where none are left."""
    for name in ("events", "links", "attributes"):
        parts: Any = getattr(span, name)
        keep = len(parts)
        while keep and excess > 0:
            keep -= 1
            excess -= parts[keep].ByteSize()
        dropped = len(parts) - keep
        if dropped:
            del parts[keep:]
            counter = f"dropped_{name}_count"
            setattr(span, counter, getattr(span, counter) + dropped)
            return True
    return False
