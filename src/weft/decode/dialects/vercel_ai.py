"""The Vercel AI SDK: one span for a function of it, which may take several turns, one for each call in it.

Source: vercel/ai, content/docs/03-ai-sdk-core/60-telemetry.mdx. Without a `functionId` the agent has no name.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

_FUNCTIONS: Final = ("generatetext", "streamtext", "generateobject", "streamobject")
_CALLS: Final = (
    "generatetext.dogenerate",
    "streamtext.dostream",
    "generateobject.dogenerate",
    "streamobject.dostream",
)

VERCEL_AI: Final = Dialect(
    name="Vercel AI SDK",
    says={
        "ai.operationId": {
            **{f"ai.{name}": "invoke_agent" for name in _FUNCTIONS},
            **{f"ai.{name}": "chat" for name in _CALLS},
            "ai.embed.doembed": "embeddings",
            "ai.embedmany.doembed": "embeddings",
            "ai.rerank": "rerank",
            "ai.toolcall": "execute_tool",
        }
    },
    hints={"ai.operationId": {"ai.embed": "task", "ai.embedmany": "task"}},
    implies={"ai.toolCall.name": "execute_tool"},
    keys={
        "model": ("ai.response.model", "ai.model.id", "aisdk.model.id"),
        "provider": ("ai.model.provider", "aisdk.model.provider"),
        "tool": ("ai.toolCall.name",),
        "arguments": ("ai.toolCall.args", "ai.toolCall.input"),
        "conversation": ("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id"),
        "input": ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
        "output": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        "total": ("ai.usage.totalTokens",),
        "cache_read": ("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"),
        "cache_write": ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        "reasoning": ("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"),
    },
    when={"invoke_agent": {"agent": ("ai.telemetry.functionId",)}},
)
