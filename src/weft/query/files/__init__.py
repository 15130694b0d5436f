"""Reads traces from files: Jaeger's JSON and OTLP, as JSON and as protobuf, compressed or not."""
