"""workflow, agent and tool: spans as the GenAI semantic conventions describe them.

Source: open-telemetry/semantic-conventions-genai, model/gen-ai/spans.yaml
(``gen_ai.invoke_workflow.internal``, ``gen_ai.invoke_agent.internal``, ``gen_ai.execute_tool.internal``).
A conversation's id is taken over from the enclosing scope, never made up; a tool takes over the name of the
agent that uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, overload

from weft.instrument.span import SpanScope
from weft.instrument.workers.adoption import WORKFLOW
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context

P = ParamSpec("P")
R = TypeVar("R")


@overload
def workflow(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def workflow(
    name: str | None = None,
    *,
    conversation_id: str | None = None,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope: ...
def workflow(
    name: Callable[P, R] | str | None = None,
    *,
    conversation_id: str | None = None,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope | Callable[P, R]:
    """A run of several agents, from the call that began it to its result: span ``invoke_workflow {name}``.

    Use as ``with weft.workflow("report") as span:``, ``@weft.workflow("report")`` or ``@weft.workflow``.
    Inside a span it is part of that trace. Where a queue's item merely brought the context of another
    workflow, it begins a trace of its own, with a link.

    Args:
        name: The workflow's name; a decorated function's name by default.
        conversation_id: The conversation the run belongs to; agents and tools inside take it over.
        attributes: More attributes for the span.
        context: The parent context; the current one by default.
    """
    if callable(name) or isinstance(name, classmethod):  # a bare classmethod object cannot be called
        return workflow()(name)
    return SpanScope(
        WORKFLOW,
        name,
        subject_key=keys.GEN_AI_WORKFLOW_NAME,
        attributes={
            keys.GEN_AI_OPERATION_NAME: WORKFLOW,
            keys.GEN_AI_CONVERSATION_ID: conversation_id,
        },
        more=attributes,
        passes_on=(keys.GEN_AI_OPERATION_NAME, keys.GEN_AI_CONVERSATION_ID),
        context=context,
        apart=context is None,
    )


@overload
def agent(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def agent(
    name: str | None = None,
    *,
    id: str | None = None,
    description: str | None = None,
    version: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    conversation_id: str | None = None,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope: ...
def agent(
    name: Callable[P, R] | str | None = None,
    *,
    id: str | None = None,  # noqa: A002 - gen_ai.agent.id
    description: str | None = None,
    version: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    conversation_id: str | None = None,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope | Callable[P, R]:
    """One agent at work: span ``invoke_agent {name}``.

    Use as ``with weft.agent("researcher") as span:``, ``@weft.agent("researcher")`` or ``@weft.agent``.

    Args:
        name: The agent's name; a decorated function's name by default.
        id: The agent's id, where the platform gives it one.
        description: What the agent is for.
        version: The agent's version.
        provider: Who serves its model (``gen_ai.provider.name``: ``openai``, ``anthropic``, ``ollama``).
        model: The model it asks for.
        conversation_id: The conversation it takes part in; the enclosing workflow's or agent's by default.
        attributes: More attributes for the span.
        context: The parent context, as from ``weft.extract``; the current one by default.
    """
    if callable(name) or isinstance(name, classmethod):  # a bare classmethod object cannot be called
        return agent()(name)
    return SpanScope(
        "invoke_agent",
        name,
        subject_key=keys.GEN_AI_AGENT_NAME,
        attributes={
            keys.GEN_AI_OPERATION_NAME: "invoke_agent",
            keys.GEN_AI_AGENT_ID: id,
            keys.GEN_AI_AGENT_DESCRIPTION: description,
            keys.GEN_AI_AGENT_VERSION: version,
            keys.GEN_AI_PROVIDER_NAME: provider,
            keys.GEN_AI_REQUEST_MODEL: model,
            keys.GEN_AI_CONVERSATION_ID: conversation_id,
        },
        more=attributes,
        inherits=(keys.GEN_AI_CONVERSATION_ID,),
        passes_on=(keys.GEN_AI_AGENT_NAME, keys.GEN_AI_CONVERSATION_ID),
        context=context,
    )


@overload
def tool(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(
    name: str | None = None,
    *,
    call_id: str | None = None,
    description: str | None = None,
    type: str | None = None,
    arguments_digest: bool = True,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope: ...
def tool(
    name: Callable[P, R] | str | None = None,
    *,
    call_id: str | None = None,
    description: str | None = None,
    type: str | None = None,  # noqa: A002 - gen_ai.tool.type
    arguments_digest: bool = True,
    attributes: Mapping[str, object] | None = None,
    context: Context | None = None,
) -> SpanScope | Callable[P, R]:
    """One use of a tool by an agent: span ``execute_tool {name}``.

    Use as ``with weft.tool("search") as span:``, ``@weft.tool("search")`` or ``@weft.tool``.

    Args:
        name: The tool's name; a decorated function's name by default.
        call_id: The id the model gave to this call.
        description: What the tool does.
        type: ``function``, ``extension`` or ``datastore``.
        arguments_digest: Whether the spans of a decorated function have a digest of its arguments, by which
            calls with the same ones are found (``weft.tool.arguments_digest``). It does not say what they
            are, but short ones can be guessed from it.
        attributes: More attributes for the span.
        context: The parent context; the current one by default.
    """
    if callable(name) or isinstance(name, classmethod):  # a bare classmethod object cannot be called
        return tool()(name)
    return SpanScope(
        "execute_tool",
        name,
        subject_key=keys.GEN_AI_TOOL_NAME,
        attributes={
            keys.GEN_AI_OPERATION_NAME: "execute_tool",
            keys.GEN_AI_TOOL_CALL_ID: call_id,
            keys.GEN_AI_TOOL_DESCRIPTION: description,
            keys.GEN_AI_TOOL_TYPE: type,
        },
        more=attributes,
        inherits=(keys.GEN_AI_AGENT_NAME, keys.GEN_AI_CONVERSATION_ID),
        context=context,
        digests=arguments_digest is True,
    )
