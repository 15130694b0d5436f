"""OpenLLMetry: Traceloop's instrumentations and decorators, beside OTel GenAI in older forms.

Source: traceloop/openllmetry, packages/opentelemetry-semantic-conventions-ai; its instrumentation of
OpenAI's Agents for hand-offs. Its Anthropic instrumentation adds the cache to `gen_ai.usage.input_tokens`.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect, named_by

OPENLLMETRY: Final = Dialect(
    name="OpenLLMetry",
    says={
        "traceloop.span.kind": {
            "agent": "invoke_agent",
            "handoff": "handoff",
            "tool": "execute_tool",
            "workflow": "invoke_workflow",
        },
        "llm.request.type": {
            "chat": "chat",
            "completion": "text_completion",
            "embedding": "embeddings",
            "rerank": "rerank",
        },
    },
    hints={"traceloop.span.kind": {"task": "task"}},
    keys={
        "conversation": (
            "traceloop.association.properties.session_id",
            "traceloop.association.properties.conversation_id",
            "traceloop.association.properties.thread_id",
        ),
        "workflow": ("traceloop.workflow.name",),
        "total": ("llm.usage.total_tokens",),
        "input": ("llm.usage.prompt_tokens",),
        "output": ("llm.usage.completion_tokens",),
    },
    when=named_by("traceloop.entity.name", arguments=("traceloop.entity.input",)),
)
