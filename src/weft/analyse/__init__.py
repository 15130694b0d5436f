"""Explains a trace: pure passes from its spans to who did what, what was waited for, and what went wrong."""
