"""OTLP bytes to flat Arrow columns. No Python object is made per span."""
