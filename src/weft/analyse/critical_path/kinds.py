"""What a span's own time goes to, and what a wait for it is."""

from collections.abc import Sequence
from typing import Final

from weft.analyse.reading import Reading
from weft.model.segment import SegmentKind
from weft.model.span import Span

_MODEL: Final = frozenset({"chat", "text_completion", "generate_content", "embeddings", "rerank"})
_TOOL: Final = frozenset({"execute_tool", "retrieval"})
#: Handed down: the HTTP request below a model call is the model's time.
_INHERITED: Final = frozenset({"model", "tool", "human"})


def kinds(reading: Reading) -> Sequence[SegmentKind]:
    """Say for each span what the time goes to that it does not wait for another span."""
    spans, parents = reading.tree.spans, reading.tree.parents
    humans = {
        hand_off.to_span_id or hand_off.from_span_id
        for hand_off in reading.hand_offs
        if hand_off.kind == "approval"
    }
    crossings, agents = reading.crossings, reading.agents
    calling = {parents[index] for index in range(1, len(spans)) if crossings[index]}
    at_work = _at_work(reading)
    # What the work is, whoever does it: a request of a model call is on the network and still the model's.
    nature: list[SegmentKind] = []
    found: list[SegmentKind] = []
    for index, span in enumerate(spans):
        parent = parents[index]
        # Handed down within an agent's work, and into processes that do nothing but this: a model's gateway.
        handed = index > 0 and (not at_work[index] if crossings[index] else agents[index] == agents[parent])
        kind = _kind(span, span.span_id in humans, nature[parent] if handed else "own")
        nature.append(kind)
        # Whoever was called has a span of his own for what he did.
        on_the_way = index in calling and span.kind in ("client", "producer") and kind != "human"
        found.append("network" if on_the_way else kind)
    return found


def wait_kind(reading: Reading, index: int) -> SegmentKind:
    """Say what a span waits in that begins after its parent ended."""
    called = reading.tree.spans[reading.tree.parents[index]].kind == "client"
    served = reading.tree.spans[index].kind == "server"
    return "network" if reading.crosses(index) and (called or served) else "queue"


def _at_work(reading: Reading) -> list[bool]:
    """For each span whether it, or one below it, says anything of AI work."""
    spans, parents = reading.tree.spans, reading.tree.parents
    found = [bool(span.work.operation) for span in spans]
    for index in range(len(spans) - 1, 0, -1):
        if found[index]:
            found[parents[index]] = True
    return found


def _kind(span: Span, human: bool, above: SegmentKind) -> SegmentKind:
    operation = span.work.operation
    if human:
        return "human"
    if operation in _MODEL:
        return "model"
    if operation in _TOOL:
        return "tool"
    if above in _INHERITED and not operation:
        return above
    return "network" if span.kind in ("client", "producer") else "own"
