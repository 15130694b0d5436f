"""Libraries that carry agents' calls: OpenTelemetry's instrumentations, and ours where there is none."""
