"""Claude Code: its keys are bare words, and count only in spans that have its names.

Source: spans of versions 2.1, as exported. What was read leaves the cache out.
"""

from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect

CLAUDE_CODE: Final = Dialect(
    name="Claude Code",
    says={
        SPAN_NAME: {
            "claude_code.interaction": "invoke_agent",
            "claude_code.llm_request": "chat",
            "claude_code.tool": "execute_tool",
        }
    },
    hints={SPAN_NAME: {"claude_code.tool.blocked_on_user": "task", "claude_code.tool.execution": "task"}},
    when={
        "chat": {
            "model": ("model",),
            "input": ("input_tokens",),
            "output": ("output_tokens",),
            "cache_read": ("cache_read_tokens",),
            "cache_write": ("cache_creation_tokens",),
            "cost": ("cost_usd",),
        },
        "execute_tool": {"tool": ("tool_name",), "arguments": ("tool_input",)},
    },
    apart=True,
)
