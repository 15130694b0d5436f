"""Spans as the SDKs of observability platforms write them."""

import json

from tests.decode.dialects.speaking import Spoken

from weft.model.work import Tokens, Work

PLATFORMS: list[tuple[str, Spoken, Work]] = [
    (
        "Langfuse: a generation",
        Spoken(
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.model.name": "claude-opus-4",
                "langfuse.observation.usage_details": json.dumps(
                    {
                        "input": 7,
                        "cache_read_input_tokens": 16000,
                        "input_cache_creation": 2000,
                        "output": 400,
                    }
                    | {"output_reasoning_tokens": 45, "total": 18452}
                ),
                "langfuse.observation.cost_details": '{"input": 0.01, "output": 0.02, "total": 0.03}',
                "langfuse.session.id": "s",
                "langfuse.trace.name": "support",
            },
            name="answer",
        ),
        Work(
            operation="chat",
            model="claude-opus-4",
            conversation="s",
            workflow="support",
            tokens=Tokens(18007, 445, 16000, 2000, 45),
            cost=0.03,
        ),
    ),
    (
        "Langfuse: OpenAI's usage",
        Spoken(
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.usage_details": json.dumps(
                    {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
                ),
            }
        ),
        Work(operation="chat", tokens=Tokens(9, 3)),
    ),
    (
        "Langfuse: an agent is named by its span",
        Spoken({"langfuse.observation.type": "agent"}, name="researcher"),
        Work(operation="invoke_agent", agent="researcher"),
    ),
    (
        "Laminar: a model call",
        Spoken(
            {
                "lmnr.span.type": "LLM",
                "gen_ai.system": "anthropic",
                "gen_ai.request.model": "claude",
                "gen_ai.usage.input_tokens": 1000,
                "gen_ai.usage.output_tokens": 500,
                "gen_ai.usage.cache_read_input_tokens": 800,
                "gen_ai.usage.input_cost": 0.25,
                "gen_ai.usage.output_cost": 0.5,
                "lmnr.association.properties.session_id": "s",
            }
        ),
        Work(
            operation="chat",
            provider="anthropic",
            model="claude",
            conversation="s",
            tokens=Tokens(1000, 500, 800),
            cost=0.75,
        ),
    ),
    (
        "Laminar: a tool is named by its span",
        Spoken({"lmnr.span.type": "TOOL", "lmnr.span.input": '["tea"]'}, name="search"),
        Work(operation="execute_tool", tool="search", arguments='["tea"]'),
    ),
    (
        "LangSmith: a chain",
        Spoken(
            {
                "langsmith.span.kind": "chain",
                "langsmith.trace.name": "RunnableSequence",
                "gen_ai.operation.name": "chain",
                "gen_ai.system": "langchain",
                "langsmith.metadata.thread_id": "t-1",
            },
            name="RunnableSequence",
            scope="langsmith",
        ),
        Work(operation="task", workflow="RunnableSequence", provider="langchain", conversation="t-1"),
    ),
    (
        "LangSmith: a model call",
        Spoken(
            {
                "langsmith.span.kind": "llm",
                "langsmith.trace.name": "ChatOpenAI",
                "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai",
                "langsmith.metadata.ls_model_name": "gpt-4o-mini",
                "gen_ai.usage.input_tokens": 11,
                "gen_ai.usage.output_tokens": 7,
                "gen_ai.usage.input_token_details": '{"cache_read": 4}',
            },
            name="ChatOpenAI",
            scope="langsmith",
        ),
        Work(operation="chat", provider="openai", model="gpt-4o-mini", tokens=Tokens(11, 7, 4)),
    ),
    (
        "LangSmith: a retriever, which its exporter calls embeddings",
        Spoken({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}),
        Work(operation="retrieval"),
    ),
    (
        "MLflow: a model call",
        Spoken(
            {
                "mlflow.spanType": '"CHAT_MODEL"',
                "mlflow.llm.model": '"gpt-4o"',
                "mlflow.llm.provider": '"openai"',
                "mlflow.chat.tokenUsage": '{"input_tokens": 8, "output_tokens": 3, "total_tokens": 11}',
                "mlflow.llm.cost": '{"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.4}',
                "session.id": "s",
            }
        ),
        Work(
            operation="chat",
            model="gpt-4o",
            provider="openai",
            conversation="s",
            tokens=Tokens(8, 3),
            cost=0.4,
        ),
    ),
    (
        "MLflow: an agent is named by its span",
        Spoken({"mlflow.spanType": '"AGENT"', "mlflow.spanInputs": "{}"}, name="planner"),
        Work(operation="invoke_agent", agent="planner"),
    ),
    (
        "AgentOps: an agent",
        Spoken(
            {"agentops.span.kind": "agent", "operation.name": "ResearchAgent", "agent.id": "a-1"},
            name="ResearchAgent.agent",
        ),
        Work(operation="invoke_agent", agent="ResearchAgent", agent_id="a-1"),
    ),
    (
        "AgentOps: a tool",
        Spoken(
            {"agentops.span.kind": "tool", "operation.name": "search", "agentops.entity.input": "{}"},
            name="search.tool",
        ),
        Work(operation="execute_tool", tool="search", arguments="{}"),
    ),
    ("W&B Weave: a thread", Spoken({"wandb.thread_id": "t"}), Work(conversation="t")),
]
