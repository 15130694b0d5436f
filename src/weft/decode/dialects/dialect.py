"""What a dialect is: which keys of an instrumentation say what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Text = Literal["agent", "agent_id", "model", "provider", "tool", "arguments", "conversation", "workflow"]
Number = Literal[
    "input", "output", "total", "cache_read", "cache_write", "reasoning", "cost", "input_cost", "output_cost"
]
Field = Text | Number
"""What a key can say. `input` to `reasoning` are tokens, `cost` to `output_cost` are US dollars."""

Keys = Mapping[Field, tuple[str, ...]]
Document = Callable[[object], Mapping[Field, object]]
"""Reads parsed JSON. It is not to be trusted, and neither is what is returned."""

#: Stands among the keys for the name of the span itself.
SPAN_NAME: Final = "(span name)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one instrumentation says what a span is about.

    Attributes:
        name: What the instrumentation is called.
        scope: The dialect is spoken only in spans of this instrumentation scope; everywhere when empty.
        says: Operations by key and by the value of the key, in lower case.
        hints: The same for values that say little (`LLM`, `chain`): they yield to what any dialect `says`.
        own_words: A key whose other values are operations too, as they stand.
        implies: Operations by a key that only such spans have.
        keys: Keys by what they say, the first that says something counts.
        when: More keys, of spans whose operation this dialect itself names.
        documents: Keys with JSON in them, and how it is read, by what they say.
        apart: Whether `input` leaves out the tokens that are counted as `cache_read` and `cache_write`.
    """

    name: str
    scope: str = ""
    says: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own_words: str = ""
    implies: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = field(default_factory=dict)
    when: Mapping[str, Keys] = field(default_factory=dict)
    documents: Mapping[Field, tuple[tuple[str, Document], ...]] = field(default_factory=dict)
    apart: bool = False


def named_by(*keys: str, arguments: tuple[str, ...] = ()) -> Mapping[str, Keys]:
    """Keys that name whatever the span is about: the agent, the tool or the workflow."""
    return {
        "invoke_agent": {"agent": keys},
        "execute_tool": {"tool": keys, "arguments": arguments},
        "invoke_workflow": {"workflow": keys},
    }
