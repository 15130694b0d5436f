"""pydantic-ai and Logfire, beside OTel GenAI.

Source: pydantic/pydantic-ai, pydantic_ai_slim (`agent run` spans with `agent_name` and `model_name`; no
operation on older tools, known by `gen_ai.tool.name`); Logfire's instrumentation of OpenAI's Agents for
hand-offs. Usage includes the cache (pydantic/genai-prices). `operation.cost` is in US dollars.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

#: Bare words: that they mean a model or the run of an agent is certain in its own scope only.
PYDANTIC_AI: Final = Dialect(
    name="pydantic-ai",
    scope="pydantic-ai",
    implies={"agent_name": "invoke_agent"},
    keys={"model": ("model_name",), "arguments": ("tool_arguments",)},
)

LOGFIRE: Final = Dialect(
    name="Logfire",
    implies={"to_agent": "handoff"},
    keys={
        "agent": ("agent_name", "from_agent"),
        "input": ("gen_ai.aggregated_usage.input_tokens",),
        "output": ("gen_ai.aggregated_usage.output_tokens",),
        "cost": ("operation.cost",),
    },
)
