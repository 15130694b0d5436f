"""Spans as the conventions want them, in several generations."""

import json

from tests.decode.dialects.speaking import Spoken

from weft.model.work import NO_WORK, Tokens, Work

CONVENTIONS: list[tuple[str, Spoken, Work]] = [
    (
        "OTel GenAI: an agent",
        Spoken(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.provider.name": "openai",
                "gen_ai.agent.name": "Math Tutor",
                "gen_ai.agent.id": "asst_5j66UpCpwteGg4YSxUnt7lPY",
                "gen_ai.conversation.id": "conv_5j66",
                "gen_ai.workflow.name": "lesson",
            },
            name="invoke_agent Math Tutor",
        ),
        Work(
            agent="Math Tutor",
            agent_id="asst_5j66UpCpwteGg4YSxUnt7lPY",
            operation="invoke_agent",
            provider="openai",
            conversation="conv_5j66",
            workflow="lesson",
        ),
    ),
    (
        "OTel GenAI: a model call",
        Spoken(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "anthropic",
                "gen_ai.request.model": "claude-sonnet-4",
                "gen_ai.response.model": "claude-sonnet-4-20250514",
                "gen_ai.usage.input_tokens": 1200,
                "gen_ai.usage.output_tokens": 300,
                "gen_ai.usage.cache_read.input_tokens": 1000,
                "gen_ai.usage.cache_creation.input_tokens": 100,
                "gen_ai.usage.reasoning.output_tokens": 200,
            },
            name="chat claude-sonnet-4",
            kind="client",
        ),
        Work(
            operation="chat",
            provider="anthropic",
            model="claude-sonnet-4-20250514",
            tokens=Tokens(1200, 300, 1000, 100, 200),
        ),
    ),
    (
        "OTel GenAI 1.27: the names of then",
        Spoken(
            {
                "gen_ai.operation.name": "text_completion",
                "gen_ai.system": "az.ai.openai",
                "gen_ai.request.model": "gpt-4",
                "gen_ai.usage.prompt_tokens": 10,
                "gen_ai.usage.completion_tokens": 5,
            }
        ),
        Work(operation="text_completion", provider="azure.ai.openai", model="gpt-4", tokens=Tokens(10, 5)),
    ),
    (
        "OTel GenAI: a tool",
        Spoken(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "get_weather",
                "gen_ai.tool.call.arguments": {"city": "Paris"},
                "gen_ai.agent.name": "forecaster",
            },
            name="execute_tool get_weather",
        ),
        Work(operation="execute_tool", tool="get_weather", arguments='{"city":"Paris"}', agent="forecaster"),
    ),
    (
        "OTel GenAI: an operation of its own",
        Spoken({"gen_ai.operation.name": "Translate_Speech"}),
        Work(operation="translate_speech"),
    ),
    (
        "OTel GenAI: memory",
        Spoken({"gen_ai.operation.name": "search_memory", "gen_ai.agent.name": "a"}),
        Work(operation="memory", agent="a"),
    ),
    (
        "MCP: a call of a tool",
        Spoken(
            {"mcp.method.name": "tools/call", "mcp.session.id": "s", "jsonrpc.request.id": "1"},
            name="tools/call get-weather",
            kind="client",
        ),
        Work(operation="execute_tool", tool="get-weather"),
    ),
    (
        "MCP: any other method",
        Spoken({"mcp.method.name": "tools/list", "gen_ai.provider.name": "OpenAI"}, name="tools/list"),
        Work(provider="openai"),
    ),
    (
        "MCP as OpenLLMetry writes it",
        Spoken(
            {
                "mcp.method.name": "tools/call",
                "mcp.request.argument": json.dumps(
                    {"method": "tools/call", "params": {"name": "add", "arguments": {"b": 1, "a": 2}}}
                ),
            },
            name="add.tool",
        ),
        Work(operation="execute_tool", tool="add", arguments='{"a": 2, "b": 1}'),
    ),
    (
        "A2A: a message",
        Spoken(
            {
                "a2a.method.name": "SendMessage",
                "gen_ai.agent.name": "Travel Planner",
                "a2a.context.id": "ctx",
            },
            name="SendMessage",
            kind="client",
        ),
        Work(operation="invoke_agent", agent="Travel Planner", conversation="ctx"),
    ),
    (
        "A2A: any other method",
        Spoken({"a2a.method.name": "GetTask", "a2a.task.id": "t"}, kind="client"),
        NO_WORK,
    ),
    (
        "a name that says it",
        Spoken(name="invoke_agent writer"),
        Work(operation="invoke_agent", agent="writer"),
    ),
    (
        "no AI work",
        Spoken({"http.request.method": "GET", "model": "T", "input_tokens": 3}, name="GET /"),
        NO_WORK,
    ),
]
