"""A loop, put together from its spans."""

from collections.abc import Iterable, Sequence

from weft.analyse.reading import Reading
from weft.model.loop import Loop, LoopKind


def loop(
    reading: Reading,
    kind: LoopKind,
    agents: tuple[str, ...],
    what: str,
    *,
    spans: Sequence[int],
    again: Iterable[int],
) -> Loop:
    """Describe a loop.

    Args:
        reading: What is known so far.
        kind: What sort of repetition.
        agents: Who took part.
        what: What was repeated.
        spans: Its spans, the first one first.
        again: Those that were done again.
    """
    ids = tuple(reading.tree.spans[index].span_id for index in spans)
    return Loop(
        kind=kind,
        agents=agents,
        what=what,
        count=len(ids),
        span_ids=ids,
        duration_ns=_together(reading, again),
    )


def _together(reading: Reading, spans: Iterable[int]) -> int:
    """The time in which at least one of the spans was going on, in nanoseconds."""
    total = until = 0
    for start, end in sorted((reading.start_ns[index], reading.end_ns[index]) for index in spans):
        if end > until:
            total += end - max(start, until)
            until = end
    return total
