"""Spans for workflows, agents and tools, and the libraries that carry them between processes."""
