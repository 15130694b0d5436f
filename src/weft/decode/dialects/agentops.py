"""AgentOps, beside OTel GenAI.

Source: AgentOps-AI/agentops, agentops/semconv (span_kinds.py, span_attributes.py, agent.py). Its decorators
name the span `{name}.{kind}` and the entity by `operation.name`.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect, named_by

AGENTOPS: Final = Dialect(
    name="AgentOps",
    says={
        "agentops.span.kind": {
            "agent": "invoke_agent",
            "session": "invoke_workflow",
            "tool": "execute_tool",
            "workflow": "invoke_workflow",
        }
    },
    hints={
        "agentops.span.kind": {
            "agent.action": "task",
            "llm": "chat",
            "llm.call": "chat",
            "operation": "task",
            "task": "task",
            "team": "task",
            "workflow.step": "task",
        }
    },
    keys={"agent": ("agent.name", "agent.role"), "agent_id": ("agent.id",)},
    when=named_by(
        "agentops.entity.name", "operation.name", arguments=("agentops.entity.input", "agentops.tool.input")
    ),
)
