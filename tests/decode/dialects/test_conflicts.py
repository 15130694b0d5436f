"""Where several dialects are spoken on one span, and where what is said makes no sense."""

from typing import Any

import pytest
from tests.decode.dialects.speaking import Spoken, in_columns, ingested, read_alone

from weft.model.work import NO_WORK, Tokens, Work


def said(attributes: dict[str, Any], **span: Any) -> Work:
    """What a span says; both appliers have to agree."""
    spoken = Spoken(attributes, **span)
    work = read_alone(spoken)
    assert ingested([spoken]) == [in_columns(work)]
    return work


def test_one_call_that_two_instrumentations_wrote_on_is_one_call() -> None:
    work = said(
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o",
            "llm.token_count.prompt": 100,
            "llm.token_count.completion": 20,
            "llm.token_count.prompt_details.cache_read": 64,
            "llm.cost.total": 0.5,
            "llm.request.type": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "llm.usage.total_tokens": 120,
        }
    )
    assert work == Work(operation="chat", model="gpt-4o-2024-08-06", tokens=Tokens(100, 20, 64), cost=0.5)


def test_a_kind_that_a_vendor_chose_is_believed_before_the_conventions() -> None:
    assert said({"langfuse.observation.type": "tool", "gen_ai.operation.name": "chat"}, name="t") == Work(
        operation="execute_tool", tool="t"
    )


def test_a_word_that_says_little_yields_to_one_that_says_more() -> None:
    for kind in ("LLM", "CHAIN"):
        work = said({"openinference.span.kind": kind, "gen_ai.operation.name": "invoke_agent"})
        assert work.operation == "invoke_agent"
    assert said({"openinference.span.kind": "LLM", "gen_ai.operation.name": "ask"}).operation == "chat"


def test_names_of_an_agent_are_believed_in_this_order() -> None:
    names = {
        "gen_ai.agent.name": "1",
        "agent.name": "2",
        "traceloop.entity.name": "3",
        "agent_name": "4",
        "flue.task.agent": "5",
        "gen_ai.agent.role": "6",
        "graph.node.name": "9",
    }
    kinds = {"traceloop.span.kind": "agent", "langfuse.observation.type": "agent"}
    while names:
        assert said(kinds | names, name="invoke_agent 7").agent == min(*names.values(), "7")
        names.pop(next(iter(names)))
    assert said(kinds | {"graph.node.name": "9"}, name="8").agent == "8"
    assert said({"graph.node.name": "9"}, name="8").agent == "9"


def test_ids_of_a_conversation_are_believed_in_this_order() -> None:
    keys = [
        "session.id",
        "gen_ai.conversation.id",
        "langfuse.session.id",
        "lmnr.association.properties.session_id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "gcp.vertex.agent.session_id",
    ]
    while keys:
        assert said({key: key for key in keys}).conversation == keys.pop(0)


def test_what_names_an_agent_names_a_tool_in_the_span_of_a_tool() -> None:
    work = said({"traceloop.span.kind": "tool", "traceloop.entity.name": "search", "agent_name": "a"})
    assert (work.agent, work.tool) == ("a", "search")


def test_a_message_that_carries_a_model_is_no_call_of_it() -> None:
    carried = {"gen_ai.request.model": "gpt-4o", "gen_ai.agent.name": "writer"}
    for kind in ("producer", "consumer"):
        assert said(carried, kind=kind) == Work(model="gpt-4o", agent="writer")
    assert said(carried, kind="client").operation == "chat"


def test_bare_words_count_in_their_own_scope_only() -> None:
    words = {"agent_name": "Jenkins", "model_name": "T"}
    assert said(words) == Work(agent="Jenkins")
    assert said(words, scope="pydantic-ai") == Work(operation="invoke_agent", agent="Jenkins", model="T")
    assert said({}, name="agent_turn") == NO_WORK


@pytest.mark.parametrize(
    ("counts", "tokens"),
    [
        ({"input_tokens": 10, "cache_read.input_tokens": 4}, Tokens(10, 0, 4)),
        ({"input_tokens": 10, "cache_read.input_tokens": 40}, Tokens(50, 0, 40)),
        (
            {"input_tokens": 1, "cache_read.input_tokens": 2, "cache_creation.input_tokens": 3},
            Tokens(6, 0, 2, 3),
        ),
        ({"output_tokens": 5, "reasoning.output_tokens": 9}, Tokens(0, 14, 0, 0, 9)),
        ({"total_tokens": 30}, Tokens(30)),
        ({"total_tokens": 30, "output_tokens": 10}, Tokens(20, 10)),
        ({"total_tokens": 30, "input_tokens": 10}, Tokens(10, 20)),
        ({"total_tokens": 3, "input_tokens": 10}, Tokens(10)),
        ({"input_tokens": 0}, Tokens()),
        ({"input_tokens": "12", "output_tokens": 3.9}, Tokens(12, 3)),
        ({"input_tokens": -1, "prompt_tokens": 4}, Tokens(4)),
        ({"input_tokens": 1 << 40}, Tokens(1 << 40)),
        ({"input_tokens": (1 << 40) + 1}, None),
        ({"input_tokens": float("nan"), "output_tokens": float("inf")}, None),
        ({"input_tokens": "many", "output_tokens": [1], "total_tokens": b"7"}, None),
        ({"input_tokens": True}, None),
        ({"input_tokens": "9" * 400}, None),
    ],
    ids=str,
)
def test_counts_add_up_and_nonsense_is_not_counted(counts: dict[str, Any], tokens: Tokens | None) -> None:
    assert said({f"gen_ai.usage.{key}": value for key, value in counts.items()}).tokens == tokens


@pytest.mark.parametrize(
    ("value", "cost"),
    [(0.25, 0.25), (1, 1.0), ("1e-05", 1e-05), (0, 0.0), (-0.5, None), (1e12, None), ("1 dollar", None)],
)
def test_a_cost_is_a_sum_of_dollars_that_a_call_can_cost(value: Any, cost: float | None) -> None:
    assert said({"gen_ai.usage.cost": value}).cost == cost


@pytest.mark.parametrize(
    "usage",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"x"',
        '{"input": "x", "output": null}',
        '{"input": -1}',
        "[" * 900,
        '{"input": 1e999}',
    ],
)
def test_documents_that_are_none_say_nothing(usage: str) -> None:
    spoken = {"langfuse.observation.usage_details": usage, "mlflow.chat.tokenUsage": usage}
    assert said(spoken | {"llm.invocation_parameters": usage, "mcp.request.argument": usage}) == NO_WORK


def test_a_large_value_names_nothing_but_may_be_an_argument() -> None:
    large = "x" * 2048
    work = said({"gen_ai.agent.name": large, "gen_ai.tool.name": "t", "gen_ai.tool.call.arguments": large})
    assert work == Work(operation="execute_tool", tool="t", arguments=large)


def test_blank_names_are_none() -> None:
    assert said({"gen_ai.agent.name": " ", "agent.name": '""', "agent_name": "a"}).agent == "a"


def test_what_a_tool_was_called_with_says_more_than_a_digest_of_it() -> None:
    work = said(
        {
            "weft.tool.arguments_digest": "a90bb649b697e7e7",
            "gen_ai.operation.name": "execute_tool",
            "gcp.vertex.agent.tool_call_args": '{"query": "tea"}',
        }
    )
    assert work == Work(operation="execute_tool", arguments='{"query": "tea"}')
