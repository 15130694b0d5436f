"""LiveKit Agents: its span names are plain words, and count only in its own scope.

Source: livekit/agents, livekit-agents/livekit/agents/telemetry/trace_types.py.
"""

from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect

LIVEKIT: Final = Dialect(
    name="LiveKit Agents",
    scope="livekit-agents",
    says={
        SPAN_NAME: {
            "agent_session": "invoke_workflow",
            "agent_turn": "invoke_agent",
            "function_tool": "execute_tool",
            "llm_request": "chat",
        }
    },
    hints={SPAN_NAME: {"llm_node": "task"}},
    implies={"lk.function_tool.name": "execute_tool"},
    keys={
        "agent": ("lk.agent_name", "lk.agent_label"),
        "tool": ("lk.function_tool.name",),
        "arguments": ("lk.function_tool.arguments", "lk.pii.function_tool.arguments"),
    },
)
