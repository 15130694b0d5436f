"""The Model Context Protocol: calls of a server's tools; its other methods are no AI work.

Source: open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md (span `tools/call {tool}`); Sentry's
SDKs for `mcp.tool.name`; OpenLLMetry's MCP instrumentation for `mcp.request.argument`, the request as JSON.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect
from weft.decode.dialects.documents import at

_REQUEST: Final = "mcp.request.argument"

MCP: Final = Dialect(
    name="MCP",
    says={"mcp.method.name": {"tools/call": "execute_tool"}},
    keys={"tool": ("mcp.tool.name",), "arguments": ("mcp.request.arguments",)},
    documents={
        "tool": (
            (_REQUEST, at("params", "name", says="tool")),
            (_REQUEST, at("root", "params", "name", says="tool")),
        ),
        "arguments": (
            (_REQUEST, at("params", "arguments", says="arguments")),
            (_REQUEST, at("root", "params", "arguments", says="arguments")),
        ),
    },
)
