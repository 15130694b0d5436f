"""Checks that nothing went wrong, and nothing in circles."""

from weft.analyse.checks.check import Check, Violation
from weft.analyse.checks.wording import duration_in_words, span_in_words
from weft.model.explanation import Explanation
from weft.model.failure import Failure
from weft.model.loop import Loop
from weft.model.trace import Trace


def no_error_origin() -> Check:
    """No failure began here. What a retry or a fallback made good is no matter."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:
        return [
            Violation(
                about=span_in_words(trace.node_of[failure.span_id].span),
                expected="no error to begin here",
                found=f"{_why(failure)} (agent {failure.agent})",
                span_id=failure.span_id,
            )
            for failure in explanation.failures
            if failure.role == "origin" and failure.span_id in trace.node_of
        ]

    return Check("no-errors", "no error origin", find)


def _why(failure: Failure) -> str:
    """In its own words, or else what tells that it failed."""
    return failure.reason[:300] or (f"a failure: {failure.evidence}" if failure.evidence else "a failure")


def no_loops() -> Check:
    """Nothing is done again and again (see `analyse.loops`)."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:  # noqa: ARG001 - a check's signature
        return [
            Violation(
                about=f"{loop.what[:80]} of {', '.join(loop.agents)}",
                expected="no repetition",
                found=_repetition(loop),
                span_id=loop.span_ids[0],
            )
            for loop in explanation.loops
        ]

    return Check("no-loops", "no loops", find)


def _repetition(loop: Loop) -> str:
    kind = loop.kind.replace("_", " ")
    return f"{kind}, {loop.count} times, {duration_in_words(loop.duration_ns)}"
