"""The contexts of what waits in a queue, kept beside the queue: its items stay what they are.

An envelope around the item would change what a priority queue compares and what a subclass stores. Beside it,
an item is known by its identity; it is held as long as it waits, so that the identity is not given away.
"""

from __future__ import annotations

import logging
from collections import deque
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import get_current

from weft.instrument.workers.adoption import adopt, to_go_along
from weft.instrument.workers.resources import Resources

if TYPE_CHECKING:
    from opentelemetry.context import Context

    _Entry = tuple[Any, Context | None, int]  # the item, its context, and when it was put

# How many more entries than items there may be: a subclass may lose items in ways of its own.
SLACK: Final = 64
ATTRIBUTE: Final = "_weft_waiting"

_log = logging.getLogger("weft.instrument")


class Waiting:
    """The items of one queue and the contexts they were put under.

    Args:
        newest_first: Whether the queue gives out first what was put last.
    """

    __slots__ = ("_count", "_entries", "_newest_first", "_resources")

    def __init__(self, *, newest_first: bool = False) -> None:
        self._entries: dict[int, deque[_Entry]] = {}
        self._count = 0  # of all entries; those of one object have one key
        self._newest_first = newest_first
        self._resources = Resources(slotted_too=newest_first)

    def put(self, item: Any, waiting: int) -> None:
        """Note under which context an item is put. Never raises.

        Args:
            item: The item.
            waiting: How many items the queue holds before it.
        """
        if item is None or item is True or item is False:  # a signal, or a free place: no work
            return
        try:
            if not waiting or self._count > waiting + SLACK:
                self._entries.clear()
                self._count = 0
            context = to_go_along()
            if context and self._resources.is_one(item, context):
                context = None
            key, entries = id(item), self._entries
            entry = (item, context, time_ns())
            if key in entries:
                entries[key].append(entry)
            else:
                entries[key] = deque((entry,))
            self._count += 1
        except Exception:  # noqa: BLE001 - the item is put, with or without its context
            _log.debug("the context of an item could not be kept", exc_info=True)

    def withdraw(self, item: Any) -> None:
        """Forget the newest entry of an item: it was not put after all."""
        self._pop(item, newest=True)

    def take(self, item: Any, *, by_worker: bool = True) -> None:
        """Have a worker that takes an item adopt its context. Never raises.

        Args:
            item: The item.
            by_worker: False for somebody who goes on with his own affairs once he has it.
        """
        try:
            _, context, put_ns = self._pop(item, newest=self._newest_first)
            if context is not None and not (by_worker and adopt(context, put_ns) and context):
                self._resources.used(item, get_current())
        except Exception:  # noqa: BLE001 - the item is taken, with or without its context
            _log.debug("the context of an item could not be adopted", exc_info=True)

    def _pop(self, item: Any, *, newest: bool) -> _Entry:
        entries = self._entries.get(id(item))
        if not entries:
            return item, None, 0
        entry = entries.pop() if newest else entries.popleft()
        self._count -= 1
        if not entries:
            del self._entries[id(item)]
        return entry


def waiting_in(queue: Any, *, newest_first: bool = False) -> Waiting:
    """What is kept beside a queue; made at the first call."""
    try:
        found: Waiting = queue.__dict__[ATTRIBUTE]
    except KeyError:
        found = queue.__dict__[ATTRIBUTE] = Waiting(newest_first=newest_first)
    return found
