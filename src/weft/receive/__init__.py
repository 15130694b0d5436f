"""OTLP in, over gRPC and HTTP: limits, then the journal, then the answer."""
