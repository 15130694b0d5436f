"""The same tool, called with the same arguments by the same agent, over and over."""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from weft.analyse.instrumentation import instrumentation
from weft.analyse.loops.repeated import loop
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.loop import Loop
from weft.model.span import Span

_OFTEN: Final = 3
"""Twice is no loop: agents look at the same thing before a change and after it."""
_LONGEST: Final = 10_000
_READ: Final = 500_000
"""Characters of arguments that are read as JSON, of one call and of a trace. Beyond that they are the same
only to the letter: JSON made to be slow takes 15 ns a character."""
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def find_same_calls(reading: Reading) -> Iterator[Loop]:
    """Find tools that an agent called three times or more with the same arguments.

    A tool whose arguments were not recorded is not judged.
    """
    calls: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, arguments in _calls(reading):
        calls[reading.agents[index], reading.tree.spans[index].work.tool, arguments].append(index)
    for (agent, tool, _), spans in calls.items():
        if len(spans) >= _OFTEN and len(seen := _seen_best(reading, spans)) >= _OFTEN:
            seen.sort(key=reading.start_ns.__getitem__)
            yield loop(reading, "same_call", (agent,), tool, spans=seen, again=seen[1:])


def _calls(reading: Reading) -> Iterator[tuple[int, str]]:
    """Give the calls of tools and their arguments, without those that are the inner side of another one."""
    spans, parents = reading.tree.spans, reading.tree.parents
    around = [-1] * len(spans)  # the call of a tool that a span belongs to
    arguments: dict[int, str] = {}
    known: dict[str, str] = {}
    left = _READ
    for index, span in enumerate(spans):
        above = around[parents[index]] if index else -1
        work = span.work
        if not work.tool or not work.arguments or work.operation != "execute_tool":
            around[index] = above
            continue
        around[index] = index
        said = known.get(work.arguments)
        if said is None:
            left -= len(work.arguments)
            said = known[work.arguments] = _canonical(work.arguments) if left > 0 else work.arguments
        arguments[index] = said
        if (
            above < 0
            or spans[above].work.tool != work.tool
            # What one instrumentation digested cannot be compared with what another one wrote out.
            or (arguments[above] != said and _digested(spans[above]) == _digested(span))
            or instrumentation(reading, above) == instrumentation(reading, index)
        ):
            yield index, said


def _digested(span: Span) -> bool:
    return span.attributes.get(keys.TOOL_ARGUMENTS_DIGEST) == span.work.arguments


def _canonical(arguments: str) -> str:
    """Write arguments in one way, whatever the order of their names."""
    if len(arguments) <= _LONGEST and arguments.lstrip()[:1] in ("{", "["):
        try:
            return _CANONICAL.encode(json.loads(arguments))
        except (ValueError, RecursionError):
            pass
    return arguments


def _seen_best(reading: Reading, spans: Sequence[int]) -> list[int]:
    """Keep the spans of the instrumentation that saw most: each sees every call once."""
    seen: dict[Hashable, list[int]] = defaultdict(list)
    for index in spans:
        seen[instrumentation(reading, index)].append(index)
    return max(seen.values(), key=len)
