"""Google Cloud's older header (cloud.google.com, Trace context: Legacy X-Cloud-Trace-Context header).

``X-Cloud-Trace-Context: {trace id}/{span id};o={options}``: the trace id has 32 hexadecimal digits, the span
id is decimal, and bit 0 of the options is the decision. Load balancers leave the options out
(opentelemetry-operations-js#161), which leaves the decision to us. App Engine also accepts a trace id
without a span: no parent that could be continued, but a refusal with ``o=0``.

opentelemetry-propagator-gcp 1.15 (measured) reads missing options as "not sampled", and takes all flags from
the options, so that ``o=3`` claims a random trace id.
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

_NAME: Final = "x-cloud-trace-context"
_SHAPE: Final = re.compile(r"(?P<trace>[0-9a-fA-F]{32})(?:/(?P<span>[0-9]*))?(?:;o=(?P<options>[0-9]{0,3}))?")


def _parse(fields: Fields) -> Found | Denied | None:
    text = field.only(fields, _NAME)
    if text is None:
        return None
    match = field.matched(_NAME, text, _SHAPE)
    sampled = bool(int(match["options"]) & 0x01) if match["options"] else None
    if not match["span"]:
        if sampled is False:
            return Denied()
        raise field.Unreadable(_NAME, "no span id")
    return Found(
        trace_id=field.not_zero(_NAME, int(match["trace"], 16)),
        span_id=field.decimal(_NAME, match["span"]),
        sampled=sampled,
    )


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    return {_NAME: f"{context.trace_id:032x}/{context.span_id};o={is_sampled(context):d}"}


FORMAT: Final = Format("gcp_trace", (_NAME,), _parse, _render)
