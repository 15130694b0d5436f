"""Items that are no work: a connection goes back into its queue after use, and brings nobody's trace.

asyncpg's pool is an ``asyncio.LifoQueue`` of connection holders. Were a holder to carry the context of who
gave it back, the next task without a span would go on in a stranger's trace.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

if TYPE_CHECKING:
    from opentelemetry.context import Context

# What cannot be referred to weakly and yet is a message.
VALUES: Final = (type(None), bool, int, float, complex, str, bytes, bytearray, tuple, list, dict)
RESOURCE: Final = -1
# No trace: a free place in a pool of them, put there at the start, that its user puts back in his own trace.
NOBODYS: Final = 0


class Resources:
    """Tells the items of one queue apart: a resource is put back by who used it, in the user's own trace.

    Args:
        slotted_too: Take an object that cannot be referred to weakly, and so cannot be known again, for a
            resource (in a last-in first-out queue it is one: asyncpg's holders).
    """

    __slots__ = ("_slotted_too", "_users")

    def __init__(self, *, slotted_too: bool) -> None:
        # Identity: the object as long as it lives, and the trace of who took it last.
        self._users: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._slotted_too = slotted_too

    def used(self, item: Any, context: Context) -> None:
        """Remember in which context an item was taken: that of its user's own span, or nobody's."""
        if _is_value(item) or not _has_weak_references(item):
            return
        key, users = id(item), self._users
        known = users.get(key)
        if known is None:
            users[key] = weakref.ref(item, lambda _: users.pop(key, None)), _trace_id(context)
        elif known[1] != RESOURCE:
            users[key] = known[0], _trace_id(context)

    def is_one(self, item: Any, context: Context) -> bool:
        """Whether an item that is put under a context is a resource, as far as is known by now."""
        if _is_value(item):
            return False
        known = self._users.get(id(item))
        if known is None:
            return self._slotted_too and not _has_weak_references(item)
        if known[1] not in (RESOURCE, NOBODYS, _trace_id(context)):
            return False
        self._users[id(item)] = known[0], RESOURCE
        return True


def _is_value(item: Any) -> bool:
    # Not isinstance, which asks the object for __class__: a lazy one (Django's SimpleLazyObject) is evaluated
    # by that, here with the queue's lock held.
    return issubclass(type(item), VALUES)


def _has_weak_references(item: Any) -> bool:
    return bool(type(item).__weakrefoffset__)


def _trace_id(context: Context) -> int:
    return trace.get_current_span(context).get_span_context().trace_id
