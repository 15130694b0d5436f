"""Takes a request apart that a backend finds too large."""

from __future__ import annotations

from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from weft.export.cut import cut

#: A single span of this size that is still too large will not be sent by making it smaller.
SMALLEST_BYTES: Final = 16 << 10


def split(data: bytes) -> list[tuple[bytes, int]]:
    """Halve a request.

    Returns:
        Its parts, in order, each with its number of spans: two with half of the spans each, or one whose
        single span was cut to half its size. Empty where it cannot be made smaller, or is no request.
    """
    try:
        request = ExportTraceServiceRequest.FromString(data)
    except Exception:  # noqa: BLE001 - what a damaged disk made of it
        return []
    spans = count(request)
    if spans > 1:
        half = spans // 2
        return [(_between(request, 0, half), half), (_between(request, half, spans), spans - half)]
    if spans == 1 and len(data) > SMALLEST_BYTES:
        _without_empty(request)
        if cut(request, len(data) // 2):
            return [(request.SerializeToString(), 1)]
    return []


def count(request: ExportTraceServiceRequest) -> int:
    """How many spans are in a request."""
    return sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)


def _between(request: ExportTraceServiceRequest, start: int, stop: int) -> bytes:
    """The request with its spans from ``start`` to below ``stop`` only."""
    part = ExportTraceServiceRequest()
    part.CopyFrom(request)
    at = 0
    for resource in part.resource_spans:
        for scope in resource.scope_spans:
            first, at = at, at + len(scope.spans)
            del scope.spans[max(0, stop - first) :]
            del scope.spans[: max(0, start - first)]
    _without_empty(part)
    return part.SerializeToString()


def _without_empty(request: ExportTraceServiceRequest) -> None:
    for resource in request.resource_spans:
        for at in reversed(range(len(resource.scope_spans))):
            if not resource.scope_spans[at].spans:
                del resource.scope_spans[at]
    for at in reversed(range(len(request.resource_spans))):
        if not request.resource_spans[at].scope_spans:
            del request.resource_spans[at]
