"""Spans in which an agent asks a human, by what frameworks and their users call them."""

import re
from typing import Final

from weft.model.span import Span

HUMAN: Final = "human"

# `ask_human`, `human_input`, `request approval`, `HumanInTheLoop`, `hitl`, LangGraph's `interrupt`; and not
# `human_resources`, `humanize`, `approval_rate`, `interrupt_handler`.
_ASKS: Final = re.compile(
    r"(?:^|_)(?:"
    r"hitl|human_in_the_loop"
    r"|human_(?:input|approval|review|reviewer|feedback|decision|confirmation|assistance|node)"
    r"|(?:ask|asks|ask_a|ask_the|consult|wait_for|await|request|escalate_to|contact)_human"
    r"|(?:request|requests|ask|ask_for|wait_for|wait|await|get|require|requires|user|tool|manual)_approval"
    r"|(?:human|approval|interrupt|approval_request|approval_requested)$"
    r")"
)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_LONGEST: Final = 80
#: Transport: a route called `/approval` is not the human who reads it.
_TRANSPORT: Final = frozenset({"server", "consumer", "producer"})


def asks_human(span: Span) -> bool:
    """Whether a span is the asking of a human: its tool, its operation or its name says so."""
    if span.kind in _TRANSPORT or (span.kind == "client" and not span.work.operation):
        return False
    if span.work.tool:
        return _says_so(span.work.tool)
    return _says_so(span.name) or _says_so(span.work.operation)


def _says_so(name: str) -> bool:
    # Most names have none of these: a few comparisons instead of two expressions (0.3 µs for 2.9, measured).
    folded = name[:_LONGEST].lower()
    if (
        "human" not in folded
        and "approval" not in folded
        and "hitl" not in folded
        and "interrupt" not in folded
    ):
        return False
    return _ASKS.search("_".join(_WORD.split(name[:_LONGEST])).lower().strip("_")) is not None
