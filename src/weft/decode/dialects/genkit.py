"""Genkit: every action is a span with its kind and name.

Source: genkit-ai/genkit, js/core/src/tracing and js/core/src/action.ts. Usage is within `genkit:output`,
which is not read.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect, named_by

GENKIT: Final = Dialect(
    name="Genkit",
    says={
        "genkit:metadata:subtype": {
            "agent": "invoke_agent",
            "embedder": "embeddings",
            "evaluator": "evaluate",
            "flow": "invoke_workflow",
            "indexer": "memory",
            "reranker": "rerank",
            "retriever": "retrieval",
            "tool": "execute_tool",
            "tool.v2": "execute_tool",
        }
    },
    hints={"genkit:metadata:subtype": {"model": "chat", "prompt": "task", "util": "task"}},
    keys={"conversation": ("genkit:sessionId",)},
    when={
        **named_by("genkit:name", arguments=("genkit:input",)),
        "chat": {"model": ("genkit:name",)},
        "embeddings": {"model": ("genkit:name",)},
    },
)
