"""Spans that have not ended: what the two halves of Weft have to agree on.

An agent announces a span that stays open as an ordinary OTLP span without an end (`end_time_unix_nano` 0),
again and again until it has ended and is sent for good. Only a backend that says that it is Weft is sent such
announcements: any other would keep each of them as a span.
"""

from typing import Final, Literal

from weft.model.ago import ago

#: The header of every OTLP answer of Weft, over HTTP and (as metadata) over gRPC: its version.
VERSION_HEADER: Final = "weft-version"
#: Attribute of an announcement: how long the span has been open, in nanoseconds that are never set back.
#: Of two announcements of a span the one with the larger value is the later.
OPEN_NS: Final = "weft.pending.open_ns"

#: The tags that a span without an end has where Jaeger's JSON shows it, and by which it is found.
PENDING: Final = "weft.pending"
LOST: Final = "weft.pending.lost"
SILENT_S: Final = "weft.pending.silent_s"

State = Literal["ended", "open", "lost"]
"""Whether a span has ended, is still announced, or has not been for so long that its process must be gone."""
STATES: Final[tuple[State, ...]] = ("ended", "open", "lost")


def words(state: State, silent_s: int) -> str:
    """Say what is known of a span that has not ended.

    Args:
        state: `open` or `lost`.
        silent_s: How many seconds ago it was last announced.
    """
    heard = f"last heard of {ago(silent_s)}" if silent_s else "heard of now"
    return f"process lost, {heard}" if state == "lost" else f"still running, {heard}"
