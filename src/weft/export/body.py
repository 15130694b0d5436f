"""An encoded request on its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Body:
    """An ``ExportTraceServiceRequest`` as bytes, and what delivery has to know of it.

    Attributes:
        data: The request. Two of them, one behind the other, are one request with the spans of both: the
            message has a single repeated field.
        spans: How many spans are in it.
        made_s: When it was encoded (``time.monotonic``).
        sequence: Its number in the spool, once it is on disk.
        done: Nothing is to be done with it any more: it was sent, or given up.
    """

    data: bytes
    spans: int
    made_s: float
    sequence: int | None = None
    done: bool = False
