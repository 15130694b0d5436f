"""One crossing: which span hands over, which one takes over, before any time is looked at."""

from dataclasses import dataclass, field
from typing import Final, Literal

from weft.model.hand_off import HandOffKind

#: The operation of a span that says that an agent hands over to the next one (OpenAI Agents).
HANDING: Final = "handoff"


@dataclass(slots=True)
class Crossing:
    """One try of a hand-off. The numbers are indexes into the tree.

    Attributes:
        kind: What sort of crossing.
        relation: Whether the receiver is a child of the sender or linked to it; `none` without a receiver.
        sender: The span that hands over: the call or the sending itself where that has a span.
        receiver: The first span of whoever takes over; None when it never reported.
        lead: The outermost span of the call on the sender's side; the receiver where no span stands for the
            handing over.
        also: Further spans of a process that was started, beside the receiver.
        plain: Whether it is a call of which only a later try shows that an agent was meant.
    """

    kind: HandOffKind
    relation: Literal["parent", "link", "none"]
    sender: int
    receiver: int | None
    lead: int
    also: list[int] = field(default_factory=list)
    plain: bool = False
