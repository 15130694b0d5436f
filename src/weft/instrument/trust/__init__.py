"""Whose trace context is believed, and who is told ours: policy at every door of the process."""
