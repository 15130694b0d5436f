"""JSON documents of a file: one a line, one over many lines, or several one after the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from weft.query.files.stream import Stream, TooLong
from weft.query.files.unreadable import Complain

_BOM: Final = b"\xef\xbb\xbf"
_TOO_LONG: Final = "it is longer than 1 GiB; the rest is left out"
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document.

    Attributes:
        place: Where it begins, for people.
        value: What it says.
        raw: Its text; None where it is a part of another one.
    """

    place: str
    value: Any
    raw: bytes | None


def documents(stream: Stream, complain: Complain) -> Iterator[Document]:
    """Read the documents of a file. One a line are read line by line, whatever the length of the file.

    Args:
        stream: The file.
        complain: Told of what is no document.
    """
    number, line = 0, b"\n"
    try:
        while line and not line.strip():
            number += 1
            line = stream.line().removeprefix(_BOM)
        if not line:
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            # A document over many lines; or one a line whose first is damaged, which is read all the same.
            yield from _spread(line + stream.rest(), number, stream, complain)
        else:
            yield Document(f"line {number}", value, line)
            yield from _lines(stream, number, complain)
    except TooLong:
        complain(f"line {number}", _TOO_LONG)


def _lines(stream: Stream, number: int, complain: Complain) -> Iterator[Document]:
    """The documents of the lines behind the first `number`."""
    while True:
        number += 1
        try:
            line = stream.line()
        except TooLong:
            complain(f"line {number}", _TOO_LONG)
            return
        if not line:
            return
        if not line.strip():
            continue
        try:
            value = orjson.loads(line.rstrip())
        except orjson.JSONDecodeError as error:
            if not stream.damage:  # else it was cut off, which is told once
                complain(f"line {number}", _cause(error))
        else:
            yield Document(f"line {number}", value, line)


def _spread(text: bytes, number: int, stream: Stream, complain: Complain) -> Iterator[Document]:
    """The documents of a text that begins on line `number`; they need not end where a line does."""
    try:
        yield Document(f"line {number}", orjson.loads(text), text)
    except orjson.JSONDecodeError:
        pass
    else:
        return
    written = text.decode("utf-8", "replace")
    end, position = 0, _begin(written, 0)
    while position < len(written):
        number += written.count("\n", end, position)
        try:
            value, stop = _DECODER.raw_decode(written, position)
        except (ValueError, RecursionError) as error:
            if not stream.damage:
                complain(f"line {number}", _cause(error))
            yield from _left(written[position:], number, complain)
            return
        yield Document(f"line {number}", value, written[position:stop].encode())
        number += written.count("\n", position, stop)
        end, position = stop, _begin(written, stop)


def _begin(text: str, position: int) -> int:
    """Where the next document begins."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _left(text: str, number: int, complain: Complain) -> Iterator[Document]:
    """What a damaged document that begins on line `number` leaves: the lines behind that are documents."""
    for offset, line in enumerate(text.split("\n")[1:], 1):
        if not line.startswith(("{", "[")):
            continue  # within the damaged one
        raw = line.rstrip(", \r").encode()
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            complain(f"line {number + offset}", _cause(error))
        else:
            yield Document(f"line {number + offset}", value, raw)


def _cause(error: Exception) -> str:
    """Say why a text is not JSON."""
    if not isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {str(error) or 'nested too deeply'}"
    where = f"line {error.lineno} from there, column" if error.lineno > 1 else "column"
    return f"it is not JSON: {error.msg} ({where} {error.colno})"
