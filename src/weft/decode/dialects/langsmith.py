"""LangSmith's OpenTelemetry export, beside OTel GenAI.

Source: langchain-ai/langsmith-sdk, python/langsmith/_internal/otel/_otel_exporter.py.
`langsmith.trace.name` is the name of a run, not of the trace: only that of a chain is a workflow's.
"""

from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, named_by

LANGSMITH: Final = Dialect(
    name="LangSmith",
    says={
        "langsmith.span.kind": {
            "embedding": "embeddings",
            "retriever": "retrieval",
            "tool": "execute_tool",
        }
    },
    hints={"langsmith.span.kind": {"chain": "task", "llm": "chat", "parser": "task", "prompt": "task"}},
    keys={
        "model": ("langsmith.metadata.ls_model_name",),
        "provider": ("langsmith.metadata.ls_provider",),
        "conversation": (
            "langsmith.metadata.session_id",
            "langsmith.metadata.thread_id",
            "langsmith.metadata.conversation_id",
        ),
    },
    when={
        **named_by("langsmith.trace.name", SPAN_NAME, arguments=("gen_ai.prompt",)),
        "task": {"workflow": ("langsmith.trace.name",)},
    },
)
