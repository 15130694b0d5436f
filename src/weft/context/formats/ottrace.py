"""OpenTracing's ``ot-tracer-*`` fields, as basictracer and LightStep's tracers send them (deprecated).

Trace and span ids are hexadecimal numbers of 64 bits, by some without leading zeros; trace ids of up to 128
bits are read too. Baggage is in ``ot-baggage-{key}``, its values as they are.

Written with the right-most 16 digits of the trace id, as the format wants: the other half is lost, and a
receiver that pads it is in another trace than ours. When that half is zero there is nothing to write.

opentelemetry-propagator-ot-trace 0.66b1 (measured) writes ``false`` for flags 03, reads a missing decision
and ``True`` as "not sampled", and leaves out baggage keys with a hyphen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from weft.context.formats import baggage as entries
from weft.context.formats import field
from weft.context.formats.format import Format, Found, is_sampled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

    from weft.context.formats.format import Fields

_TRACE_ID: Final = "ot-tracer-traceid"
_SPAN_ID: Final = "ot-tracer-spanid"
_SAMPLED: Final = "ot-tracer-sampled"
_PREFIX: Final = "ot-baggage-"
# opentelemetry-go-contrib wrote numbers before its pull request 1358.
_DECISIONS: Final = {"true": True, "1": True, "false": False, "0": False}


def _parse(fields: Fields) -> Found | None:
    trace_id, span_id = field.only(fields, _TRACE_ID), field.only(fields, _SPAN_ID)
    if trace_id is None and span_id is None:
        return None
    return Found(
        trace_id=field.hexadecimal(_TRACE_ID, trace_id, field.HEX_UP_TO_32),
        span_id=field.hexadecimal(_SPAN_ID, span_id, field.HEX_UP_TO_16),
        sampled=_decision(fields),
        baggage=entries.read(fields, _PREFIX, str),
    )


def _decision(fields: Fields) -> bool | None:
    text = field.only(fields, _SAMPLED)
    if text is None:
        return None
    if text.lower() not in _DECISIONS:
        raise field.Unreadable(_SAMPLED, field.NOT_THE_FORMAT)
    return _DECISIONS[text.lower()]


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:
    trace_id = context.trace_id & field.LOW_64
    if trace_id == 0:
        return {}
    return {
        _TRACE_ID: f"{trace_id:016x}",
        _SPAN_ID: f"{context.span_id:016x}",
        _SAMPLED: "true" if is_sampled(context) else "false",
        **entries.write(baggage, _PREFIX, _as_it_is),
    }


def _as_it_is(value: str) -> str | None:
    """Values that an HTTP header keeps unchanged; the others have no encoding here."""
    return value if value.isascii() and value.isprintable() and value == value.strip() and value else None


FORMAT: Final = Format("ottrace", (_TRACE_ID, _SPAN_ID, _SAMPLED), _parse, _render, prefixes=(_PREFIX,))
