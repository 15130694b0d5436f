"""The critical path: what the end of a trace depended on, the slack of the rest, and what less would save."""
