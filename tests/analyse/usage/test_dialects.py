"""Overlapping instrumentations, in the words in which each of them writes."""

import pytest

from weft.analyse.explain import explain
from weft.model.span import Span, Value
from weft.model.work import Tokens
from weft.testing import TraceBuilder

OPENINFERENCE = "openinference.instrumentation.langchain"
OPENLLMETRY = "opentelemetry.instrumentation.openai.v1"


def openinference(kind: str, **tokens: int) -> dict[str, Value]:
    counts: dict[str, Value] = {f"llm.token_count.{key}": value for key, value in tokens.items()}
    model: dict[str, Value] = {"llm.model_name": "gpt-4o-2024-08-06"} if kind == "LLM" else {}
    return {"otel.scope.name": OPENINFERENCE, "openinference.span.kind": kind, **model, **counts}


def openllmetry(prompt: int, completion: int) -> dict[str, Value]:
    return {
        "otel.scope.name": OPENLLMETRY,
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.prompt_tokens": prompt,
        "gen_ai.usage.completion_tokens": completion,
        "llm.usage.total_tokens": prompt + completion,
    }


def sdk(read: int, written: int, **more: Value) -> dict[str, Value]:
    return {
        "otel.scope.name": "opentelemetry.instrumentation.openai_v2",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": written,
        **more,
    }


def total(build: TraceBuilder) -> Tokens:
    return explain(build.trace()).usage.tokens


def chain(build: TraceBuilder) -> Span:
    return build.span("AgentExecutor", ms=100, attributes=openinference("AGENT", prompt=1000, completion=50))


def test_three_instrumentations_around_each_other() -> None:
    build = TraceBuilder()
    details: dict[str, Value] = {"llm.token_count.prompt_details.cache_read": 200}
    outer = build.span(
        "ChatOpenAI", parent=chain(build), at_ms=1, ms=90,
        attributes=openinference("LLM", prompt=1000, completion=50) | details,
    )  # fmt: skip
    middle = build.span("openai.chat", parent=outer, at_ms=2, ms=80, attributes=openllmetry(1000, 50))
    build.span("chat gpt-4o", parent=middle, at_ms=3, ms=70, attributes=sdk(1000, 50))

    assert total(build) == Tokens(1000, 50, 200)
    assert explain(build.trace()).usage.cost == pytest.approx((800 * 2.5 + 200 * 1.25 + 50 * 10) / 1e6)


def test_three_instrumentations_beside_each_other() -> None:
    build = TraceBuilder()
    above = chain(build)
    build.span(
        "ChatOpenAI",
        parent=above,
        at_ms=1,
        ms=90,
        attributes=openinference("LLM", prompt=1000, completion=50),
    )
    build.span("openai.chat", parent=above, at_ms=2, ms=88, attributes=openllmetry(1000, 50))
    build.span("chat gpt-4o", parent=above, at_ms=3, ms=86, attributes=sdk(1000, 50))

    assert total(build) == Tokens(1000, 50)


def test_two_calls_of_one_agent_each_seen_twice() -> None:
    build = TraceBuilder()
    above = chain(build)
    for at_ms in (1, 50):
        build.span(
            "ChatOpenAI",
            parent=above,
            at_ms=at_ms,
            ms=40,
            attributes=openinference("LLM", prompt=500, completion=25),
        )
        build.span("chat gpt-4o", parent=above, at_ms=at_ms + 1, ms=38, attributes=sdk(500, 25))

    assert total(build) == Tokens(1000, 50)


def test_the_vercel_sdk_sums_up_its_steps() -> None:
    build = TraceBuilder()
    usage: dict[str, Value] = {"ai.usage.inputTokens": 300, "ai.usage.outputTokens": 30}
    outer = build.span(
        "ai.generateText",
        ms=100,
        attributes={"ai.operationId": "ai.generateText", "ai.model.id": "gpt-4o", **usage},
    )
    for step in range(2):
        said: dict[str, Value] = {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.model.id": "gpt-4o",
            "ai.usage.inputTokens": 150,
            "ai.usage.outputTokens": 15,
            "gen_ai.usage.input_tokens": 150,
            "gen_ai.usage.output_tokens": 15,
        }
        build.span("ai.generateText.doGenerate", parent=outer, at_ms=50 * step, ms=40, attributes=said)

    assert total(build) == Tokens(300, 30)


def test_an_agent_run_sums_up_what_a_stream_did_not_say() -> None:
    build = TraceBuilder()
    said: dict[str, Value] = {
        "agent_name": "planner", "gen_ai.usage.input_tokens": 300, "gen_ai.usage.output_tokens": 30
    }  # fmt: skip
    run = build.span("agent run", ms=100, attributes=said)
    build.span("chat gpt-4o", parent=run, ms=40, attributes=sdk(0, 0))

    assert total(build) == Tokens(300, 30)
