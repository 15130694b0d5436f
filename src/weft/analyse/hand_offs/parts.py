"""The time of a hand-off in parts: what the evidence says, and what it leaves open."""

from collections.abc import Callable, Mapping
from typing import Final

from weft.analyse.hand_offs.call import split_call
from weft.analyse.hand_offs.message import split_message
from weft.analyse.hand_offs.moments import Moments
from weft.analyse.hand_offs.part import OPEN, unknown
from weft.analyse.hand_offs.started import split_delegation, split_spawn
from weft.model.hand_off import HandOffKind, Part, PartName

Parts = tuple[Part, ...]

_SPLIT: Final[Mapping[HandOffKind, Callable[[Moments], Parts]]] = {
    "call": split_call,
    "message": split_message,
    "spawn": split_spawn,
    "delegation": split_delegation,
}
_CALL: Final[tuple[PartName, ...]] = ("network", "work", "reply")
_MESSAGE: Final[tuple[PartName, ...]] = ("queue", "network", "start", "work")
_SILENT: Final = "the receiver has no span here: does it report, and to this backend?"
_HUMAN: Final = "nothing says when the human began; both together are the span's duration"


def parts(kind: HandOffKind, moments: Moments) -> Parts:
    """Split a hand-off whose receiver reported."""
    return _SPLIT[kind](moments)


def silent_parts(kind: HandOffKind, duration_ns: int | None) -> Parts:
    """The parts of a hand-off whose receiver never reported.

    Args:
        kind: A call or a message.
        duration_ns: How long the caller's span took; None where it has not ended.
    """
    if kind == "call":
        return tuple(unknown(name, duration_ns, _SILENT) for name in _CALL)
    return tuple(unknown(name, None, _SILENT) for name in _MESSAGE)


def approval_parts(duration_ns: int | None) -> Parts:
    """The parts of asking a human, who may answer at once or look hours later.

    Args:
        duration_ns: How long the span took; None where it has not ended.
    """
    evidence = OPEN if duration_ns is None else _HUMAN
    return unknown("queue", duration_ns, evidence), unknown("work", duration_ns, evidence)
