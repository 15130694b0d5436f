"""Statistics over a stretch of time, or over all the time that was asked for."""

from weft.model.shape import whole


def step_json(from_ns: int | None) -> dict[str, str]:
    """Say as JSON where a stretch begins, as a decimal string; nothing of all the time that was asked for."""
    return {} if from_ns is None else {"from_ns": str(from_ns)}


def from_ns_of(value: object, where: str) -> int | None:
    """Read back what `step_json` wrote.

    Raises:
        ShapeError: It is not a time.
    """
    return whole(value, "from_ns", where) if isinstance(value, dict) and "from_ns" in value else None
