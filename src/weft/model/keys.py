"""Attribute keys the agent side writes, as the conventions spell them.

GenAI keys follow open-telemetry/semantic-conventions-genai (model/gen-ai/spans.yaml), messaging keys
docs/messaging/messaging-spans.md (v1.44), the rest the stable OpenTelemetry registry. Keys under ``weft.``
are ours.
"""

from typing import Final

# Resource: who is speaking.
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
HOST_ID: Final = "host.id"
HOST_NAME: Final = "host.name"
HOSTNAME: Final = "hostname"  # of Jaeger's own clients
PROCESS_PID: Final = "process.pid"
TELEMETRY_DISTRO_NAME: Final = "telemetry.distro.name"
TELEMETRY_DISTRO_VERSION: Final = "telemetry.distro.version"

# GenAI: workflows, agents, tools.
GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
GEN_AI_WORKFLOW_NAME: Final = "gen_ai.workflow.name"
GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
GEN_AI_AGENT_ID: Final = "gen_ai.agent.id"
GEN_AI_AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
GEN_AI_AGENT_VERSION: Final = "gen_ai.agent.version"
GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
GEN_AI_TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
GEN_AI_TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_ARGUMENTS_DIGEST: Final = "weft.tool.arguments_digest"  # docs/reference/dialects.md

# Messaging: what crosses a broker.
MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_DESTINATION_TEMPLATE: Final = "messaging.destination.template"
MESSAGING_MESSAGE_BODY_SIZE: Final = "messaging.message.body.size"

# HTTP: where a request goes, and which one of several it is.
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
HTTP_REQUEST_RESEND_COUNT: Final = "http.request.resend_count"

# How a span ended.
ERROR_TYPE: Final = "error.type"
WEFT_OUTCOME: Final = "weft.outcome"  # "cancelled" or "closed"; absent when the work ran to its end or failed
OUTCOME_CANCELLED: Final = "cancelled"
OUTCOME_CLOSED: Final = "closed"

# What arrived with the context of a span's parent (docs/reference/evidence.md).
PROPAGATION_OUTCOME: Final = "weft.propagation.outcome"
PROPAGATION_FORMAT: Final = "weft.propagation.format"
PROPAGATION_RECEIVED: Final = "weft.propagation.received"
PROPAGATION_PROBLEMS: Final = "weft.propagation.problems"
PROPAGATION_CONFLICTS: Final = "weft.propagation.conflicts"
PROPAGATION_SENDER_SPAN_ID: Final = "weft.propagation.sender.span_id"
PROPAGATION_SENDER_AGENT: Final = "weft.propagation.sender.agent"
PROPAGATION_SENT_NS: Final = "weft.propagation.sent_ns"
PROPAGATION_CARRIER: Final = "weft.propagation.carrier"  # inside one machine only
CARRIER_ENVIRONMENT: Final = "environment"  # of a process that was started
CARRIER_PROCESS: Final = "process"  # the object of a process (multiprocessing)
CARRIER_TASK: Final = "task"  # of a pool of processes
CARRIER_QUEUE: Final = "queue"  # inside one process
PROPAGATION_READY_NS: Final = "weft.propagation.ready_ns"
PROPAGATION_TAKEN_NS: Final = "weft.propagation.taken_ns"
