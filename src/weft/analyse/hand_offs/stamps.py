"""Moments that a receiving span has written down, as evidence (docs/reference/evidence.md)."""

from weft.model import keys
from weft.model.span import Span, text

#: No clock shows more: nanoseconds in 63 bits.
_LATEST_NS = (1 << 63) - 1


def stamp(span: Span, key: str) -> int | None:
    """A moment, by the clock of whoever stamped it; None where there is none that can be one."""
    value = span.attributes.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST_NS:
        return value
    return None


def names_sender(receiver: Span, sender: Span) -> bool:
    """Whether the evidence that arrived is this sender's own: nobody's between the two, and no other's."""
    named = receiver.attributes.get(keys.PROPAGATION_SENDER_SPAN_ID)
    return text(named) == sender.span_id if named else receiver.parent_id == sender.span_id


def is_known(receiver: Span, sender: Span) -> bool:
    """Whether the receiver itself says that it comes from this span, or the tree only assumes it."""
    return (
        receiver.parent_id == sender.span_id
        or (receiver.span_id == sender.span_id and receiver.kind == "server")
        or names_sender(receiver, sender)
        or any(link.span_id == sender.span_id for link in receiver.links)
    )
