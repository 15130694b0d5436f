"""What a span's own time goes to, and what a wait for it is."""

from collections.abc import Sequence
from typing import Final

from weft.analyse.reading import Reading
from weft.model.segment import SegmentKind
from weft.model.span import Span

_MODEL: Final = frozenset({"chat", "text_completion", "generate_content", "embeddings", "rerank"})
_TOOL: Final = frozenset({"execute_tool", "retrieval"})
#: Handed down inside a process: the HTTP request below a model call is the model's time.
_INHERITED: Final = frozenset({"model", "tool", "human"})


def kinds(reading: Reading) -> Sequence[SegmentKind]:
    """Say for each span what the time goes to that it does not wait for another span."""
    spans, parents = reading.tree.spans, reading.tree.parents
    humans = {
        hand_off.to_span_id or hand_off.from_span_id
        for hand_off in reading.hand_offs
        if hand_off.kind == "approval"
    }
    calling = {parents[index] for index in range(1, len(spans)) if reading.crosses(index)}
    found: list[SegmentKind] = []
    for index, span in enumerate(spans):
        above = found[parents[index]] if index and _within(reading, index) else "own"
        found.append(_kind(span, span.span_id in humans, index in calling, above))
    return found


def wait_kind(reading: Reading, index: int) -> SegmentKind:
    """Say what a span waits in that begins after its parent ended."""
    sent = reading.tree.spans[reading.tree.parents[index]].kind == "producer"
    taken = reading.tree.spans[index].kind == "consumer"
    return "queue" if sent or taken or not reading.crosses(index) else "network"


def _within(reading: Reading, index: int) -> bool:
    """Whether a span belongs to the same agent's work as its parent."""
    return not reading.crosses(index) and reading.agents[index] == reading.agents[reading.tree.parents[index]]


def _kind(span: Span, human: bool, calling: bool, above: SegmentKind) -> SegmentKind:
    operation = span.work.operation
    if human:
        return "human"
    if calling and span.kind in ("client", "producer"):
        return "network"  # whoever was called has a span of his own for what he did
    if operation in _MODEL:
        return "model"
    if operation in _TOOL:
        return "tool"
    if above in _INHERITED and not operation:
        return above
    return "network" if span.kind in ("client", "producer") else "own"
