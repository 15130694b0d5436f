"""Sentry (develop.sentry.dev, Distributed tracing: the sentry-trace header).

``sentry-trace: {32 digits}-{16 digits}[-{0 or 1}]``. A missing decision is left to the receiver
(sentry-java#3942); older SDKs then leave a hyphen at the end. Sentry's dynamic sampling context is in the
``baggage`` header and not part of this.
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

_NAME: Final = "sentry-trace"
_SHAPE: Final = re.compile(r"([0-9a-fA-F]{32})-([0-9a-fA-F]{16})(?:-([01]?))?")


def _parse(fields: Fields) -> Found | None:
    text = field.only(fields, _NAME)
    if text is None:
        return None
    trace_id, span_id, state = field.matched(_NAME, text, _SHAPE).groups()
    return Found(
        trace_id=field.not_zero(_NAME, int(trace_id, 16)),
        span_id=field.not_zero(_NAME, int(span_id, 16)),
        sampled=state == "1" if state else None,
    )


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    return {_NAME: f"{context.trace_id:032x}-{context.span_id:016x}-{is_sampled(context):d}"}


FORMAT: Final = Format("sentry", (_NAME,), _parse, _render)
