"""Spans as instrumentations for any backend write them."""

from tests.decode.dialects.speaking import Spoken

from weft.model.work import Tokens, Work

INSTRUMENTATIONS: list[tuple[str, Spoken, Work]] = [
    (
        "OpenInference: a model call",
        Spoken(
            {
                "openinference.span.kind": "LLM",
                "llm.model_name": "gpt-4o",
                "llm.provider": "OpenAI",
                "llm.system": "openai",
                "llm.token_count.prompt": 900,
                "llm.token_count.completion": 100,
                "llm.token_count.total": 1000,
                "llm.token_count.prompt_details.cache_read": 512,
                "llm.token_count.completion_details.reasoning": 64,
                "llm.cost.prompt": 0.002,
                "llm.cost.completion": 0.001,
                "session.id": "session-7",
            },
            name="ChatCompletion",
        ),
        Work(
            operation="chat",
            model="gpt-4o",
            provider="openai",
            conversation="session-7",
            tokens=Tokens(900, 100, 512, 0, 64),
            cost=0.003,
        ),
    ),
    (
        "OpenInference: an agent",
        Spoken({"openinference.span.kind": "AGENT", "agent.name": "planner", "graph.node.name": "node"}),
        Work(operation="invoke_agent", agent="planner"),
    ),
    (
        "OpenInference: a node of a graph",
        Spoken({"openinference.span.kind": "CHAIN", "graph.node.name": "researcher", "graph.node.id": "r"}),
        Work(operation="task", agent="researcher"),
    ),
    (
        "OpenInference: an agent that is named as a node only",
        Spoken({"openinference.span.kind": "AGENT", "graph.node.id": "Researcher"}),
        Work(operation="invoke_agent", agent="Researcher"),
    ),
    (
        "OpenInference: a tool",
        Spoken({"openinference.span.kind": "TOOL", "tool.name": "search", "input.value": "tea"}),
        Work(operation="execute_tool", tool="search", arguments="tea"),
    ),
    (
        "OpenInference: the model in the parameters",
        Spoken(
            {"openinference.span.kind": "LLM", "llm.invocation_parameters": '{"model": "o3", "top_p": 1}'}
        ),
        Work(operation="chat", model="o3"),
    ),
    (
        "OpenLLMetry: an agent",
        Spoken(
            {
                "traceloop.span.kind": "agent",
                "traceloop.entity.name": "researcher",
                "traceloop.workflow.name": "report",
                "traceloop.association.properties.session_id": "s1",
            },
            name="researcher.agent",
        ),
        Work(operation="invoke_agent", agent="researcher", workflow="report", conversation="s1"),
    ),
    (
        "OpenLLMetry: a tool",
        Spoken(
            {
                "traceloop.span.kind": "tool",
                "traceloop.entity.name": "search",
                "traceloop.entity.input": '{"args": ["tea"]}',
            },
            name="search.tool",
        ),
        Work(operation="execute_tool", tool="search", arguments='{"args": ["tea"]}'),
    ),
    (
        "OpenLLMetry: a model call",
        Spoken(
            {
                "llm.request.type": "completion",
                "gen_ai.system": "OpenAI",
                "gen_ai.request.model": "davinci",
                "llm.usage.total_tokens": 30,
                "gen_ai.usage.prompt_tokens": 20,
            },
            name="openai.completion",
        ),
        Work(operation="text_completion", provider="openai", model="davinci", tokens=Tokens(20, 10)),
    ),
    (
        "OpenLLMetry: a hand-off",
        Spoken(
            {
                "traceloop.span.kind": "handoff",
                "gen_ai.system": "openai_agents",
                "gen_ai.handoff.from_agent": "triage",
                "gen_ai.handoff.to_agent": "refunds",
            },
            name="triage → refunds.handoff",
        ),
        Work(operation="handoff", agent="triage", provider="openai_agents"),
    ),
    (
        "Logfire: a hand-off of OpenAI's Agents",
        Spoken({"from_agent": "triage", "to_agent": "refunds"}, name="Handoff: triage → refunds"),
        Work(operation="handoff", agent="triage"),
    ),
    (
        "OpenLIT: a task of CrewAI",
        Spoken(
            {
                "gen_ai.operation.name": "agent",
                "gen_ai.system": "crewai",
                "gen_ai.agent.role": "Senior Researcher",
                "gen_ai.agent.goal": "find",
                "gen_ai.usage.total_tokens": 77,
                "gen_ai.usage.cost": "0.0042",
            }
        ),
        Work(
            operation="invoke_agent",
            agent="Senior Researcher",
            provider="crewai",
            tokens=Tokens(77, 0),
            cost=0.0042,
        ),
    ),
    (
        "OpenLIT: a vector store",
        Spoken({"gen_ai.operation.name": "vectordb", "db.system.name": "chroma"}),
        Work(operation="retrieval"),
    ),
    (
        "LoongSuite: a step",
        Spoken({"gen_ai.span.kind": "STEP", "gen_ai.operation.name": "react", "gen_ai.session.id": "s"}),
        Work(operation="task", conversation="s"),
    ),
]
