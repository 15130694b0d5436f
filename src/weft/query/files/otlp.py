"""Pieces of OTLP in a file: messages of protobuf, and JSON documents in all their spellings."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import orjson

from weft.decode.otlp_json import to_protobuf
from weft.decode.protobuf import MalformedBody
from weft.query.files.documents import Document
from weft.query.files.unreadable import Complain

#: Documents up to this size are converted whole, larger ones in parts: the conversion takes no more than a
#: number of objects at once.
_WHOLE: Final = 4 << 20
_SPANS: Final = 1000
_SPELLINGS: Final = ("resourceSpans", "resource_spans", "batches")
_SCOPES: Final = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
_WRAPPERS: Final = ("trace", "result")  # Grafana Tempo's, and that of Jaeger's API v3
#: What a document says that is not as OTLP has it today: scopes as they were called until 0.15, and ids in
#: base64, which end with `=` (Gson escapes it). Where another text ends so, that costs no more than time.
_OTHERWISE: Final = (b'"instrumentationLibrary', b'="', b"\\u003d", b"\\u003D")
_IDS: Final = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")


def is_otlp(value: dict[str, Any]) -> bool:
    """Whether a document is OTLP."""
    return any(name in each for each in _unwrapped(value) for name in _SPELLINGS)


@dataclass(frozen=True, slots=True)
class OtlpMessage:
    """A message of protobuf.

    Attributes:
        place: Where it stands in its file.
        body: The message.
    """

    place: str
    body: bytes

    def bodies(self, complain: Complain) -> Iterator[tuple[str, bytes]]:  # noqa: ARG002 (as for a document)
        """Give the message, with its place."""
        yield self.place, self.body


@dataclass(frozen=True, slots=True)
class OtlpDocument:
    """A JSON document, not converted yet.

    Attributes:
        document: As `is_otlp` finds it.
    """

    document: Document

    def bodies(self, complain: Complain) -> Iterator[tuple[str, bytes]]:
        """Convert it to messages of protobuf, each with the place that it came from.

        Args:
            complain: Told of the parts that are not OTLP after all.
        """
        place, value, raw = self.document.place, self.document.value, self.document.raw
        parts: Iterator[Any]
        if raw and len(raw) <= _WHOLE and "resourceSpans" in value and not _says_otherwise(raw):
            parts = iter((raw,))
        else:
            parts = ({"resourceSpans": [part]} for part in _parts(value))
        for part in parts:
            try:
                yield place, to_protobuf(part if isinstance(part, bytes) else orjson.dumps(part))
            except (MalformedBody, orjson.JSONEncodeError) as error:  # the latter where it is nested deeply
                complain(place, f"it is not OTLP: {error}")


def _says_otherwise(raw: bytes) -> bool:
    return any(mark in raw for mark in _OTHERWISE)


def _unwrapped(value: dict[str, Any]) -> list[dict[str, Any]]:
    """A document and what is wrapped in it."""
    return [value, *(value[name] for name in _WRAPPERS if isinstance(value.get(name), dict))]


def _parts(value: dict[str, Any]) -> Iterator[Any]:
    """The `ResourceSpans` of a document in the spelling of today, with at most `_SPANS` spans each."""
    lists = (_list(each.get(name)) for each in _unwrapped(value) for name in _SPELLINGS)
    for resource in chain.from_iterable(lists):
        if not isinstance(resource, dict):
            yield resource
            continue
        scopes = [each for name in _SCOPES for each in _list(resource.get(name))]
        rest = {key: member for key, member in resource.items() if key not in _SCOPES}
        for scope in scopes:
            for some in _some_spans(scope):
                yield rest | {"scopeSpans": [some]}


def _some_spans(scope: Any) -> Iterator[Any]:
    if not isinstance(scope, dict) or not isinstance(scope.get("spans"), list):
        yield scope
        return
    rest = {key: member for key, member in scope.items() if key not in ("spans", "instrumentationLibrary")}
    if "instrumentationLibrary" in scope:
        rest.setdefault("scope", scope["instrumentationLibrary"])
    spans = scope["spans"]
    for begin in range(0, len(spans), _SPANS):
        yield rest | {"spans": [_with_hex_ids(span) for span in spans[begin : begin + _SPANS]]}


def _with_hex_ids(span: Any) -> Any:
    """Write the ids of a span and of its links in hex, where they are base64 as in protobuf's own JSON."""
    if not isinstance(span, dict):
        return span
    ids = {name: _hex(span[name]) for name in _IDS if name in span}
    if isinstance(span.get("links"), list):
        return span | ids | {"links": [_with_hex_ids(link) for link in span["links"]]}
    return span | ids


def _hex(written: Any) -> Any:
    """An id of 16 or 8 bytes ends with `=` in base64, which hex never does."""
    if not isinstance(written, str) or not written.endswith("="):
        return written
    try:
        return base64.b64decode(written, validate=True).hex()
    except (binascii.Error, ValueError):
        return written


def _list(value: Any) -> list[Any]:
    """A member that should be a list; what is none is left to the conversion to refuse."""
    return value if isinstance(value, list) else [] if value is None else [value]
