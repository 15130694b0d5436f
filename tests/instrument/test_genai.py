"""Spans of workflows, agents and tools."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from opentelemetry.trace import SpanKind, StatusCode

import weft

if TYPE_CHECKING:
    from tests.instrument.conftest import Spans


def test_a_workflow_span_has_the_conventions_name_kind_and_attributes(spans: Spans) -> None:
    with weft.workflow("report", conversation_id="c1"):
        pass
    span = spans["invoke_workflow report"]
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "report",
        "gen_ai.conversation.id": "c1",
    }
    assert span.status.status_code is StatusCode.UNSET


def test_an_agent_span_has_what_is_known_of_the_agent_and_nothing_else(spans: Spans) -> None:
    with weft.agent(
        "researcher",
        id="a1",
        description="finds sources",
        version="2",
        provider="ollama",
        model="llama3",
        conversation_id="c1",
        attributes={"team": "blue", "gen_ai.output.type": "text"},
    ) as span:
        span.set_attribute("found", 3)
    with weft.agent("writer"):
        pass
    assert dict(spans["invoke_agent researcher"].attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "researcher",
        "gen_ai.agent.id": "a1",
        "gen_ai.agent.description": "finds sources",
        "gen_ai.agent.version": "2",
        "gen_ai.provider.name": "ollama",
        "gen_ai.request.model": "llama3",
        "gen_ai.conversation.id": "c1",
        "gen_ai.output.type": "text",
        "team": "blue",
        "found": 3,
    }
    assert dict(spans["invoke_agent writer"].attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "writer",
    }


def test_a_tool_span_names_the_agent_that_uses_it(spans: Spans) -> None:
    with weft.agent("researcher"), weft.tool("search", call_id="7", description="the web", type="extension"):
        pass
    span = spans["execute_tool search"]
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.agent.name": "researcher",
        "gen_ai.tool.call.id": "7",
        "gen_ai.tool.description": "the web",
        "gen_ai.tool.type": "extension",
    }
    assert spans.parent_of("execute_tool search") == "invoke_agent researcher"


def test_a_tool_belongs_to_the_innermost_agent(spans: Spans) -> None:
    with weft.agent("outer"):
        with weft.agent("inner"), weft.tool("one"):
            pass
        with weft.tool("two"):
            pass
    with weft.tool("three"):
        pass
    names = [
        (spans[f"execute_tool {name}"].attributes or {}).get("gen_ai.agent.name")
        for name in ("one", "two", "three")
    ]
    assert names == ["inner", "outer", None]


def test_a_conversation_is_inherited_but_never_made_up(spans: Spans) -> None:
    other = weft.agent("other", conversation_id="c2")
    with weft.workflow("report", conversation_id="c1"), weft.agent("a"), weft.tool("t"), other:
        pass
    with weft.workflow("none"), weft.agent("alone"):
        pass
    conversations = {span.name: (span.attributes or {}).get("gen_ai.conversation.id") for span in spans.all()}
    assert conversations == {
        "invoke_workflow report": "c1",
        "invoke_agent a": "c1",
        "execute_tool t": "c1",
        "invoke_agent other": "c2",
        "invoke_workflow none": None,
        "invoke_agent alone": None,
    }


def test_an_agent_that_works_for_a_caller_elsewhere_is_the_callers_child(spans: Spans) -> None:
    with weft.agent("local"):
        headers = {"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        with weft.agent("remote", context=weft.extract(headers)), weft.tool("t"):
            pass
    parent = spans["invoke_agent remote"].parent
    assert parent is not None
    assert parent.is_remote
    assert parent.span_id == 0xB7AD6B7169203331
    assert spans.parent_of("execute_tool t") == "invoke_agent remote"


@weft.tool
def search(query: str, *, limit: int = 3) -> list[str]:
    """Find something."""
    return [query] * limit


@weft.agent
async def researcher(question: str) -> list[str]:
    return search(question, limit=1)


@weft.workflow("report")
async def report(question: str) -> list[str]:
    return await researcher(question)


@weft.agent(model="llama3")
def writer() -> str:
    return "text"


def test_decorators_without_arguments_take_the_functions_name(spans: Spans) -> None:
    assert asyncio.run(report("why")) == ["why"]
    assert writer() == "text"
    assert spans.parent_of("execute_tool search") == "invoke_agent researcher"
    assert spans.parent_of("invoke_agent researcher") == "invoke_workflow report"
    assert (spans["invoke_agent writer"].attributes or {})["gen_ai.request.model"] == "llama3"


def test_a_scope_without_a_name_is_named_after_its_operation(spans: Spans) -> None:
    with weft.agent():
        pass
    assert dict(spans["invoke_agent"].attributes or {}) == {"gen_ai.operation.name": "invoke_agent"}


@pytest.mark.parametrize("wrong", [7, "text", ["a"], {7: "x"}, {"key": object()}])
def test_attributes_that_cannot_be_recorded_never_reach_user_code(spans: Spans, wrong: object) -> None:
    with weft.agent("a", attributes=wrong):  # type: ignore[call-overload]  # the mistake under test
        pass
    with weft.tool(7, type=object()):  # type: ignore[call-overload]  # the mistake under test
        pass
    assert spans.names() == ["invoke_agent a", "execute_tool 7"]
