"""Spans as agent frameworks and agents write them themselves."""

from tests.decode.dialects.speaking import Spoken

from weft.model.work import Tokens, Work

FRAMEWORKS: list[tuple[str, Spoken, Work]] = [
    (
        "pydantic-ai: a run before it knew operations",
        Spoken(
            {
                "agent_name": "bank_agent",
                "model_name": "gpt-4o",
                "all_messages": "[]",
                "gen_ai.usage.input_tokens": 50,
                "gen_ai.usage.output_tokens": 9,
                "gen_ai.usage.details.reasoning_tokens": 4,
                "logfire.msg": "bank_agent run",
            },
            name="agent run",
            scope="pydantic-ai",
        ),
        Work(
            operation="invoke_agent",
            agent="bank_agent",
            model="gpt-4o",
            tokens=Tokens(50, 9, 0, 0, 4),
        ),
    ),
    (
        "pydantic-ai: a tool before it knew operations",
        Spoken(
            {"gen_ai.tool.name": "balance", "tool_arguments": '{"id":1}', "gen_ai.tool.call.id": "c"},
            name="running tool",
            scope="pydantic-ai",
        ),
        Work(operation="execute_tool", tool="balance", arguments='{"id":1}'),
    ),
    (
        "pydantic-ai: what a call cost",
        Spoken({"gen_ai.operation.name": "chat", "operation.cost": 0.00125}, scope="pydantic-ai"),
        Work(operation="chat", cost=0.00125),
    ),
    (
        "Vercel AI SDK: a function",
        Spoken(
            {
                "operation.name": "ai.generateText writer",
                "ai.operationId": "ai.generateText",
                "ai.telemetry.functionId": "writer",
                "ai.model.id": "gpt-4o",
                "ai.model.provider": "openai.chat",
                "ai.telemetry.metadata.sessionId": "s",
                "ai.usage.promptTokens": 10,
                "ai.usage.completionTokens": 4,
            },
            name="ai.generateText",
            scope="ai",
        ),
        Work(
            operation="invoke_agent",
            agent="writer",
            model="gpt-4o",
            provider="openai",
            conversation="s",
            tokens=Tokens(10, 4),
        ),
    ),
    (
        "Vercel AI SDK: a call of the model",
        Spoken(
            {
                "ai.operationId": "ai.streamText.doStream",
                "ai.model.id": "claude",
                "ai.model.provider": "anthropic.messages",
                "ai.usage.inputTokens": 5,
                "ai.usage.outputTokens": 4,
                "ai.usage.cachedInputTokens": 100,
                "ai.usage.reasoningTokens": 2,
            },
            scope="ai",
        ),
        Work(operation="chat", model="claude", provider="anthropic", tokens=Tokens(105, 4, 100, 0, 2)),
    ),
    (
        "Vercel AI SDK: a tool",
        Spoken(
            {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "weather", "ai.toolCall.args": '{"a":1}'}
        ),
        Work(operation="execute_tool", tool="weather", arguments='{"a":1}'),
    ),
    (
        "Google ADK: a model call",
        Spoken(
            {
                "gen_ai.system": "gcp.vertex.agent",
                "gen_ai.request.model": "gemini-2.5-flash",
                "gcp.vertex.agent.llm_request": "{}",
                "gcp.vertex.agent.session_id": "s",
                "gen_ai.usage.input_tokens": 12,
                "gen_ai.usage.output_tokens": 5,
            },
            name="call_llm",
            scope="gcp.vertex.agent",
        ),
        Work(
            operation="chat",
            provider="gcp.vertex.agent",
            model="gemini-2.5-flash",
            conversation="s",
            tokens=Tokens(12, 5),
        ),
    ),
    (
        "Google ADK: a tool",
        Spoken(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "roll_die",
                "gcp.vertex.agent.tool_call_args": '{"sides": 6}',
            },
            name="execute_tool roll_die",
        ),
        Work(operation="execute_tool", tool="roll_die", arguments='{"sides": 6}'),
    ),
    (
        "Genkit: a tool",
        Spoken(
            {
                "genkit:type": "action",
                "genkit:metadata:subtype": "tool",
                "genkit:name": "myTool",
                "genkit:input": '"in"',
                "genkit:sessionId": "s",
            }
        ),
        Work(operation="execute_tool", tool="myTool", arguments='"in"', conversation="s"),
    ),
    (
        "Genkit: a model",
        Spoken({"genkit:metadata:subtype": "model", "genkit:name": "googleai/gemini-2.5-flash"}),
        Work(operation="chat", model="googleai/gemini-2.5-flash"),
    ),
    (
        "Flue: a task",
        Spoken({"flue.task.id": "1", "flue.task.agent": "summarizer"}, name="flue.task summarizer"),
        Work(operation="invoke_agent", agent="summarizer"),
    ),
    (
        "LiveKit: a tool",
        Spoken(
            {"lk.function_tool.name": "lookup_order", "lk.function_tool.arguments": '{"id":"A1"}'},
            name="function_tool",
            scope="livekit-agents",
        ),
        Work(operation="execute_tool", tool="lookup_order", arguments='{"id":"A1"}'),
    ),
    (
        "LiveKit: a turn",
        Spoken({"lk.agent_name": "host"}, name="agent_turn", scope="livekit-agents"),
        Work(operation="invoke_agent", agent="host"),
    ),
    (
        "Claude Code: a model call",
        Spoken(
            {
                "session.id": "cec62d6f",
                "span.type": "llm_request",
                "model": "claude-opus-4",
                "gen_ai.system": "anthropic",
                "input_tokens": 200,
                "output_tokens": 1200,
                "cache_read_tokens": 80,
                "cache_creation_tokens": 20,
            },
            name="claude_code.llm_request",
        ),
        Work(
            operation="chat",
            model="claude-opus-4",
            provider="anthropic",
            conversation="cec62d6f",
            tokens=Tokens(300, 1200, 80, 20),
        ),
    ),
    (
        "Claude Code: a tool",
        Spoken({"tool_name": "Bash", "span.type": "tool"}, name="claude_code.tool"),
        Work(operation="execute_tool", tool="Bash"),
    ),
    (
        "Microsoft Agent Framework: a session",
        Spoken({"gen_ai.operation.name": "invoke_agent", "microsoft.session.id": "m"}),
        Work(operation="invoke_agent", conversation="m"),
    ),
    (
        "Weft: a tool",
        Spoken(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "search",
                "weft.tool.arguments_digest": "a90bb649b697e7e7",
            },
            name="execute_tool search",
        ),
        Work(operation="execute_tool", tool="search", arguments="a90bb649b697e7e7"),
    ),
]
