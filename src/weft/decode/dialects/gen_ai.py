"""OpenTelemetry's GenAI conventions in all their generations, and what is proposed for them.

Source: open-telemetry/semantic-conventions-genai, docs/gen-ai; the conventions 1.27 to 1.36 before it.
Costs are in none of them: OpenLIT, OpenRouter and Laminar write `gen_ai.usage.cost` and the two parts.
Tokens by OpenAI's names are from before 1.27, `cache_read_input_tokens` and `cache_creation_input_tokens`
from OpenLLMetry, `cache_write_input_tokens` from Strands, `details.*` from pydantic-ai.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect
from weft.decode.dialects.documents import at

_OPERATION: Final = "gen_ai.operation.name"

GEN_AI: Final = Dialect(
    name="OTel GenAI",
    says={
        _OPERATION: {
            "agent": "invoke_agent",  # OpenLIT
            "chat": "chat",
            "completion": "text_completion",
            "create_agent": "create_agent",
            "embedding": "embeddings",
            "embeddings": "embeddings",
            "evaluate": "evaluate",
            "execute_tool": "execute_tool",
            "generate": "generate_content",
            "generate_content": "generate_content",
            "guardrail": "guardrail",
            "handoff": "handoff",
            "invoke_agent": "invoke_agent",
            "invoke_workflow": "invoke_workflow",
            "plan": "plan",
            "rerank": "rerank",
            "response": "chat",  # of OpenAI's Responses API
            "responses": "chat",
            "retrieval": "retrieval",
            "text_completion": "text_completion",
            "tool_call": "execute_tool",
            "vectordb": "retrieval",  # OpenLIT
            "workflow": "invoke_workflow",
            "create_memory": "memory",
            "create_memory_store": "memory",
            "delete_memory": "memory",
            "delete_memory_store": "memory",
            "search_memory": "memory",
            "update_memory": "memory",
            "upsert_memory": "memory",
        }
    },
    hints={
        _OPERATION: {
            "chain": "task",  # LangSmith
            "execute_task": "task",  # OpenLIT
            "framework": "task",  # OpenLIT
            "step": "task",
            "task": "task",
        }
    },
    own_words=_OPERATION,
    implies={
        "gen_ai.agent.handoff.target.name": "handoff",
        "gen_ai.handoff.to_agent": "handoff",
        "gen_ai.tool.name": "execute_tool",
        "gen_ai.tool.call.id": "execute_tool",
        "gen_ai.response.model": "chat",
        "gen_ai.request.model": "chat",
    },
    keys={
        "agent": (
            "gen_ai.agent.name",
            "gen_ai.agent.handoff.source.name",
            "gen_ai.handoff.from_agent",
        ),
        "agent_id": ("gen_ai.agent.id",),
        "model": ("gen_ai.response.model", "gen_ai.request.model"),
        "provider": ("gen_ai.provider.name", "gen_ai.system"),
        "tool": ("gen_ai.tool.name",),
        "arguments": ("gen_ai.tool.call.arguments", "gen_ai.tool.args", "gen_ai.tool.input"),
        "conversation": ("gen_ai.conversation.id", "gen_ai.session.id"),
        "workflow": ("gen_ai.workflow.name",),
        "input": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "output": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        "total": ("gen_ai.usage.total_tokens",),
        "cache_read": (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.input_tokens.cached",
            "gen_ai.usage.cached_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cache_read_input_tokens",
        ),
        "cache_write": (
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "gen_ai.usage.details.cache_creation_input_tokens",
        ),
        "reasoning": (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.output_tokens.reasoning",
            "gen_ai.usage.details.reasoning_tokens",
        ),
        "cost": ("gen_ai.usage.cost", "gen_ai.usage.total_cost"),
        "input_cost": ("gen_ai.usage.input_cost",),
        "output_cost": ("gen_ai.usage.output_cost",),
    },
    documents={
        # LangSmith: details of LangChain's usage metadata.
        "cache_read": (("gen_ai.usage.input_token_details", at("cache_read", says="cache_read")),),
        "cache_write": (("gen_ai.usage.input_token_details", at("cache_creation", says="cache_write")),),
        "reasoning": (("gen_ai.usage.output_token_details", at("reasoning", says="reasoning")),),
    },
)
