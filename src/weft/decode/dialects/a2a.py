"""The Agent2Agent protocol: a message to another agent invokes it; its other methods are no AI work.

Source: pull requests 195 and 254 of open-telemetry/semantic-conventions-genai; methods of A2A 0.1, 0.2 and
1.0.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

A2A: Final = Dialect(
    name="A2A",
    says={
        "a2a.method.name": dict.fromkeys(
            (
                "message/send",
                "message/stream",
                "sendmessage",
                "sendstreamingmessage",
                "tasks/send",
                "tasks/sendsubscribe",
            ),
            "invoke_agent",
        )
    },
    keys={
        "agent": ("a2a.agent.name", "a2a.agent.card.name"),
        "conversation": ("a2a.context.id", "a2a.context_id"),
    },
)
