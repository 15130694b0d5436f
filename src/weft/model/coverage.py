"""How much of a time an answer about many traces rests on."""

from dataclasses import dataclass
from typing import Any

from weft.model.shape import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a time an answer rests on.

    Attributes:
        settled: Traces that started in that time and of which nothing has arrived for a while.
        explained: Of these, the ones that the answer rests on.
        unexplained: Of these, the ones that are too large to be explained.
    """

    settled: int
    explained: int
    unexplained: int = 0

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {"settled": self.settled, "explained": self.explained, "unexplained": self.unexplained}

    @classmethod
    def from_json(cls, value: object, where: str = "coverage") -> "Coverage":
        """Read back what `to_json` wrote.

        Raises:
            ShapeError: It has another shape.
        """
        return cls(
            settled=whole(value, "settled", where),
            explained=whole(value, "explained", where),
            unexplained=whole(value, "unexplained", where),
        )
