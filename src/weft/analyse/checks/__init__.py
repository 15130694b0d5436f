"""Checks: what a trace should be, and in which words it is not."""
