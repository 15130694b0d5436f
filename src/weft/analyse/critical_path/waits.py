"""Which span went on because another one ended.

A trace does not say what waited for what. It is read from times and places, by these rules:

- A span waits for a child that ends before it does. A child that outlives its parent is waited for by the
  nearest span above that outlives the child.
- A call's answer is not waited for any longer than the call lasts: a server that goes on after its caller
  gave up released the caller when the caller ended.
- A consumer that began before the message was sent waited for the span that it is linked to.
- A message is not waited for: its sender goes on. What is waited for is the message that comes back, by the
  nearest span above it in its own process. Where none comes back, the reply may be unseen: if the span above
  does something as soon as the message was processed (within a twentieth of that time), it was waiting.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from weft.analyse.critical_path.cover import covers
from weft.analyse.reading import Reading

#: A reply that nobody saw: what follows the work within a twentieth of its duration followed from it.
_SOON: Final = 20
#: Spans above a message that are looked at for one of its own process: bounds the work on hostile chains.
_NEAR: Final = 256


@dataclass(frozen=True, slots=True)
class Waits:
    """Who waited for whom.

    What the spans waited for stands in one row, that of span i from `first[i]` up to `first[i + 1]`. A list
    of pairs for each of 10,000 spans would be 20,000 objects for the collector of cycles, which takes longer
    than all of this.

    Attributes:
        waiter: For each of n spans the index of the span that went on when it ended; -1 for none.
        released_ns: When that was: its end, or that of its caller if earlier.
        first: n + 1 places in the row.
        joined: The row: the spans that were waited for, by time.
        joined_ns: When the wait for each was over.
        receivers: By index of a span the consumers that waited for its message too.
    """

    waiter: Sequence[int]
    released_ns: Sequence[int]
    first: Sequence[int]
    joined: Sequence[int]
    joined_ns: Sequence[int]
    receivers: Mapping[int, Sequence[int]]

    def before(self, index: int, at_ns: int, start_ns: int) -> int:
        """When a span last went on before a time of its own: a release, or its start."""
        first, last = self.first[index], self.first[index + 1]
        if first == last:
            return start_ns
        place = bisect_right(self.joined_ns, at_ns, first, last)
        return max(self.joined_ns[place - 1], start_ns) if place > first else start_ns


def find_waits(reading: Reading) -> Waits:
    """Find who waited for whom."""
    parents, starts, ends = reading.tree.parents, reading.start_ns, reading.end_ns
    count = len(parents)
    waiter = covers(parents, ends)
    released = list(ends)
    messages = []
    spans, crossings = reading.tree.spans, reading.crossings
    for index in range(1, count):
        parent = parents[index]
        if not crossings[index]:
            if spans[parent].kind == "producer" and spans[index].kind == "consumer":
                messages.append(index)
        elif spans[parent].kind == "producer" or spans[index].kind == "consumer":
            messages.append(index)
        elif (spans[parent].kind == "client" or spans[index].kind == "server") and starts[index] < ends[
            parent
        ]:
            waiter[index] = parent
            released[index] = min(released[index], ends[parent])
    _wait_for_answers(reading, messages, waiter)
    for index, above in enumerate(waiter):
        if above >= 0 and released[index] < starts[above]:
            waiter[index] = -1
    receivers = _receivers(reading)
    return Waits(waiter, released, *_row(waiter, released, receivers, ends), receivers)


def _row(
    waiter: Sequence[int],
    released_ns: Sequence[int],
    receivers: Mapping[int, Sequence[int]],
    ends: Sequence[int],
) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """What the spans waited for: `first`, `joined` and `joined_ns` of the waits."""
    others = [index for index, above in enumerate(waiter) if above >= 0]
    who = [waiter[index] for index in others]
    over_ns = [released_ns[index] for index in others]
    for sender, waiting in receivers.items():
        for receiver in waiting:
            others.append(sender)
            who.append(receiver)
            over_ns.append(ends[sender])
    order = sorted(range(len(others)), key=others.__getitem__)
    order.sort(key=over_ns.__getitem__)
    order.sort(key=who.__getitem__)
    counts = [0] * (len(waiter) + 1)
    for above in who:
        counts[above + 1] += 1
    return list(accumulate(counts)), [others[place] for place in order], [over_ns[place] for place in order]


def _receivers(reading: Reading) -> dict[int, list[int]]:
    """The consumers that began before the span ended that they are linked to, by the index of that one."""
    spans, links = reading.tree.spans, reading.tree.links
    starts, ends, stops = reading.start_ns, reading.end_ns, reading.tree.stops
    found: dict[int, list[int]] = {}
    for index, span in enumerate(spans):
        if not links[index] or span.kind != "consumer":
            continue
        for link in links[index]:
            # Not where it was received in: that goes on; and not what it does itself.
            if starts[index] < ends[link] <= ends[index] and not index < link < stops[index]:
                found.setdefault(link, []).append(index)
    return found


def _wait_for_answers(reading: Reading, messages: Sequence[int], waiter: list[int]) -> None:
    """Say who waited for the work on each message, where somebody did."""
    parents = reading.tree.parents
    answered: set[int] = set()
    alone = []
    for index in messages:
        home = _at_home(reading, index)
        if home < 0:
            alone.append(index)
            continue
        waiter[index] = home
        above = parents[index]
        while above != home:
            answered.add(above)
            above = parents[above]
    for index in alone:
        if index in answered or waiter[index] < 0 or not _goes_on(reading, index, waiter[index]):
            waiter[index] = -1


def _at_home(reading: Reading, index: int) -> int:
    """The nearest span above of the same process that was there before, and is still running at its end."""
    process, end_ns = reading.processes[index], reading.end_ns[index]
    away = False
    for step, above in enumerate(reading.tree.ancestors(index)):
        if step >= _NEAR:
            break
        if reading.processes[above] != process:
            away = True
        elif away and reading.end_ns[above] >= end_ns:
            return above
    return -1


def _goes_on(reading: Reading, index: int, above: int) -> bool:
    """Whether a span does something as soon as the work on a message has ended."""
    end_ns = reading.end_ns[index]
    children = reading.tree.children[above]
    place = bisect_left(children, end_ns, key=reading.start_ns.__getitem__)
    follows = reading.start_ns[children[place]] if place < len(children) else reading.end_ns[above]
    took_ns = end_ns - reading.start_ns[index]
    return (min(follows, reading.end_ns[above]) - end_ns) * _SOON <= took_ns
