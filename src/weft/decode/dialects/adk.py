"""Google's Agent Development Kit, beside OTel GenAI.

Source: google/adk-python, src/google/adk/telemetry (spans `invocation`, `invoke_agent {name}`, `call_llm`,
`execute_tool {name}`).
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

ADK: Final = Dialect(
    name="Google ADK",
    implies={"gcp.vertex.agent.llm_request": "chat"},
    keys={
        "arguments": ("gcp.vertex.agent.tool_call_args",),
        "conversation": ("gcp.vertex.agent.session_id",),
    },
)
