"""Ids that are the same in every run."""

from random import Random

from opentelemetry.sdk.trace.id_generator import IdGenerator


class SeededIds(IdGenerator):
    """Gives the ids of traces and spans that a seed decides.

    Args:
        seed: Equal seeds give equal ids, in the same order.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - ids are to be repeatable, not secret

    def generate_span_id(self) -> int:
        """Return 64 bits, not all of them zero."""
        return self._random.getrandbits(64) or self.generate_span_id()

    def generate_trace_id(self) -> int:
        """Return 128 bits, not all of them zero."""
        return self._random.getrandbits(128) or self.generate_trace_id()

    def is_trace_id_random(self) -> bool:
        """Whether the last seven bytes are random (W3C Trace Context Level 2): a seed decides them."""
        return False
