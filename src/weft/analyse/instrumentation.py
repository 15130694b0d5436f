"""Which instrumentation made a span."""

from collections.abc import Hashable

from weft.analyse.reading import Reading
from weft.model.jaeger import SCOPE
from weft.model.span import text


def instrumentation(reading: Reading, index: int) -> Hashable:
    """Tell the instrumentations of a trace apart: one is a scope in a process, which may not be known."""
    return reading.processes[index], text(reading.tree.spans[index].attributes.get(SCOPE))
