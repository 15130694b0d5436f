"""A check, and what breaks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weft.model.explanation import Explanation
from weft.model.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that is not as it should be. The texts may have names of the trace in them: untrusted.

    Attributes:
        about: What it is about: a span, an agent, a hand-off or the trace.
        expected: How it should be.
        found: How it is.
        span_id: The span where it shows; None where there is none.
    """

    about: str
    expected: str
    found: str
    span_id: str | None = None

    def __str__(self) -> str:
        return f"{self.about}: expected {self.expected}, found {self.found}"

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {"about": self.about, "expected": self.expected, "found": self.found, "span_id": self.span_id}


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a trace should be.

    Attributes:
        name: What is checked, as options and JSON name it.
        words: What should be, in words.
        find: Looks for what is not so, in a trace and what it says.
    """

    name: str
    words: str
    find: Callable[[Trace, Explanation], list[Violation]]
