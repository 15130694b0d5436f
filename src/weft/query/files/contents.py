"""What a file holds, one piece after the other, whatever its format."""

from collections.abc import Iterator
from itertools import starmap
from typing import Any, Final

import orjson

from weft.query.files.documents import Document, documents
from weft.query.files.jaeger import JaegerTrace, jaeger_traces
from weft.query.files.messages import delimited, framed, parts
from weft.query.files.otlp import OtlpDocument, OtlpMessage, is_otlp
from weft.query.files.sniff import PREFIX, sniff
from weft.query.files.stream import LONGEST, ZSTD, Stream
from weft.query.files.unreadable import Complain
from weft.receive.compression import DamagedBody, TooLarge, decompress

_EXPECTED: Final = (
    "it is not a trace: expected Jaeger's JSON, OTLP JSON or OTLP protobuf, with gzip, zstd or neither"
)


Piece = JaegerTrace | OtlpDocument | OtlpMessage


def contents(stream: Stream, complain: Complain) -> Iterator[Piece]:
    """Go through a file.

    Args:
        stream: The file.
        complain: Told of what is neither.
    """
    prefix = stream.peek(PREFIX)
    match sniff(prefix):
        case "json":
            for document in documents(stream, complain):
                yield from _documents(document, complain)
        case "protobuf":
            yield from starmap(OtlpMessage, parts(stream, complain))
        case "delimited":
            yield from starmap(OtlpMessage, delimited(stream, complain))
        case "framed":
            for message in framed(stream, complain):
                yield from _framed(*message, complain)
        case None if not stream.damage:
            complain("", _EXPECTED if prefix.strip() else "it is empty")


def _documents(document: Document, complain: Complain) -> Iterator[Piece]:
    """What a JSON document holds; a list of documents is as good as one after the other."""
    listed = document.value if isinstance(document.value, list) else [document.value]
    for number, value in enumerate(listed):
        place = f"{document.place}, [{number}]" if isinstance(document.value, list) else document.place
        found = jaeger_traces(place, value) if isinstance(value, dict) else None
        if found is not None:
            yield from found
        elif isinstance(value, dict) and is_otlp(value):
            yield OtlpDocument(Document(place, value, document.raw if value is document.value else None))
        else:
            complain(place, _other(value))


def _other(value: Any) -> str:
    """Say what is there instead of a trace."""
    if isinstance(value, dict):
        errors = value.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            return f"it is no trace but an error of Jaeger's: {str(errors[0].get('msg'))[:200]!a}"
        for signal in ("Metrics", "Logs", "Profiles"):
            if f"resource{signal}" in value:
                return f"it is OTLP, but of {signal.lower()}, not of traces"
    return _EXPECTED


def _framed(place: str, body: bytes, complain: Complain) -> Iterator[Piece]:
    """A message of the Collector's file exporter: protobuf or JSON, compressed by itself or not."""
    if body.startswith(ZSTD):
        try:
            body = decompress(body, "zstd", LONGEST)
        except (DamagedBody, TooLarge) as error:
            complain(place, str(error) or "it is longer than 1 GiB")
            return
    if body.startswith(b"{"):
        try:
            yield from _documents(Document(place, orjson.loads(body), body), complain)
        except orjson.JSONDecodeError as error:
            complain(place, f"it is not JSON: {error.msg}")
    else:
        yield OtlpMessage(place, body)
