"""When an item was put into a queue and when it was taken: kept in its context until a span tells it.

It costs 0.3 µs an item that is taken under another context (measured: put and get 7.0 µs for 6.7).
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Final

from opentelemetry.context import create_key

from weft.context.arrival import SPAN_KEY
from weft.model import keys

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

#: The key of a `Handed` in a context.
HANDED: Final = create_key("weft.handed")


class Handed:
    """An item on its way through a queue of this process.

    Args:
        span: Under which the taker works: the first span that begins there tells of it, and no other.
        put_ns: When it was put, nanoseconds since the Unix epoch. It is taken now.
    """

    __slots__ = ("_put_ns", "_taken_ns", "span", "told")

    def __init__(self, span: Span, put_ns: int) -> None:
        self.span = span
        self.told = False
        self._put_ns = put_ns
        self._taken_ns = time_ns()

    def attributes(self) -> dict[str, str | int]:
        """The record as the span's attributes (docs/reference/evidence.md)."""
        return {
            keys.PROPAGATION_CARRIER: keys.CARRIER_QUEUE,
            keys.PROPAGATION_SENT_NS: self._put_ns,
            keys.PROPAGATION_TAKEN_NS: self._taken_ns,
        }


def handed_in(context: Context) -> Handed | None:
    """What a span tells that begins in this context; None where it is an inner span's, or it was told."""
    found = context.get(HANDED)
    if isinstance(found, Handed) and not found.told and context.get(SPAN_KEY) is found.span:
        return found
    return None
