"""Processes of one machine: what a child is given when it starts, and what a task takes along to a worker."""
