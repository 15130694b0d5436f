"""The propagation fields that a carrier holds, of every format that is understood, found in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.propagators.textmap import default_getter

from weft.context import baggage, traceparent, tracestate
from weft.context.carriers import MAX_VALUE_CHARS, CarrierGetter, pairs
from weft.context.formats.order import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.propagators.textmap import Getter

W3C_FIELDS: Final = frozenset({traceparent.FIELD, tracestate.FIELD, baggage.FIELD})
FIELDS: Final = W3C_FIELDS.union(*(each.fields for each in FORMATS))
PREFIXES: Final = tuple(prefix for each in FORMATS for prefix in each.prefixes)

# By what a carrier may call them: text or bytes, in lower case.
_NAMES: Final[dict[str | bytes, str]] = {
    **{name: name for name in FIELDS},
    **{name.encode(): name for name in FIELDS},
}
_IN_ENVIRON: Final = {f"HTTP_{name.upper().replace('-', '_')}": name for name in FIELDS}
_PREFIXES_IN_ENVIRON: Final = tuple(f"HTTP_{prefix.upper().replace('-', '_')}" for prefix in PREFIXES)
_FIRST_OF_PREFIXES: Final = tuple({first for prefix in PREFIXES for first in (prefix[0], prefix[0].encode())})


def is_trace_field(name: str) -> bool:
    """Whether a field, in lower case, names a trace."""
    return name in FIELDS and name != baggage.FIELD


def is_baggage_field(name: str) -> bool:
    """Whether a field, in lower case, holds baggage."""
    return name == baggage.FIELD or name.startswith(PREFIXES)


def spoken(fields: Iterable[str]) -> tuple[str, ...]:
    """The names of fields as they are told: the sender's own part of a name (``uberctx-*``) is not."""
    told = (
        name if name in FIELDS else f"{next((each for each in PREFIXES if name.startswith(each)), '')}*"
        for name in fields
    )
    return tuple(dict.fromkeys(told))


def received(carrier: object, getter: Getter[Any] = default_getter) -> dict[str, list[str]]:
    """Find the fields that some format reads.

    Args:
        carrier: Anything that has headers, see `carriers`.
        getter: How an instrumentation reads its carrier. One that cannot list its keys is asked for each.

    Returns:
        All values of each field in order, by its name in lower case. Values have no white space around them;
        empty ones, those that are no text, and those longer than 65,536 characters are left out. Of
        traceparent these are there, as empty: beside a good one they make two.
    """
    if getter is default_getter or isinstance(getter, CarrierGetter):
        return _listed(pairs(carrier))
    if type(carrier) is dict:
        # Both servers' getters go through all headers once for each field that is asked for.
        if "type" in carrier and isinstance(carrier.get("headers"), list | tuple):
            return _listed(carrier["headers"])  # an ASGI scope
        if "wsgi.version" in carrier:
            return _in_environ(carrier)
    return _asked(carrier, getter)


def _listed(headers: Iterable[Any]) -> dict[str, list[str]]:
    """The fields among pairs of name and value."""
    found: dict[str, list[str]] = {}
    for pair in headers:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            continue
        name, content = pair
        if not isinstance(name, str | bytes):
            continue
        lower = name.lower()
        known = _NAMES.get(lower)
        if known is None:
            if lower[:1] not in _FIRST_OF_PREFIXES:
                continue
            known = lower if isinstance(lower, str) else lower.decode("latin-1")
            if not known.startswith(PREFIXES):
                continue
        if type(content) is str and known not in found:  # nearly always
            text = content.strip(" \t")
            if text and len(text) <= MAX_VALUE_CHARS:
                found[known] = [text]
            elif known == traceparent.FIELD:
                found[known] = [""]
        else:
            _add(found, known, content)
    return found


def _in_environ(environ: dict[str, object]) -> dict[str, list[str]]:
    """The fields of a WSGI environ (PEP 3333), whose server has joined the values of one name by commas."""
    found: dict[str, list[str]] = {}
    for key, content in environ.items():
        if key.startswith("HTTP_"):
            name = _IN_ENVIRON.get(key)
            if name is None and key.startswith(_PREFIXES_IN_ENVIRON):
                name = key[5:].lower().replace("_", "-")
            if name is not None:
                _add(found, name, content)
    return found


def _asked(carrier: Any, getter: Getter[Any]) -> dict[str, list[str]]:
    """What an instrumentation's getter gives, under the names that it lists."""
    found: dict[str, list[str]] = {}
    names: Iterable[Any] = getter.keys(carrier)
    # Celery's getter lists no keys and answers all the same; ASGI's lists a name once for each header.
    for name in dict.fromkeys(names) or FIELDS:
        if isinstance(name, str):
            lower = name.lower()
            if lower in _NAMES or lower.startswith(PREFIXES):
                _add(found, lower, getter.get(carrier, name))
    return found


def _add(found: dict[str, list[str]], name: str, content: object) -> None:
    """Add the usable values of a field, which may have several in a list."""
    for each in content if isinstance(content, list | tuple) else (content,):
        text = each.decode("latin-1") if isinstance(each, bytes) else each
        if isinstance(text, str):
            text = text.strip(" \t")
            if text and len(text) <= MAX_VALUE_CHARS:
                found.setdefault(name, []).append(text)
            elif name == traceparent.FIELD:
                found.setdefault(name, []).append("")
