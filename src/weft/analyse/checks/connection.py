"""Checks that a trace is in one piece."""

from weft.analyse.checks.check import Check, Violation
from weft.analyse.checks.wording import span_in_words
from weft.model.explanation import Explanation
from weft.model.trace import Trace


def one_root() -> Check:
    """Every span belongs to one piece of work: only one span has no parent."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:  # noqa: ARG001 - a check's signature
        first = trace.root
        return [
            Violation(
                about=span_in_words(node.span),
                expected=f"a parent, as all but {span_in_words(first.span)} have",
                found="another root",
                span_id=node.span.span_id,
            )
            for node in trace.roots
            if node.broken is None and node is not first
        ]

    return Check("one-trace", "one trace", find)


def no_orphans() -> Check:
    """Every span's parent is there."""

    def find(trace: Trace, explanation: Explanation) -> list[Violation]:  # noqa: ARG001 - a check's signature
        return [
            Violation(
                about=span_in_words(node.span),
                expected=f"its parent {node.span.parent_id} in the trace",
                found="no such span"
                if node.broken == "missing parent"
                else "the span among its own descendants",
                span_id=node.span.span_id,
            )
            for node in trace.roots
            if node.broken is not None
        ]

    return Check("no-orphans", "no orphans", find)
