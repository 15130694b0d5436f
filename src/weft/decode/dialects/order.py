"""Whom to believe where several dialects are spoken on one span: the whole table, in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from weft.decode.dialects.a2a import A2A
from weft.decode.dialects.adk import ADK
from weft.decode.dialects.agentops import AGENTOPS
from weft.decode.dialects.claude_code import CLAUDE_CODE
from weft.decode.dialects.dialect import SPAN_NAME, Dialect, Document, Field, Number, Text
from weft.decode.dialects.flue import FLUE
from weft.decode.dialects.gen_ai import GEN_AI
from weft.decode.dialects.genkit import GENKIT
from weft.decode.dialects.laminar import LAMINAR
from weft.decode.dialects.langfuse import LANGFUSE
from weft.decode.dialects.langsmith import LANGSMITH
from weft.decode.dialects.livekit import LIVEKIT
from weft.decode.dialects.loongsuite import LOONGSUITE
from weft.decode.dialects.mcp import MCP
from weft.decode.dialects.microsoft import MICROSOFT
from weft.decode.dialects.mlflow import MLFLOW
from weft.decode.dialects.openinference import GRAPH, OPENINFERENCE
from weft.decode.dialects.openlit import OPENLIT
from weft.decode.dialects.openllmetry import OPENLLMETRY
from weft.decode.dialects.pydantic_ai import LOGFIRE, PYDANTIC_AI
from weft.decode.dialects.values import word_of
from weft.decode.dialects.vercel_ai import VERCEL_AI
from weft.decode.dialects.weave import WEAVE
from weft.decode.dialects.weft import WEFT
from weft.model.span import Kind

#: For what a span does: a vendor's own kind before the conventions', because it was chosen for this span.
DIALECTS: Final = (
    LANGFUSE,
    OPENINFERENCE,
    OPENLLMETRY,
    LAMINAR,
    LANGSMITH,
    MLFLOW,
    LOONGSUITE,
    AGENTOPS,
    GENKIT,
    CLAUDE_CODE,
    LIVEKIT,
    GEN_AI,
    VERCEL_AI,
    MCP,
    A2A,
    PYDANTIC_AI,
    LOGFIRE,
    OPENLIT,
    ADK,
    FLUE,
    MICROSOFT,
    WEAVE,
    WEFT,  # the last: a digest of arguments, where nothing says what they are
    GRAPH,
)

#: For everything else: those that go first, the rest follows in the order above.
_USUAL: Final = (GEN_AI, OPENINFERENCE)
_FIRST: Final[Mapping[Field, Sequence[Dialect]]] = {
    "agent": (GEN_AI, OPENINFERENCE, AGENTOPS, OPENLLMETRY, PYDANTIC_AI, LOGFIRE, FLUE, A2A, OPENLIT),
    "conversation": (OPENINFERENCE, GEN_AI, LANGFUSE, LAMINAR, OPENLLMETRY, VERCEL_AI, LANGSMITH),
}

#: Span names whose first word says the operation, with what the rest of the name names.
NAMED: Final[Mapping[str, tuple[str, Text]]] = {
    "invoke_agent": ("invoke_agent", "agent"),
    "create_agent": ("create_agent", "agent"),
    "execute_tool": ("execute_tool", "tool"),
    "invoke_workflow": ("invoke_workflow", "workflow"),
    "tools/call": ("execute_tool", "tool"),
}
#: Of several operations that keys imply, the first in this order: a hand-off is often a tool too, and a tool
#: or an agent may name a model.
_IMPLIED: Final = ("handoff", "execute_tool", "embeddings", "invoke_agent", "chat")
#: What a message carries as context is not the work of the span that carries it: there keys imply nothing.
TRANSPORT: Final[tuple[Kind, ...]] = ("producer", "consumer")


@dataclass(frozen=True, slots=True)
class Words:
    """A key whose values are operations: `operations` by the value in lower case."""

    key: str
    dialect: Dialect
    operations: Mapping[str, str]

    def meaning(self, text: str) -> str:
        """The operation that a value means; empty for none."""
        return self.operations.get(word_of(text), "")


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a field may be said.

    Attributes:
        key: The attribute, or `SPAN_NAME`.
        dialect: Whose key it is; None for the rest of a span name that begins with a word of `NAMED`.
        operation: Only in spans of which the dialect itself says this operation; empty for all.
        document: Reads the value as JSON.
    """

    key: str
    dialect: Dialect | None = None
    operation: str = ""
    document: Document | None = None


def _words(kind: str) -> tuple[Words, ...]:
    return tuple(
        Words(key, dialect, operations)
        for dialect in DIALECTS
        for key, operations in getattr(dialect, kind).items()
    )


def _ordered(field: Field) -> tuple[Source, ...]:
    first = _FIRST.get(field, _USUAL)
    dialects = [*first, *(dialect for dialect in DIALECTS if dialect not in first)]
    said = [source for dialect in dialects for source in _said(dialect, field)]
    last = [source for source in said if source.dialect is GRAPH]
    by_name = [source for source in said if source.key == SPAN_NAME]
    named = [Source(SPAN_NAME)] if any(field == names for _, names in NAMED.values()) else []
    return (*(source for source in said if source not in (*last, *by_name)), *named, *by_name, *last)


def _said(dialect: Dialect, field: Field) -> Iterator[Source]:
    for key in dialect.keys.get(field, ()):
        yield Source(key, dialect)
    for key, document in dialect.documents.get(field, ()):
        yield Source(key, dialect, document=document)
    for operation, keys in dialect.when.items():
        for key in keys.get(field, ()):
            yield Source(key, dialect, operation)


SAYS: Final = _words("says")
HINTS: Final = _words("hints")
OWN_WORDS: Final = tuple(dialect.own_words for dialect in DIALECTS if dialect.own_words)
IMPLIES: Final = tuple(
    Words(key, dialect, {"": operation})
    for operation in _IMPLIED
    for dialect in DIALECTS
    for key, implied in dialect.implies.items()
    if implied == operation
)
TEXTS: Final[tuple[Text, ...]] = get_args(Text)
NUMBERS: Final[tuple[Number, ...]] = get_args(Number)
SOURCES: Final[Mapping[Field, tuple[Source, ...]]] = {field: _ordered(field) for field in (*TEXTS, *NUMBERS)}
#: Every key that any dialect looks at.
KEYS: Final = frozenset(
    key
    for key in (
        *(words.key for words in (*SAYS, *HINTS, *IMPLIES)),
        *(source.key for sources in SOURCES.values() for source in sources),
        *OWN_WORDS,
    )
    if key != SPAN_NAME
)
#: Scopes and span names that say something even without a known key.
SCOPES: Final = frozenset(dialect.scope for dialect in DIALECTS if dialect.scope)
NAMES: Final = frozenset(
    name
    for words in (*SAYS, *HINTS)
    if words.key == SPAN_NAME and not words.dialect.scope
    for name in words.operations
)


def says_something(name: str) -> bool:
    """Whether a span's name says something even without a known key."""
    return name.partition(" ")[0] in NAMED or word_of(name) in NAMES
