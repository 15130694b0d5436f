"""AWS X-Ray (X-Ray developer guide, Tracing header; Application Load Balancers, Request tracing).

``X-Amzn-Trace-Id: Root=1-{8 digits}-{24 digits};Parent={span id};Sampled={0, 1 or ?}``, in any order, among
other keys: ``Self`` (load balancers put it in front), ``Lineage`` (Lambda), and whatever an application
adds.

A load balancer that received no header sends ``Root`` alone, which is valid and names no span. A made-up
parent would be one that exists nowhere, so there is nothing to continue: malformed for our purposes, a
refusal with ``Sampled=0``. (opentelemetry-propagator-aws-xray ignores such headers as well; what to do
instead is open in go-contrib#8024, java-contrib#2407 and dotnet-contrib#4403.)

opentelemetry-propagator-aws-xray 1.0.2 (measured) refuses ``Sampled=?`` and parts without ``=``, so also a
semicolon at the end, and reads a missing decision as "not sampled".
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

_NAME: Final = "x-amzn-trace-id"
_ROOT: Final = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})")
_DECISIONS: Final = {"1": True, "0": False, "?": None}


def _parse(fields: Fields) -> Found | Denied | None:
    text = field.only(fields, _NAME)
    if text is None:
        return None
    parts = _parts(text)
    sampled = _decision(parts.get("Sampled"))
    if "Parent" not in parts and sampled is False:
        return Denied()
    for key in ("Root", "Parent"):
        if key not in parts:
            raise field.Unreadable(_NAME, f"no {key}")
    root = field.matched(_NAME, parts["Root"], _ROOT)
    return Found(
        trace_id=field.not_zero(_NAME, int(root[1] + root[2], 16)),
        span_id=field.hexadecimal(_NAME, parts["Parent"], field.HEX_16),
        sampled=sampled,
    )


def _parts(text: str) -> dict[str, str]:
    """The parts that matter, by key."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        key, _, value = (piece.strip(field.WHITE_SPACE) for piece in part.partition("="))
        if key not in {"Root", "Parent", "Sampled"}:
            continue
        if key in found:
            raise field.Unreadable(_NAME, f"more than one {key}")
        found[key] = value
    return found


def _decision(text: str | None) -> bool | None:
    if text is None:
        return None
    if text not in _DECISIONS:
        raise field.Unreadable(_NAME, "Sampled is not 0, 1 or ?")
    return _DECISIONS[text]


def _render(context: SpanContext, baggage: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    trace_id = f"{context.trace_id:032x}"
    root = f"1-{trace_id[:8]}-{trace_id[8:]}"
    value = f"Root={root};Parent={context.span_id:016x};Sampled={is_sampled(context):d}"
    # Spelt as AWS does: opentelemetry-propagator-aws-xray looks for that spelling alone.
    return {"X-Amzn-Trace-Id": value}


FORMAT: Final = Format("xray", (_NAME,), _parse, _render)
