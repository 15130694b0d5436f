"""What went wrong in one span, and whether it began there."""

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["origin", "passed_on", "recovered", "symptom"]
"""It began here; it came up from below; it was made good by a retry or a fallback; it is a timeout or a
cancellation whose cause lies elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A span that failed.

    Attributes:
        span_id: The span.
        agent: Whose failure it is: of an origin the agent to blame, which may never have reported.
        role: Its part in what happened.
        because_of: The span where it began, or that made it good; None of an origin.
        reason: What the span says went wrong, in its own words; may be empty. Untrusted, of any length.
        evidence: Why it has this role, in a few words of ours.
    """

    span_id: str
    agent: str
    role: Role
    because_of: str | None = None
    reason: str = ""
    evidence: str = ""

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "span_id": self.span_id,
            "agent": self.agent,
            "role": self.role,
            "because_of": self.because_of,
            "reason": self.reason,
            "evidence": self.evidence,
        }
