"""From ended spans to OTLP on the wire."""
