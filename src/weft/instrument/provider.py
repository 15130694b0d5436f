"""The tracer provider: the user's, where there is one, or one made from the OTEL_* variables."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider

from weft.instrument.ids import OwnIds
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Characters of one attribute value. Prompts of a million characters pass whole; what is longer is cut.
MAX_VALUE_CHARS: Final = 1024 * 1024
VALUE_LENGTH_VARIABLE: Final = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"

_log = logging.getLogger("weft")


def provide(resource: Resource, processors: Sequence[SpanProcessor]) -> None:
    """Send the spans of this process through processors.

    A provider that is set already stays, with its resource, sampler and processors, and gets ours as well.

    Args:
        resource: Who is speaking, for a provider made here.
        processors: What sees the spans begin and end, in this order.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = TracerProvider(resource=resource, span_limits=_span_limits(), id_generator=OwnIds())
        os.register_at_fork(after_in_child=_pid_keeper(provider))
        trace.set_tracer_provider(provider)
    elif isinstance(provider, TracerProvider):
        theirs, ours = (each.attributes.get(keys.SERVICE_NAME) for each in (provider.resource, resource))
        if theirs != ours:
            _log.warning("weft: a TracerProvider is set already; its spans stay those of service %r", theirs)
    else:
        _log.warning(
            "weft: %s is set as TracerProvider and takes no span processors; spans go where it sends them",
            type(provider).__name__,
        )
        return
    for processor in processors:
        provider.add_span_processor(processor)


def renamed(resource: Resource) -> None:
    """Have the spans that begin from now on say that somebody else speaks; a provider of the user's stays."""
    provider: Any = trace.get_tracer_provider()
    update = getattr(provider, "_update_resource", None)  # the SDK's own way after a fork (1.45)
    if update is not None and keys.TELEMETRY_DISTRO_NAME in provider.resource.attributes:
        update(resource)


def _span_limits() -> SpanLimits:
    """The SDK's limits from the OTEL_*_LIMIT variables, and one for the length of values, which it lacks."""
    length = None if VALUE_LENGTH_VARIABLE in os.environ else MAX_VALUE_CHARS
    try:
        return SpanLimits(max_attribute_length=length)
    except ValueError as error:  # names the variable
        _log.warning("weft: %s; going on with the default limits", error)
    return SpanLimits(
        max_attributes=128,
        max_span_attributes=128,
        max_event_attributes=128,
        max_link_attributes=128,
        max_events=128,
        max_links=128,
        max_attribute_length=MAX_VALUE_CHARS,
        max_span_attribute_length=MAX_VALUE_CHARS,
    )


def _pid_keeper(provider: TracerProvider) -> Callable[[], None]:
    """In a forked child: put its own process id into the resource.

    The SDK (1.45) renews ``service.instance.id`` after a fork and offers no way to renew the rest but this
    method.
    """

    def keep() -> None:
        update = getattr(provider, "_update_resource", None)
        if update is not None:
            update(Resource({keys.PROCESS_PID: os.getpid()}))

    return keep
