"""What had to be assumed to make one tree of the spans of a trace."""

from dataclasses import dataclass
from typing import Any, Literal

RepairKind = Literal[
    "missing_parent",  # it names a parent that is not in the trace
    "missing_root",  # no span of the trace is a root
    "second_root",  # it is a root, and so is another span
    "self_parent",  # it names itself as its parent
    "cycle",  # it is its own descendant
    "duplicate",  # the same span is there twice
    "shared_id",  # another span has its id
    "open",  # it has not ended
    "lost",  # it has not ended, and its process is gone
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One assumption. The spans themselves are never changed.

    Attributes:
        span_id: The span it is about, 16 lowercase hex digits.
        kind: What was wrong.
        reason: What was found and what was assumed, in a sentence.
        attached_to: The span that it hangs from instead; None where it stayed where it was or was left out.
    """

    span_id: str
    kind: RepairKind
    reason: str
    attached_to: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "span_id": self.span_id,
            "kind": self.kind,
            "reason": self.reason,
            "attached_to": self.attached_to,
        }
