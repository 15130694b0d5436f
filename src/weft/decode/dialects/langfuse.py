"""Langfuse: its SDKs, and its OpenTelemetry endpoint's attributes.

Source: langfuse/langfuse, packages/shared/src/server/otel/OtelIngestionProcessor.ts. An observation's name
is the name of its span. Usage is in buckets that do not overlap: whatever begins with `input` was read, and
so were the cached tokens that begin with `cache` (Anthropic's names); whatever begins with `output` was
written.
"""

from collections.abc import Mapping
from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, Field, named_by
from weft.decode.dialects.documents import counts, dollars
from weft.decode.dialects.values import number_of

_USAGE: Final = "langfuse.observation.usage_details"
_COST: Final = "langfuse.observation.cost_details"


def usage(document: object) -> Mapping[Field, object]:
    """Token counts of usage details: sums over the buckets; OpenAI's own usage object is taken too."""
    if not isinstance(document, dict):
        return {}
    if "prompt_tokens" in document or "completion_tokens" in document:
        return counts(document)
    found: dict[Field, float] = {}
    for key, value in document.items():
        number = number_of(value)
        if number is None:
            continue
        for field in _buckets(key):
            found[field] = found.get(field, 0) + number
    return dict(found)


def _buckets(key: str) -> tuple[Field, ...]:
    if key == "total":
        return ("total",)
    if key.startswith(("input", "cache")):
        if "creat" in key or "write" in key:
            return ("input", "cache_write")
        return ("input", "cache_read") if "cache" in key else ("input",)
    if key.startswith("output"):
        return ("output", "reasoning") if "reasoning" in key else ("output",)
    return ()


LANGFUSE: Final = Dialect(
    name="Langfuse",
    says={
        "langfuse.observation.type": {
            "agent": "invoke_agent",
            "embedding": "embeddings",
            "evaluator": "evaluate",
            "guardrail": "guardrail",
            "retriever": "retrieval",
            "tool": "execute_tool",
        }
    },
    hints={"langfuse.observation.type": {"chain": "task", "generation": "chat", "span": "task"}},
    keys={
        "model": ("langfuse.observation.model.name",),
        "conversation": ("langfuse.session.id",),
        "workflow": ("langfuse.trace.name",),
    },
    when=named_by(SPAN_NAME, arguments=("langfuse.observation.input",)),
    documents={
        "input": ((_USAGE, usage),),
        "output": ((_USAGE, usage),),
        "total": ((_USAGE, usage),),
        "cache_read": ((_USAGE, usage),),
        "cache_write": ((_USAGE, usage),),
        "reasoning": ((_USAGE, usage),),
        "cost": ((_COST, dollars),),
        "input_cost": ((_COST, dollars),),
        "output_cost": ((_COST, dollars),),
    },
)
