"""Metadata: what a call carries along, and what has arrived with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context

from weft.context import propagation
from weft.context.carriers import remove
from weft.instrument.trust.egress import going_to
from weft.instrument.trust.ingress import arriving

if TYPE_CHECKING:
    from collections.abc import Iterable


def leaving(metadata: Iterable[Any], context: Context, host: str, port: int | None) -> list[Any]:
    """Return a call's metadata with the trace context, as far as the destination may have it.

    What the user gave stays in order, twice where a key is given twice (contrib's sync client makes a dict
    of it, so that one of two values is lost), and ``-bin`` values stay as they are. Trace fields among it,
    say of a request that is handed on, are replaced.

    Args:
        metadata: What the user gave, pairs of key and value.
        context: The context of the call.
        host: Where it goes; empty for this machine.
        port: The port there, if it is known.
    """
    pairs = list(metadata)
    with going_to(host, port) as destination:
        fields: dict[str, str] = propagation.inject({}, context)
        if "traceparent" in fields:
            remove(pairs, "tracestate")
        for name, value in fields.items():
            if value.isascii() and value.isprintable():  # gRPC refuses the whole call for anything else
                remove(pairs, name)
                pairs.append((name.lower(), value))
        destination.strip(pairs)
    return pairs


def arrived(metadata: Iterable[Any] | None, method: str, door: tuple[str, int | None]) -> Context:
    """Read the context that a call came with; an empty one where it came with none.

    Every value of a key is shown to the propagator: contrib keeps the last one, so that half of the baggage
    is lost where there are two. (Of two ``traceparent`` gRPC's core hands over the last one; measured, 1.85.)
    The server's own surroundings are no parent: a server that was started inside a span would have every call
    without context under it.

    Args:
        metadata: The invocation metadata.
        method: The full method, ``/package.Service/Method``.
        door: Where the server listens, as far as it is known.
    """
    host, port = door
    with arriving(path=method, host=host, port=port):
        return propagation.extract(list(metadata or ()), Context())
