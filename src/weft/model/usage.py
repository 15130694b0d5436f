"""Tokens and cost."""

from dataclasses import dataclass
from typing import Any, Final

from weft.model.work import NO_TOKENS, Tokens


@dataclass(frozen=True, slots=True)
class Usage:
    """What some work took.

    Attributes:
        tokens: Tokens.
        cost: US dollars; None when not even a part of it is known.
        unpriced: Model calls with tokens whose price is not known: the cost is then a lower bound.
    """

    tokens: Tokens = NO_TOKENS
    cost: float | None = None
    unpriced: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        cost = self.cost if other.cost is None else (self.cost or 0.0) + other.cost
        return Usage(self.tokens + other.tokens, cost, self.unpriced + other.unpriced)

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {"tokens": self.tokens.to_json(), "cost": self.cost, "unpriced": self.unpriced}


NO_USAGE: Final = Usage()
