"""OpenInference: Arize Phoenix and its instrumentations.

Source: Arize-ai/openinference, spec/semantic_conventions.md and its Python package.
`llm.token_count.prompt` is all that was read. `session.id` is also OpenTelemetry's own, and what MLflow and
Langfuse write.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect
from weft.decode.dialects.documents import at

_PARAMETERS: Final = "llm.invocation_parameters"

OPENINFERENCE: Final = Dialect(
    name="OpenInference",
    says={
        "openinference.span.kind": {
            "agent": "invoke_agent",
            "embedding": "embeddings",
            "evaluator": "evaluate",
            "guardrail": "guardrail",
            "reranker": "rerank",
            "retriever": "retrieval",
            "tool": "execute_tool",
        }
    },
    hints={"openinference.span.kind": {"chain": "task", "llm": "chat", "prompt": "task"}},
    implies={"embedding.model_name": "embeddings", "llm.model_name": "chat"},
    keys={
        "agent": ("agent.name",),
        "model": (
            "llm.response.model_name",
            "llm.model_name",
            "llm.request.model_name",
            "embedding.model_name",
            "reranker.model_name",
        ),
        "provider": ("llm.provider", "llm.system"),
        "tool": ("tool.name",),
        "conversation": ("session.id",),
        "input": ("llm.token_count.prompt",),
        "output": ("llm.token_count.completion",),
        "total": ("llm.token_count.total",),
        "cache_read": (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
        "cache_write": ("llm.token_count.prompt_details.cache_write",),
        "reasoning": ("llm.token_count.completion_details.reasoning",),
        "cost": ("llm.cost.total",),
        "input_cost": ("llm.cost.prompt",),
        "output_cost": ("llm.cost.completion",),
    },
    when={"execute_tool": {"arguments": ("input.value",)}},
    documents={
        "model": (
            (_PARAMETERS, at("model", says="model")),
            (_PARAMETERS, at("model_name", says="model")),
        ),
    },
)

#: The node of the graph that a span belongs to: the least of all names that an agent may have.
GRAPH: Final = Dialect(name="OpenInference graphs", keys={"agent": ("graph.node.name", "graph.node.id")})
