"""Ids that are the same in every run."""

from random import Random

from weft.instrument.ids import OwnIds


class SeededIds(OwnIds):
    """Gives the ids of traces and spans that a seed decides.

    Args:
        seed: Equal seeds give equal ids, in the same order.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - ids are to be repeatable, not secret

    def is_trace_id_random(self) -> bool:
        """Whether the last seven bytes are random (W3C Trace Context Level 2): a seed decides them."""
        return False
