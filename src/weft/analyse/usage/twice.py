"""One model call that two instrumentations saw beside each other.

Instrumentations that work with callbacks do not make their span the current one: the SDK's span of the same
call is then not below theirs but next to it, or somewhere else in the process.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from weft.analyse.instrumentation import instrumentation
from weft.analyse.reading import Reading
from weft.model.jaeger import SCOPE
from weft.model.span import text
from weft.model.work import Tokens

_RESPONSE_ID: Final = "gen_ai.response.id"
_TRIED: Final = 16
"""Calls that a span is compared with. More go on at the same time with the same number of tokens only in
traces made to be slow."""


@dataclass(slots=True)
class _Call:
    """One call, as far as spans were found to be it."""

    first: int
    seen_by: set[Hashable] = field(default_factory=set)
    spans: list[int] = field(default_factory=list)


def seen_twice(reading: Reading, calls: Mapping[int, Tokens]) -> list[list[int]]:
    """Find the calls that several spans are about.

    Two spans are one call when they are of different instrumentations, at the same time, and have the same id
    of the response, or the same model and the same tokens in one process. An id alone is not enough: some
    servers repeat theirs, and attempts of a call that was tried again have ids of their own.

    Args:
        reading: With processes.
        calls: Spans of calls, none below another, and their tokens.

    Returns:
        Lists of two spans or more, the one that began first in front.
    """
    found: list[list[int]] = []
    taken: set[int] = set()
    for key_of, seer_of in ((_response, _responder), (_tokens, _seer)):
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for index, tokens in calls.items():
            if index not in taken and (key := key_of(reading, index, tokens)) is not None:
                groups[key].append(index)
        for group in groups.values():
            if len(group) > 1:
                found.extend(_pair(reading, group, seer_of))
        taken.update(index for one in found for index in one)
    return found


def _response(reading: Reading, index: int, tokens: Tokens) -> Hashable:  # noqa: ARG001 - as the other key
    return text(reading.tree.spans[index].attributes.get(_RESPONSE_ID)) or None


def _tokens(reading: Reading, index: int, tokens: Tokens) -> Hashable:
    return reading.processes[index], tokens.input, tokens.output


def _pair(
    reading: Reading, group: list[int], seer_of: Callable[[Reading, int], Hashable]
) -> Iterator[list[int]]:
    """Put together what is one call. Both sides are in the order of time, so no pair is looked for twice."""
    starts, ends = reading.start_ns, reading.end_ns
    seers = {index: seer_of(reading, index) for index in group}
    if len(set(seers.values())) < 2:
        return
    calls: list[_Call] = []
    passed: dict[Hashable, int] = defaultdict(int)  # calls that no later span of an instrumentation can be
    for index in sorted(group, key=lambda index: (starts[index], -ends[index])):
        seer = seers[index]
        place = passed[seer]
        while place < len(calls) and (
            seer in calls[place].seen_by or ends[calls[place].first] < starts[index]
        ):
            place += 1
        passed[seer] = place
        for call in calls[place : place + _TRIED]:
            if seer not in call.seen_by and _is_same(reading, call.first, index):
                break
        else:
            call = _Call(index)
            calls.append(call)
        call.seen_by.add(seer)
        call.spans.append(index)
    yield from (call.spans for call in calls if len(call.spans) > 1)


def _seer(reading: Reading, index: int) -> Hashable:
    """The instrumentation; where it is not known, the way in which it names its spans."""
    span = reading.tree.spans[index]
    return instrumentation(reading, index), "" if SCOPE in span.attributes else span.name


def _responder(reading: Reading, index: int) -> Hashable:
    """The instrumentation; but where it is not known, equal ids of responses are evidence enough."""
    known = SCOPE in reading.tree.spans[index].attributes
    return instrumentation(reading, index) if known else index


def _is_same(reading: Reading, one: int, other: int) -> bool:
    starts, ends, spans = reading.start_ns, reading.end_ns, reading.tree.spans
    common = min(ends[one], ends[other]) - max(starts[one], starts[other])
    shorter = min(ends[one] - starts[one], ends[other] - starts[other])
    if common < 0 or 2 * common < shorter:
        return False
    model, said = spans[one].work.model, spans[other].work.model
    return model.startswith(said) or said.startswith(model)
