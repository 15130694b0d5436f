"""Makes a span encodable whose texts or numbers OTLP has no place for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import Status

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

#: Lists in lists that are kept; protobuf readers refuse a message that is nested a hundred deep, and one list
#: takes two levels.
DEPTH = 32


class _Mended:
    """Another object, with some of its attributes replaced."""

    def __init__(self, original: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def mended(span: ReadableSpan) -> ReadableSpan:
    """The same span, encodable.

    Text that is not Unicode (a lone surrogate: models produce it where a stream is cut within a character)
    gets replacement characters, integers beyond 64 bits become text, and so does every other kind of value.
    """
    status = span.status
    return cast(
        "ReadableSpan",
        _Mended(
            span,
            name=_text(span.name),
            attributes=_attributes(span.attributes),
            events=[
                _Mended(event, name=_text(event.name), attributes=_attributes(event.attributes))
                for event in span.events
            ],
            links=[_Mended(link, attributes=_attributes(link.attributes)) for link in span.links],
            status=Status(status.status_code, status.description and _text(status.description)),
            resource=Resource(_attributes(span.resource.attributes), span.resource.schema_url),
        ),
    )


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {_text(key): _value(value, DEPTH) for key, value in (attributes or {}).items()}


def _value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float | bytes):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else str(value)
    if depth and isinstance(value, Mapping):
        return {_text(key): _value(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, Sequence):
        return [_value(each, depth - 1) for each in value]
    return _text(value) if not isinstance(value, Mapping | Sequence) else "…"


def _text(value: object) -> str:
    return str(value).encode(errors="replace").decode()
