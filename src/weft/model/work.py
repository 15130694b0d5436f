"""What a span says of AI work, in one vocabulary, whatever dialect it was said in."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that a model read and wrote.

    Attributes:
        input: All that was read, what came from a cache included.
        output: All that was written, reasoning included.
        cache_read: Of the input, what came from a cache.
        cache_write: Of the input, what was put into a cache.
        reasoning: Of the output, what was thought and not said.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """What was read and what was written."""
        return self.input + self.output

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
        )

    def to_json(self) -> dict[str, int]:
        """Say it as JSON."""
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "reasoning": self.reasoning,
            "total": self.total,
        }


NO_TOKENS: Final = Tokens()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one span says of itself; empty where it says nothing.

    Attributes:
        agent: Name of the agent: of the one at work, or, in a call of a remote agent, of the one called.
        agent_id: Its id.
        operation: What is done, by OpenTelemetry's name (`invoke_agent`, `chat`, `execute_tool`, …).
        model: The model that answered, or else the one that was asked.
        provider: Who runs the model.
        tool: Name of the tool.
        arguments: What the tool was called with, as text; or a digest of it, where nothing says more.
        conversation: Id of the conversation or session.
        workflow: Name of the workflow.
        tokens: What the span says that it took, with all that is below it or not; None when it says nothing.
        cost: What the span says that it cost, in US dollars; None when it says nothing.
    """

    agent: str = ""
    agent_id: str = ""
    operation: str = ""
    model: str = ""
    provider: str = ""
    tool: str = ""
    arguments: str = ""
    conversation: str = ""
    workflow: str = ""
    tokens: Tokens | None = None
    cost: float | None = None


NO_WORK: Final = Work()
