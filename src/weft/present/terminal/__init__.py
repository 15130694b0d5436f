"""Traces in a terminal: one as a tree, many as a list."""

from weft.present.terminal.listing import render_list
from weft.present.terminal.tree import render_trace

__all__ = ["render_list", "render_trace"]
