"""What checks say of several traces together."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from weft.analyse.checks.check import Check, Violation
from weft.analyse.tree import without_copies
from weft.model.explanation import Explanation
from weft.model.trace import Trace

_KEPT: Final = 3  # violated traces that are kept whole, to be shown
_LISTED: Final = 5

Broken = tuple[Trace, Explanation, tuple[str, ...]]
"""A trace that violates a check, what it says, and the spans where it shows."""


class Verdict:
    """Takes in traces one by one.

    Args:
        checks: What each of them should be.
        only_one: Whether they should be one trace and no more.

    Attributes:
        checks: The same.
        traces: How many there were.
        violations: What was violated: the name of the check, the trace's id, and in which way.
    """

    def __init__(self, checks: Sequence[Check], *, only_one: bool = False) -> None:
        self.checks = checks
        self.traces = 0
        self.violations: list[tuple[str, str, Violation]] = []
        self._broken: list[Broken] = []
        self._first: list[Broken] = []
        self._only_one = only_one
        self._ids: list[str] = []

    def add(self, trace: Trace, explanation: Explanation) -> None:
        """Check a trace; a span that came several times counts once."""
        if any(repair.kind == "duplicate" for repair in explanation.repairs):
            trace = without_copies(trace)
        self.traces += 1
        if len(self._ids) < _LISTED:
            self._ids.append(trace.trace_id)
        if self._only_one and len(self._first) < _KEPT:
            self._first.append((trace, explanation, ()))
        found = [
            (check.name, violation) for check in self.checks for violation in check.find(trace, explanation)
        ]
        self.violations += [(name, trace.trace_id, violation) for name, violation in found]
        if found and len(self._broken) < _KEPT:
            shown = tuple(violation.span_id for _, violation in found if violation.span_id is not None)
            self._broken.append((trace, explanation, shown))

    @property
    def ok(self) -> bool:
        """Whether nothing is violated; nothing can be said of no traces."""
        return self.traces > 0 and not self.violations and not self.split

    @property
    def broken(self) -> list[Broken]:
        """The first traces that violate a check; where there should be only one, the first of them."""
        return self._broken or (self._first if self.split else [])

    @property
    def split(self) -> Violation | None:
        """What is wrong with the number of traces, where they should be one."""
        if not self._only_one or self.traces == 1:
            return None
        named = ", ".join(self._ids) + (", …" if self.traces > len(self._ids) else "")
        found = f"{self.traces:,}: {named}" if self.traces else "none"
        return Violation(about="the traces", expected="one", found=found)

    def of(self, check: Check) -> Iterator[tuple[str, Violation]]:
        """Give the violations of a check with the ids of their traces; the id is empty for all of them."""
        if check.name == "one-trace" and (split := self.split) is not None:
            yield "", split
        for name, trace_id, violation in self.violations:
            if name == check.name:
                yield trace_id, violation

    def to_json(self) -> dict[str, Any]:
        """Say it as JSON."""
        return {
            "ok": self.ok,
            "traces": self.traces,
            "checks": [
                {
                    "check": check.name,
                    "expected": check.words,
                    "violations": [
                        {"trace_id": trace_id or None, **violation.to_json()}
                        for trace_id, violation in self.of(check)
                    ],
                }
                for check in self.checks
            ],
        }
