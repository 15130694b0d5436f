"""Trace context on the wire: carriers and messages. Pure functions, no I/O."""
