"""Spans for workflows, agents and tools, and the libraries that carry them between processes."""

# Before all that imports OpenTelemetry's propagators, which raises where OTEL_PROPAGATORS is misspelt.
import weft.context.propagators  # noqa: F401 - for its effect
