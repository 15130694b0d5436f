"""B3, Zipkin's format, in its two encodings (openzipkin/b3-propagation, README).

One field ``b3: {trace id}-{span id}-{state}-{parent span id}``, of which the last two are optional, or a
field for each part. A state alone is valid in both: ``b3: 0`` asks that nothing be sampled and names no
parent.

Read leniently, as the specification allows or its libraries do: ids in either case, ``true`` and ``false``
as states, and ``{trace id}-{span id}-{parent span id}``, which Brave writes when the decision is deferred.
Ids have 16 or 32 digits; shorter ones are not B3. Debug implies sampled, and is not carried on:
OpenTelemetry's contexts have no place for it.

opentelemetry-propagator-b3 1.45 (measured) reads a refusal as nothing, a deferred decision as "sampled" in
the one-field encoding and as "not sampled" in the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from weft.context.formats import field
from weft.context.formats.format import Denied, Format, Found, is_sampled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

    from weft.context.formats.format import Fields

_ONE: Final = "b3"
_TRACE_ID: Final = "x-b3-traceid"
_SPAN_ID: Final = "x-b3-spanid"
_SAMPLED: Final = "x-b3-sampled"
_FLAGS: Final = "x-b3-flags"

_SHAPE: Final = re.compile(
    r"(?P<trace>[0-9a-fA-F]{16}|[0-9a-fA-F]{32})-(?P<span>[0-9a-fA-F]{16})"
    r"(?:-(?P<state>[01dD]))?(?:-[0-9a-fA-F]{16})?"
)
_STATES: Final = {"0": False, "false": False, "1": True, "true": True, "d": True}


def _parse_one(fields: Fields) -> Found | Denied | None:
    text = field.only(fields, _ONE)
    if text is None:
        return None
    if text in {"0", "1", "d", "D"}:
        return None if _STATES[text.lower()] else Denied()
    match = field.matched(_ONE, text, _SHAPE)
    state = match["state"]
    return Found(
        trace_id=field.not_zero(_ONE, int(match["trace"], 16)),
        span_id=field.not_zero(_ONE, int(match["span"], 16)),
        sampled=None if state is None else _STATES[state.lower()],
    )


def _parse_many(fields: Fields) -> Found | Denied | None:
    sampled = _decision(fields)
    trace_id, span_id = field.only(fields, _TRACE_ID), field.only(fields, _SPAN_ID)
    if trace_id is None and span_id is None:
        return Denied() if sampled is False else None
    return Found(
        trace_id=field.hexadecimal(_TRACE_ID, trace_id, field.HEX_16_OR_32),
        span_id=field.hexadecimal(_SPAN_ID, span_id, field.HEX_16),
        sampled=sampled,
    )


def _decision(fields: Fields) -> bool | None:
    """The sampling state. Debug outdoes whatever stands beside it.

    Flags other than 1 mean nothing: the specification has none, and Finagle sends 0 and other numbers.
    """
    if _first(fields, _FLAGS) == "1":
        return True
    text = _first(fields, _SAMPLED)
    if text is None:
        return None
    if text.lower() not in _STATES:
        raise field.Unreadable(_SAMPLED, field.NOT_THE_FORMAT)
    return _STATES[text.lower()]


def _first(fields: Fields, name: str) -> str | None:
    """The first value of a field, joined or not: "when extracting state headers, the first value wins"."""
    values = fields.get(name)
    return field.bounded(name, values[0]).partition(",")[0].strip(field.WHITE_SPACE) if values else None


def _render_one(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    return {_ONE: f"{context.trace_id:032x}-{context.span_id:016x}-{is_sampled(context):d}"}


def _render_many(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    # In lower case, as the specification prefers it where the transport distinguishes.
    return {
        _TRACE_ID: f"{context.trace_id:032x}",
        _SPAN_ID: f"{context.span_id:016x}",
        _SAMPLED: f"{is_sampled(context):d}",
    }


SINGLE: Final = Format("b3", (_ONE,), _parse_one, _render_one)
MULTI: Final = Format(
    "b3multi", (_TRACE_ID, _SPAN_ID, "x-b3-parentspanid", _SAMPLED, _FLAGS), _parse_many, _render_many
)
