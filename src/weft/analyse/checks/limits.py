"""Checks that a trace keeps within limits."""

from weft.analyse.checks.check import Check, Violation
from weft.analyse.checks.wording import duration_in_words
from weft.model.explanation import Explanation
from weft.model.hand_off import HandOff
from weft.model.trace import Trace


def no_hand_off_above(wait_ns: int) -> Check:
    """No work waits longer than this between the agent that hands it over and the one that takes it.

    What counts is the queue, the network and the start, as far as they are known, or at least the time below
    which they were not.

    Args:
        wait_ns: Nanoseconds.
    """

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:  # noqa: ARG001 - a check's signature
        return [
            Violation(
                about=_named(hand_off),
                expected=f"a wait of {duration_in_words(wait_ns)} at most",
                found=_parts(hand_off),
                span_id=hand_off.to_span_id or hand_off.from_span_id,
            )
            for hand_off in explanation.hand_offs
            if _waited_ns(hand_off) > wait_ns
        ]

    return Check("max-wait", f"no hand-off waits above {duration_in_words(wait_ns)}", find)


def _named(hand_off: HandOff) -> str:
    agents = f"{hand_off.from_agent[:80]} → {hand_off.to_agent[:80]}"
    return f"hand-off {agents} ({hand_off.transport or hand_off.kind})"


def _waited_ns(hand_off: HandOff) -> int:
    waits = [part for part in hand_off.parts if part.name in ("queue", "network", "start")]
    return sum(part.low_ns if part.ns is None else part.ns for part in waits)


def _parts(hand_off: HandOff) -> str:
    waits = [part for part in hand_off.parts if part.name in ("queue", "network", "start")]
    told = [
        f"{part.name} {duration_in_words(part.ns)}"
        if part.ns is not None
        else f"{part.name} at least {duration_in_words(part.low_ns)}"
        for part in waits
        if part.ns or part.low_ns
    ]
    return f"{duration_in_words(_waited_ns(hand_off))} ({', '.join(told)})"


def no_longer_than(duration_ns: int) -> Check:
    """The whole takes no longer than this.

    Args:
        duration_ns: Nanoseconds.
    """

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:
        if explanation.duration_ns <= duration_ns:
            return []
        limit, took = duration_in_words(duration_ns), duration_in_words(explanation.duration_ns)
        return [_of_the_whole(trace, f"{limit} at most", took)]

    return Check("max-duration", f"no longer than {duration_in_words(duration_ns)}", find)


def tokens_below(tokens: int) -> Check:
    """All agents together use no more tokens than this, read and written."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:
        used = explanation.usage.tokens.total
        return [] if used <= tokens else [_of_the_whole(trace, f"{tokens:,} tokens at most", f"{used:,}")]

    return Check("max-tokens", f"{tokens:,} tokens at most", find)


def cost_below(dollars: float) -> Check:
    """All agents together cost no more than this. What has no price might cost anything.

    Args:
        dollars: US dollars.
    """

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:
        usage = explanation.usage
        cost = usage.cost or 0.0
        if cost > dollars:
            return [_of_the_whole(trace, f"${dollars:g} at most", f"${cost:.6g}")]
        if usage.unpriced:
            found = f"${cost:.6g} and {_calls(usage.unpriced)} whose price is not known"
            return [_of_the_whole(trace, f"${dollars:g} at most", found)]
        return []

    return Check("max-cost", f"${dollars:g} at most", find)


def _calls(count: int) -> str:
    return "1 model call" if count == 1 else f"{count:,} model calls"


def spans_at_least(count: int) -> Check:
    """The trace has this many spans, or more."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:  # noqa: ARG001 - a check's signature
        found = len(trace.spans)
        return [] if found >= count else [_of_the_whole(trace, f"{count:,} spans at least", f"{found:,}")]

    return Check("spans-at-least", f"{count:,} spans at least", find)


def _of_the_whole(trace: Trace, expected: str, found: str) -> Violation:
    return Violation(about=f"trace {trace.trace_id}", expected=expected, found=found)
