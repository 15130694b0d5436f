"""Failures that tell of another one: in the same words, or because a message came that told of it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from weft.analyse.errors.branch import is_entry, slack_ns
from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading

_PARTS: Final = 8  # of a message, between colons
_LONG: Final = 8  # characters: shorter messages are the same by chance
_NEAR: Final = 32  # failures with the same words that are looked at: the sender's is among the nearest


class Messages:
    """Finds what a failure tells of.

    Args:
        reading: The tree, its agents and processes.
        signs: The spans that failed, in the order of the tree.
    """

    def __init__(self, reading: Reading, signs: Mapping[int, Sign]) -> None:
        self._reading = reading
        self._signs = signs
        self._saying: dict[str, list[int]] = defaultdict(list)
        for index, sign in signs.items():
            if len(sign.message) >= _LONG:
                self._saying[sign.message].append(index)

    def same_words(self, index: int, sign: Sign) -> int | None:
        """A failure whose message is repeated, whole or behind a colon: the last one below.

        Where a message is taken up, it is the failure that the message tells of: the sender's, the nearest
        one before.
        """
        told = is_entry(self._reading, index)
        if not told and not self._reading.tree.children[index]:
            return None
        words = sign.message
        for _ in range(_PARTS):
            places = self._saying.get(words, ())
            found = self._senders(index, places) if told else self._last_below(index, places)
            if found is not None:
                return found
            _, colon, words = words.partition(": ")
            if not colon:
                break
        return None

    def _senders(self, index: int, places: Sequence[int]) -> int | None:
        """The nearest failure before it, in the process of its sender.

        Where the sender of a message is lost, another process has told that one of the failure: the last
        that had failed by then.
        """
        reading = self._reading
        processes, before = reading.processes, bisect_left(places, index)
        if (sender := self._sender(index)) is not None:
            near = reversed(places[max(0, before - _NEAR) : before])
            return next((place for place in near if processes[place] == sender), None)
        if reading.tree.spans[index].kind != "consumer":
            return None
        begun_ns = reading.start_ns[index]
        failed_before = (
            place
            for place in places[max(0, before - _NEAR) : before + _NEAR]
            if processes[place] != processes[index]
            and reading.end_ns[place] <= begun_ns + slack_ns(reading, index, place)
        )
        return max(failed_before, key=reading.end_ns.__getitem__, default=None)

    def _sender(self, index: int) -> int | None:
        """The process of whoever sent a message; None where that is not in the trace.

        Then the message hangs from a span that it is linked to, or from the root.
        """
        tree = self._reading.tree
        parent = tree.parents[index]
        known = parent >= 0 and tree.spans[parent].span_id == tree.spans[index].parent_id
        return self._reading.processes[parent] if known else None

    def told(self, index: int) -> int | None:
        """The failure of whoever sent the message that a span takes up: a span above, or one beside those."""
        tree, processes = self._reading.tree, self._reading.processes
        if tree.spans[index].kind != "consumer":
            return None
        sender = self._sender(index)
        for above in islice(tree.ancestors(index), _NEAR):
            if processes[above] != sender:
                break
            if self._fails(above):
                return above
            beside = self._failed_children.get(above, ())
            place = bisect_left(beside, index) - 1
            if place >= 0 and processes[beside[place]] == sender:
                return beside[place]
        return None

    @cached_property
    def _failed_children(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for index, sign in self._signs.items():
            if not sign.called_off:
                found[self._reading.tree.parents[index]].append(index)
        return found

    def _fails(self, index: int) -> bool:
        sign = self._signs.get(index)
        return sign is not None and not sign.called_off

    def _last_below(self, index: int, places: Sequence[int]) -> int | None:
        place = bisect_left(places, self._reading.tree.stops[index]) - 1
        return places[place] if place >= 0 and places[place] > index else None
