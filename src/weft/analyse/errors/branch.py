"""A branch of the tree that brings a failure up to the span that it hangs from."""

from collections.abc import Mapping
from typing import NamedTuple

from weft.analyse.errors.sign import Sign
from weft.analyse.reading import Reading
from weft.model.span import Span

#: Nanoseconds by which a span may end after what it was waiting for has: unwinding, and the clock's grain.
MOMENT_NS = 1_000_000


class Branch(NamedTuple):
    """A failure on its way up.

    Attributes:
        top: The child that the branch begins with; it need not show a failure.
        failed: The failed span whose failure comes up.
        end_ns: When it was known at the top.
        answered: Whether a span that shows no failure took part in between: whoever served the request has
            dealt with the failure, perhaps by an answer that tells of it.
        names: The names of whatever in between shows no failure and is more than transport; it caught the
            failure, which goes on only where a failure above speaks of it.
    """

    top: int
    failed: int
    end_ns: int
    answered: bool = False
    names: tuple[str, ...] = ()


def is_entry(reading: Reading, index: int) -> bool:
    """Whether a span takes up a request or message, and is not an agent or a tool itself."""
    span = reading.tree.spans[index]
    return not span.work.operation and (span.kind in ("server", "consumer") or reading.crosses(index))


def is_work(span: Span) -> bool:
    """Whether a span shows that its caller went on: AI work, a request, a message; no step of a framework."""
    if span.work.operation or span.kind == "producer":
        return True
    return (
        span.kind == "client"
        and "db.system" not in span.attributes
        and "db.system.name" not in span.attributes
    )


def last_work_ns(reading: Reading, signs: Mapping[int, Sign], index: int) -> int:
    """When the last child of a span that did well began; 0 where there is none.

    What a server or consumer sends at its end is its answer.
    """
    tree, starts = reading.tree, reading.start_ns
    well = [child for child in tree.children[index] if child not in signs and is_work(tree.spans[child])]
    if tree.spans[index].kind in ("server", "consumer"):
        well = [child for child in well if tree.spans[child].kind != "producer"]
    return max(map(starts.__getitem__, well), default=0)


def slack_ns(reading: Reading, index: int, other: int) -> int:
    """How far the times of two spans may be off against each other."""
    return MOMENT_NS + reading.bound_ns[index] + reading.bound_ns[other]
