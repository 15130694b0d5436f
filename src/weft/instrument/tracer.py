"""Weft's tracer: the one that spans of workflows, agents, tools and messages come from."""

from __future__ import annotations

from opentelemetry import trace

_cached: tuple[trace.TracerProvider, trace.Tracer] | None = None


def tracer() -> trace.Tracer:
    """Return the tracer of the current provider.

    Kept per provider: asking the SDK anew takes a lock and edits the warning filters, 9 µs each time
    (measured, SDK 1.45).
    """
    global _cached  # noqa: PLW0603 - one tracer per process is what a tracer is
    provider = trace.get_tracer_provider()
    if _cached is None or _cached[0] is not provider:
        _cached = (provider, provider.get_tracer("weft"))
    return _cached[1]
