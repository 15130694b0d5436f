"""Traces made by hand, for tests of whatever reads traces."""

from collections.abc import Mapping, Sequence
from typing import Any

from weft.decode.dialects.read import read
from weft.model import keys
from weft.model.jaeger import SCOPE
from weft.model.span import Event, Kind, Link, Span, Status, Value
from weft.model.trace import Trace
from weft.testing.clock import FakeClock
from weft.testing.ids import SeededIds


class TraceBuilder:
    """Builds one trace, span by span.

        build = TraceBuilder()
        planner = build.agent("planner", ms=100)
        build.tool("search", parent=planner, at_ms=10, ms=50, arguments='{"query": "tea"}')
        trace = build.trace()

    Args:
        clock: The trace begins at its time.
        ids: Where ids come from; by default the same ones for every builder.
    """

    def __init__(self, clock: FakeClock | None = None, ids: SeededIds | None = None) -> None:
        self._ids = ids or SeededIds()
        self._begin_ns = (clock or FakeClock())()
        self._spans: list[Span] = []
        self.trace_id = f"{self._ids.generate_trace_id():032x}"

    def span(
        self,
        name: str,
        *,
        parent: Span | str | None = None,
        service: str | None = None,
        at_ms: float = 0.0,
        ms: float = 10.0,
        kind: Kind = "internal",
        status: Status = "unset",
        status_message: str = "",
        attributes: Mapping[str, Value] | None = None,
        events: Sequence[Event] = (),
        links: Sequence[Span] = (),
        resource: Mapping[str, Value] | None = None,
    ) -> Span:
        """Add a span.

        Args:
            name: What is done.
            parent: The span that caused it, or the id of one that is not in the trace; None for a root.
            service: Who does it; the parent's service by default.
            at_ms: Start, milliseconds after the start of the trace.
            ms: Duration in milliseconds.
            kind: The span's side of a call or a message.
            status: `error` when the work fails.
            status_message: Why it failed.
            attributes: Attributes, by the names of any convention.
            events: What happens during it.
            links: Spans of this trace that it is related to.
            resource: Attributes of the process; the parent's by default where the service is the same.
        """
        above = parent if isinstance(parent, Span) else None
        named = service or (above.service if above else "agents")
        inherited = above.resource if above and above.service == named else {}
        start_ns = self._begin_ns + round(at_ms * 1e6)
        said = dict(attributes or {})
        made = Span(
            trace_id=self.trace_id,
            span_id=f"{self._ids.generate_span_id():016x}",
            parent_id=above.span_id if above else parent if isinstance(parent, str) else None,
            service=named,
            name=name,
            kind=kind,
            start_ns=start_ns,
            end_ns=start_ns + round(ms * 1e6),
            status=status,
            status_message=status_message,
            attributes=said,
            events=tuple(events),
            links=tuple(Link(trace_id=one.trace_id, span_id=one.span_id) for one in links),
            resource=dict(inherited if resource is None else resource),
            work=read(said, name=name, kind=kind, scope=str(said.get(SCOPE, ""))),
        )
        self._spans.append(made)
        return made

    def workflow(self, name: str, **more: Any) -> Span:
        """Add a workflow; `more` are arguments of `span`."""
        return self._operation("invoke_workflow", name, {keys.GEN_AI_WORKFLOW_NAME: name}, more)

    def agent(self, name: str, **more: Any) -> Span:
        """Add an agent at work; `more` are arguments of `span`."""
        return self._operation("invoke_agent", name, {keys.GEN_AI_AGENT_NAME: name}, more)

    def tool(self, name: str, *, arguments: str = "", **more: Any) -> Span:
        """Add a call of a tool with its arguments as text; `more` are arguments of `span`."""
        said = {keys.GEN_AI_TOOL_NAME: name} | (
            {"gen_ai.tool.call.arguments": arguments} if arguments else {}
        )
        return self._operation("execute_tool", name, said, more)

    def chat(
        self, model: str, *, input_tokens: int = 0, output_tokens: int = 0, provider: str = "", **more: Any
    ) -> Span:
        """Add a call of a model; `more` are arguments of `span`."""
        said: dict[str, Value] = {
            keys.GEN_AI_REQUEST_MODEL: model,
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
        }
        if provider:
            said[keys.GEN_AI_PROVIDER_NAME] = provider
        return self._operation("chat", model, said, {"kind": "client", **more})

    def trace(self) -> Trace:
        """Give the trace of all spans that were added.

        Raises:
            ValueError: There are none.
        """
        return Trace(self.trace_id, self._spans)

    def _operation(
        self, operation: str, subject: str, said: Mapping[str, Value], more: Mapping[str, Any]
    ) -> Span:
        attributes = {keys.GEN_AI_OPERATION_NAME: operation, **said, **(more.get("attributes") or {})}
        return self.span(f"{operation} {subject}", **{**more, "attributes": attributes})
