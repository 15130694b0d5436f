"""The span of a request at a server's door, for all of OpenTelemetry's ASGI and WSGI instrumentations.

They share one private function, which looks at the request's headers only where no span is current. A server
that is started inside ``with weft.workflow(...)`` then takes every request for a part of that workflow: an
INTERNAL span, its caller's trace lost (measured, contrib 0.66b1). Here the headers decide, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, get_current, get_value, set_value
from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanContext, SpanKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import ModuleType

    from opentelemetry.propagators.textmap import Getter
    from opentelemetry.trace import Tracer

FUNCTION: Final = "_start_internal_or_server_span"
# In the context of a request: the parent that its headers named.
CALLER: Final = create_key("weft.request.caller")
# In the scope of an ASGI request that has a SERVER span: an application hands it, or a copy, to one inside.
SERVED: Final = "weft.served"


def correct(instrumentation: ModuleType) -> None:
    """Have an instrumentation start its spans here."""
    if hasattr(instrumentation, FUNCTION):
        setattr(instrumentation, FUNCTION, start_server_span)


def start_server_span(  # noqa: PLR0917 - called as the function it stands in for
    tracer: Tracer,
    span_name: str,
    start_time: int | None,
    context_carrier: Any,
    context_getter: Getter[Any],
    attributes: Mapping[str, Any] | None = None,
) -> tuple[Span, Token[Context] | None]:
    """Start the span of a request; stands in for ``opentelemetry.instrumentation.utils``' function.

    A request has one SERVER span. An application inside the application that has it (mounted below a path, or
    WSGI inside ASGI) gets an INTERNAL one, as before: it is known by the same caller in its headers, and in
    ASGI by the scope that it was handed.

    Returns:
        The span, and what detaches the context that was attached; None where none was.
    """
    context = extract(context_carrier, context=Context(), getter=context_getter)
    caller = trace.get_current_span(context).get_span_context()
    kind, token = SpanKind.SERVER, None
    if _is_inside(caller, context_carrier):
        kind, context = SpanKind.INTERNAL, get_current()
    else:
        context = set_value(CALLER, caller, context)
        token = attach(context)
        if "type" in context_carrier:
            context_carrier[SERVED] = True
    span = tracer.start_span(
        span_name, context=context, kind=kind, start_time=start_time, attributes=dict(attributes or {})
    )
    return span, token


def _is_inside(caller: SpanContext, carrier: Any) -> bool:
    """Whether the headers belong to a request that is being served already.

    In ASGI the context alone does not tell: uvicorn starts a pipelined request in the context of the one
    before, whose span has ended by then (0.54, measured).
    """
    outer = get_value(CALLER)
    if not isinstance(outer, SpanContext) or ("type" in carrier and SERVED not in carrier):
        return False
    return not caller.is_valid or (caller.trace_id, caller.span_id) == (outer.trace_id, outer.span_id)
