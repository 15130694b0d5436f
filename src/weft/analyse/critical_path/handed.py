"""What passed between the moment a span handed work over and the moment that work began."""

from collections.abc import Mapping

from weft.analyse.reading import Reading
from weft.model import keys


def handed_ns(reading: Reading) -> Mapping[int, int]:
    """How long before its start a span was handed over, where that is known and its parent went on, by index.

    A process takes its time to start, and a task waits in a queue, while the parent does something else or
    nothing: it is not at work for that.
    """
    if not any(hand_off.kind in ("spawn", "message") for hand_off in reading.hand_offs):
        return {}
    spans, parents = reading.tree.spans, reading.tree.parents
    starts, ends = reading.start_ns, reading.end_ns
    places = {span.span_id: index for index, span in enumerate(spans)}
    found = {}
    for hand_off in reading.hand_offs:
        index = places.get(hand_off.to_span_id or "", 0)
        if hand_off.kind not in ("spawn", "message") or not index:
            continue
        parent, sent_ns = parents[index], spans[index].attributes.get(keys.PROPAGATION_SENT_NS)
        if isinstance(sent_ns, int) and ends[parent] >= starts[index]:
            before_ns = starts[index] - (sent_ns + reading.shift_ns[parent])
            found[index] = min(max(0, before_ns), max(0, starts[index] - starts[parent]))
    return found
