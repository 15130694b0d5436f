"""Jaeger's own format (jaegertracing.io, Client libraries: Propagation format; deprecated by OpenTelemetry).

``uber-trace-id: {trace id}:{span id}:{parent span id}:{flags}``, with leading zeros left out or not, and
baggage in ``uberctx-{key}``. Several clients URL-encode the value whole (``%3A`` for the colons:
opentelemetry-js#734, Kamon#842). The parent span id is deprecated and not looked at. Flags are a bit field
in hexadecimal, of which bit 0 is the decision; debug (bit 1) is only valid beside it.

Baggage values are URL-encoded in HTTP headers. The Go and Java clients write a space as ``+``, the Python
client as ``%20``; both encode a plus sign, so that ``+`` is read as a space.

opentelemetry-propagator-jaeger 1.45 (measured) refuses URL-encoded values, reads ids of any length, signs and
underscores, and writes flags 03, sampled and debug, for every sampled span.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, unquote_plus

from weft.context.formats import baggage as entries
from weft.context.formats import field
from weft.context.formats.format import Format, Found, is_sampled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

    from weft.context.formats.format import Fields

_NAME: Final = "uber-trace-id"
_PREFIX: Final = "uberctx-"
_SHAPE: Final = re.compile(r"([0-9a-fA-F]{1,32}):([0-9a-fA-F]{1,16}):[^:]*:([0-9a-fA-F]{1,2})")


def _parse(fields: Fields) -> Found | None:
    text = field.only(fields, _NAME)
    if text is None:
        return None
    trace_id, span_id, flags = field.matched(_NAME, unquote(text), _SHAPE).groups()
    return Found(
        trace_id=field.not_zero(_NAME, int(trace_id, 16)),
        span_id=field.not_zero(_NAME, int(span_id, 16)),
        sampled=bool(int(flags, 16) & 0x01),
        baggage=entries.read(fields, _PREFIX, unquote_plus),
    )


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:
    identity = f"{context.trace_id:032x}:{context.span_id:016x}:0:{is_sampled(context):d}"
    return {_NAME: identity, **entries.write(baggage, _PREFIX, _encoded)}


def _encoded(value: str) -> str:
    return quote(value, safe="", errors="replace")  # a lone surrogate has no UTF-8


FORMAT: Final = Format("jaeger", (_NAME,), _parse, _render, prefixes=(_PREFIX,))
