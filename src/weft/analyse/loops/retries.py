"""What was tried again because it failed."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from weft.analyse.loops.repeated import loop
from weft.analyse.reading import Reading
from weft.model.loop import Loop

#: What tells two calls of the same name apart, by the conventions for HTTP, RPC, messaging and databases.
_TARGET: Final = (
    "url.full",
    "http.url",
    "http.target",
    "url.path",
    "server.address",
    "server.port",
    "rpc.method",
    "messaging.destination.name",
    "db.query.text",
    "db.statement",
)


def find_retries(reading: Reading) -> list[Loop]:
    """Find what the same span did again, each time after the last attempt had failed.

    Attempts are the same operation with the same arguments at the same place, one after the other. A call
    that goes on while another one fails is not an attempt of it.
    """
    spans, parents = reading.tree.spans, reading.tree.parents
    failed = {failure.span_id for failure in reading.failures}
    broken = [span.failed or span.span_id in failed for span in spans]
    callers = dict.fromkeys(parents[index] for index, failure in enumerate(broken) if failure and index)
    return [
        loop(
            reading,
            "retry",
            (reading.agents[tries[0]],),
            _what(reading, tries[0]),
            spans=tries,
            again=tries[1:],
        )
        for caller in callers
        for tries in _chains(
            reading, sorted(reading.tree.children[caller], key=reading.start_ns.__getitem__), broken
        )
    ]


def _chains(reading: Reading, children: Sequence[int], broken: Sequence[bool]) -> Iterator[list[int]]:
    last: dict[Hashable, list[int]] = {}
    found = []
    for index in children:
        sort = _sort(reading, index)
        tries = last.get(sort)
        if tries is not None and broken[tries[-1]] and reading.start_ns[index] >= reading.end_ns[tries[-1]]:
            tries.append(index)
        else:
            last[sort] = tries = [index]
            found.append(tries)
    return (tries for tries in found if len(tries) > 1)


def _sort(reading: Reading, index: int) -> Hashable:
    span = reading.tree.spans[index]
    work = span.work
    target = tuple(span.attributes.get(key) for key in _TARGET)
    return span.name, span.kind, span.service, work.operation, work.tool, work.arguments, work.model, target


def _what(reading: Reading, index: int) -> str:
    span = reading.tree.spans[index]
    return span.work.tool or reading.callees[index] or span.name
