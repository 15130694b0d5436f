"""What the programs sent, trace by trace, as OTLP JSON without the marks, and what the marks were."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from tests.e2e.faults.marks import PREFIX


@dataclass(frozen=True)
class Recorded:
    """One span as it came, before the marks were taken away.

    Attributes:
        span_id: 16 lowercase hex digits.
        parent_id: The same of its parent; empty for a root.
        service: Of its process.
        start_ns: When it began.
        end_ns: When it was completed; 0 where it was only announced.
        failed: Whether its status says so.
        message: Why.
        attributes: Those that are text, with the marks.
    """

    span_id: str
    parent_id: str
    service: str
    start_ns: int
    end_ns: int
    failed: bool
    message: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Trace:
    """One trace.

    Attributes:
        lines: OTLP JSON requests, as they came, without the marks.
        spans: Its spans by id.
    """

    lines: list[str]
    spans: dict[str, Recorded]


def traces(bodies: Iterable[bytes], unreported: dict[str, str]) -> dict[str, Trace]:
    """Take what was received apart.

    Of the announcements of a span that was completed nothing is left, and of the others the last.

    Args:
        bodies: OTLP protobuf requests.
        unreported: For a trace's id the service whose spans are lost on the way.
    """
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    latest = _latest(requests)
    lines: dict[str, list[str]] = defaultdict(list)
    spans: dict[str, dict[str, Recorded]] = defaultdict(dict)
    for number, request in enumerate(requests):
        parts: dict[str, list[ResourceSpans]] = defaultdict(list)
        for resource in request.resource_spans:
            service = next(
                each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
            )
            for scope in resource.scope_spans:
                kept: dict[str, list[Span]] = defaultdict(list)
                for span in scope.spans:
                    trace_id = span.trace_id.hex()
                    if latest[span.span_id] == number and unreported.get(trace_id) != service:
                        spans[trace_id][span.span_id.hex()] = _recorded(span, service)
                        kept[trace_id].append(_clean(span))
                for trace_id, clean in kept.items():
                    part = ScopeSpans(scope=scope.scope, spans=clean, schema_url=scope.schema_url)
                    parts[trace_id].append(ResourceSpans(resource=resource.resource, scope_spans=[part]))
        for trace_id, resources in parts.items():
            lines[trace_id].append(_json(ExportTraceServiceRequest(resource_spans=resources)))
    return {trace_id: Trace(lines[trace_id], spans[trace_id]) for trace_id in spans}


def _latest(requests: list[ExportTraceServiceRequest]) -> dict[bytes, int]:
    """For every span the request that has the last word about it."""
    latest: dict[bytes, int] = {}
    ended = set()
    for number, request in enumerate(requests):
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    if span.end_time_unix_nano or span.span_id not in ended:
                        latest[span.span_id] = number
                    if span.end_time_unix_nano:
                        ended.add(span.span_id)
    return latest


def _recorded(span: Span, service: str) -> Recorded:
    return Recorded(
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        service=service,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failed=span.status.code == 2,
        message=span.status.message,
        attributes={each.key: each.value.string_value for each in span.attributes},
    )


def _clean(span: Span) -> Span:
    """A copy without the marks, and without stacks: they hold the paths of this machine."""
    clean = Span()
    clean.CopyFrom(span)
    del clean.attributes[:]
    clean.attributes.extend(each for each in span.attributes if not each.key.startswith(PREFIX))
    for event in clean.events:
        kept = [each for each in event.attributes if each.key != "exception.stacktrace"]
        del event.attributes[:]
        event.attributes.extend(kept)
    return clean


def _json(request: ExportTraceServiceRequest) -> str:
    """OTLP's JSON: ids are hex, enumerations are numbers."""
    document = MessageToDict(request, use_integers_for_enums=True)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for each in (span, *span.get("links", ())):
                    _hex(each)
    return json.dumps(document, separators=(",", ":"))


def _hex(ids: dict[str, Any]) -> None:
    for key in ("traceId", "spanId", "parentSpanId"):
        if key in ids:
            ids[key] = base64.b64decode(ids[key]).hex()
