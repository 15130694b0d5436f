"""One file per transport or library that no OpenTelemetry instrumentation covers."""
