"""Datadog (docs.datadoghq.com, Trace context propagation: Datadog format).

The low 64 bits of the trace id are decimal in ``x-datadog-trace-id``, the high 64 bits hexadecimal in
``x-datadog-tags`` as ``_dd.p.tid``; without the latter the trace is split (collector-contrib#36926).
``x-datadog-tags`` is a list, so fields that came twice or were joined are one list.

A ``_dd.p.tid`` that is not 16 digits, or is there twice, is as none: so do Datadog's tracers
(dd-trace-py#5510, dd-trace-rb#4534, dd-trace-cpp), which go on with the low bits, and this service must name
the same trace as they.

A priority alone, without ids, says nothing to those tracers and nothing here. There is no OpenTelemetry
propagator on PyPI to compare with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from weft.context.formats import field
from weft.context.formats.format import Format, Found, is_sampled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

    from weft.context.formats.format import Fields

_TRACE_ID: Final = "x-datadog-trace-id"
_PARENT_ID: Final = "x-datadog-parent-id"
_PRIORITY: Final = "x-datadog-sampling-priority"
_TAGS: Final = "x-datadog-tags"
_HIGH_BITS: Final = "_dd.p.tid"

# -1 (user reject) to 2 (user keep); tracers keep other integers too.
_PRIORITIES: Final = re.compile(r"-?[0-9]{1,3}")


def _parse(fields: Fields) -> Found | None:
    low, parent = field.only(fields, _TRACE_ID), field.only(fields, _PARENT_ID)
    if low is None and parent is None:
        return None
    trace_id = _high_bits(fields) << 64 | field.decimal_or_zero(_TRACE_ID, low)
    return Found(
        trace_id=field.not_zero(_TRACE_ID, trace_id),
        span_id=field.decimal(_PARENT_ID, parent),
        sampled=_decision(fields),
    )


def _high_bits(fields: Fields) -> int:
    tags = field.bounded(_TAGS, ",".join(fields.get(_TAGS, ())))
    pairs = (tag.strip(field.WHITE_SPACE).partition("=") for tag in tags.split(","))
    found = [value for key, _, value in pairs if key == _HIGH_BITS]
    return int(found[0], 16) if len(found) == 1 and field.HEX_16.fullmatch(found[0]) else 0


def _decision(fields: Fields) -> bool | None:
    text = field.only(fields, _PRIORITY)
    return None if text is None else int(field.matched(_PRIORITY, text, _PRIORITIES).group()) > 0


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    high = context.trace_id >> 64
    return {
        _TRACE_ID: str(context.trace_id & field.LOW_64),
        _PARENT_ID: str(context.span_id),
        _PRIORITY: f"{is_sampled(context):d}",
        **({_TAGS: f"{_HIGH_BITS}={high:016x}"} if high else {}),
    }


FORMAT: Final = Format(
    "datadog", (_TRACE_ID, _PARENT_ID, _PRIORITY, "x-datadog-origin", _TAGS), _parse, _render
)
