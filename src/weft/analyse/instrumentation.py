"""Which instrumentation made a span."""

from collections.abc import Hashable

from weft.analyse.reading import Reading
from weft.model.jaeger import SCOPE
from weft.model.span import text


def instrumentation(reading: Reading, index: int) -> Hashable:
    """Tell the instrumentations of a trace apart: one is a scope in a process.

    Where the scope is not known, the way in which it names its spans stands for it.
    """
    span = reading.tree.spans[index]
    return reading.processes[index], text(span.attributes.get(SCOPE)) or span.name
