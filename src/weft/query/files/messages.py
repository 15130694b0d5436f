"""OTLP messages of a file: one that is cut into its parts, or several behind their lengths."""

from collections.abc import Callable, Iterator
from typing import Final

from weft.query.files.stream import Stream, TooLong
from weft.query.files.unreadable import Complain

_RESOURCE_SPANS: Final = 0x0A  # tag of the only field of a request
_HEAD: Final = 11  # bytes of a tag and a length at most

Measure = Callable[[bytes], tuple[int, int] | str]
"""Reads the head of a message: how many bytes it takes and how many are behind it, or what is wrong."""


def parts(stream: Stream, complain: Complain) -> Iterator[tuple[str, bytes]]:
    """Cut one message into messages of one `ResourceSpans` each, with the place of each.

    Requests that were written one behind the other are one message too: so protobuf has it.

    Args:
        stream: The file.
        complain: Told where the message ends too early or is none.
    """
    return ((place, head + body) for place, head, body in _messages(stream, _part, complain))


def delimited(stream: Stream, complain: Complain) -> Iterator[tuple[str, bytes]]:
    """Read messages behind their lengths, varints as protobuf's own libraries write them."""
    return ((place, body) for place, _, body in _messages(stream, _varint, complain))


def framed(stream: Stream, complain: Complain) -> Iterator[tuple[str, bytes]]:
    """Read messages behind their lengths of four bytes, the highest first.

    Source: the Collector's file exporter (contrib, `exporter/fileexporter/file_writer.go`,
    `exportMessageAsBuffer`).
    """
    return ((place, body) for place, _, body in _messages(stream, _four_bytes, complain))


def _messages(stream: Stream, measure: Measure, complain: Complain) -> Iterator[tuple[str, bytes, bytes]]:
    position = 0
    while start := stream.peek(_HEAD):
        place = f"byte {position}"
        measured = measure(start)
        if isinstance(measured, str):
            complain(place, measured)
            return
        width, length = measured
        try:
            head, body = stream.take(width), stream.take(length)
        except TooLong:
            complain(place, "a message of more than 1 GiB; the rest is left out")
            return
        if len(body) < length:
            if not stream.damage:  # which is told once, for the whole file
                complain(place, "the file ends within a message")
            return
        yield place, head, body
        position += width + length


def _part(start: bytes) -> tuple[int, int] | str:
    if start[0] != _RESOURCE_SPANS:
        return "it is not a part of an OTLP trace request; the rest is left out"
    measured = _varint(start[1:])
    return measured if isinstance(measured, str) else (1 + measured[0], measured[1])


def _four_bytes(start: bytes) -> tuple[int, int] | str:
    return (4, int.from_bytes(start[:4])) if len(start) >= 4 else "the file ends within a message"


def _varint(start: bytes) -> tuple[int, int] | str:
    value = 0
    for width, byte in enumerate(start[:10], 1):
        value |= (byte & 0x7F) << 7 * (width - 1)
        if byte < 0x80:
            return width, value
    return "it is not the length of a message; the rest is left out"
