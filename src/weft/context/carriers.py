"""Carriers: reading and writing propagation fields in the shapes that headers come in.

Three shapes are understood, with keys in any letter case and keys and values as ``str`` or ``bytes``:

- mappings (``dict``, and the header classes of httpx, requests, aiohttp, Starlette, Werkzeug, http.client);
- lists of pairs, as ASGI and WSGI servers and Kafka clients use them (``[(b"traceparent", b"00-…")]``);
- mappings whose values are lists (``{"traceparent": ["00-…"]}``).

The Getter and Setter contracts are those of the OpenTelemetry API specification
(context/api-propagators.md); field names are compared as RFC 9110 section 5.1 says, without regard to case.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeGuard

from opentelemetry.propagators.textmap import Getter, Setter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableMapping

# No field that is understood is as long (W3C Baggage: 8192 bytes); what is, is not looked at.
MAX_VALUE_CHARS = 65_536


class CarrierGetter(Getter[Any]):
    """Reads fields from any carrier; what is not a header reads as absent."""

    def get(self, carrier: object, key: str) -> list[str] | None:
        """Return every value of a field in order of appearance, or None when there is none."""
        wanted = key.lower()
        values = [value for name, value in _fields(carrier) if name == wanted]
        return values or None

    def keys(self, carrier: object) -> list[str]:
        """Return the field names, in lower case, each once."""
        return list(dict.fromkeys(name for name, _ in _fields(carrier)))


class CarrierSetter(Setter[Any]):
    """Writes fields into a mutable mapping or a list of pairs; one of the same name, in any case, goes."""

    def set(self, carrier: object, key: str, value: str) -> None:
        """Write one field. Carriers of other shapes are left as they are.

        A carrier that holds bytes gets bytes; an empty one gets ``str``.
        """
        if isinstance(carrier, list):
            first = carrier[0] if carrier else None
            pair = _encoded(key, value) if _is_pair(first) and isinstance(first[0], bytes) else (key, value)
            remove(carrier, key)
            carrier.append(list(pair) if isinstance(first, list) else pair)
        elif _is_writable_mapping(carrier):
            binary = any(isinstance(name, bytes) for name, _ in carrier.items())
            remove(carrier, key)
            name, content = _encoded(key, value) if binary else (key, value)
            carrier[name] = content


def remove(carrier: object, key: str) -> None:
    """Remove a field, however it is spelt, from a mutable mapping or a list of pairs."""
    wanted = key.lower()
    if isinstance(carrier, list):
        carrier[:] = [pair for pair in carrier if not (_is_pair(pair) and _text(pair[0]).lower() == wanted)]
    elif _is_writable_mapping(carrier):
        for name in [name for name, _ in carrier.items() if _text(name).lower() == wanted]:
            with suppress(KeyError):  # a multi-dict lists a name once for each value and forgets all at once
                del carrier[name]


def _fields(carrier: object) -> Iterator[tuple[str, str]]:
    """Every readable field as (lower-case name, value)."""
    for pair in pairs(carrier):
        if not _is_pair(pair):
            continue
        name, content = _text(pair[0]).lower(), pair[1]
        for value in content if isinstance(content, list | tuple) else (content,):
            text = _text(value).strip(" \t")
            if name and text and len(text) <= MAX_VALUE_CHARS:
                yield name, text


def pairs(carrier: object) -> Iterable[object]:
    """The carrier as pairs. Werkzeug's and http.client's headers have ``items`` without being mappings."""
    if isinstance(carrier, list | tuple):
        return carrier
    items = getattr(carrier, "items", None)
    return items() if callable(items) else ()


def _is_writable_mapping(carrier: object) -> TypeGuard[MutableMapping[Any, Any]]:
    """Starlette's MutableHeaders writes like a mutable mapping without being one."""
    return all(hasattr(carrier, method) for method in ("items", "__setitem__", "__delitem__"))


def _is_pair(pair: object) -> TypeGuard[tuple[object, object]]:
    return isinstance(pair, list | tuple) and len(pair) == 2


def _text(value: object) -> str:
    """Header text, bytes being latin-1 (RFC 9110, section 5.5); anything else reads as empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("latin-1")
    return ""


def _encoded(key: str, value: str) -> tuple[bytes, bytes]:
    return key.encode("latin-1", "replace"), value.encode("latin-1", "replace")
