"""The pass that finds where failures began, and what became of them.

Every span that shows a failure has one role:

- *origin*: nothing below it explains its failure. The span that somebody waited for in vain is one as well,
  although it shows no failure itself.
- *passed on*: the failure of a span below it came up to it.
- *recovered*: another try or a fallback did its work; so is everything below that its failure came from.
- *symptom*: it ran out of time, or was cancelled, because of a failure elsewhere. So are the earlier tries of
  work whose last try failed as well: a reader wants one failure and its number of tries, not several
  failures, and the last one is what the caller saw.

A failure that somebody caught without doing anything in its place stays an origin: it began there.
"""

import re
from dataclasses import replace
from typing import Final

from weft.analyse.errors.blame import Blame
from weft.analyse.errors.causes import Causes, find_causes
from weft.analyse.errors.origins import Origins
from weft.analyse.errors.sign import Sign
from weft.analyse.errors.signs import find_signs, reason_of
from weft.analyse.errors.step import Step
from weft.analyse.reading import Reading
from weft.model.failure import Failure

_NOTHING_BELOW: Final = "nothing below it explains it"
_WORD: Final = re.compile(r"[\w-]+")
_READ: Final = 300  # characters of a message


def find_failures(reading: Reading) -> Reading:
    """Fill in `failures`, in the order of the tree."""
    signs = find_signs(reading.tree)
    if not signs:
        return replace(reading, failures=())
    return replace(reading, failures=_Telling(reading, signs, find_causes(reading, signs)).failures())


def _joined(causes: Causes) -> dict[int, Step]:
    """The steps, with those that lead from where an earlier try began to the last one."""
    steps = dict(causes.next)
    origins = Origins(causes.next)
    for failed, last in causes.tried_again.items():
        first = origins.of(failed)
        if first != origins.of(last):
            steps[first] = Step(last, "tried again", "its last try failed as well")
    return steps


class _Telling:
    """Turns steps between spans into roles and words."""

    def __init__(self, reading: Reading, signs: dict[int, Sign], causes: Causes) -> None:
        self._signs = signs
        self._spans, self._agents = reading.tree.spans, reading.agents
        self._called_off = causes.called_off
        self._blame = Blame(reading, signs)
        self._names = frozenset(reading.agents)
        self._recovered: dict[int, int] = {}
        for failed, instead in causes.made_good.items():
            for place in causes.way(failed):
                if place in self._recovered:
                    break
                self._recovered[place] = instead
        self._steps = _joined(causes)
        self._origins = Origins(self._steps)

    def failures(self) -> tuple[Failure, ...]:
        shown = [index for index in self._signs if index not in self._called_off]
        unrecovered = (index for index in shown if index not in self._recovered)
        return tuple(self._failure(index) for index in sorted({*shown, *map(self._origins.of, unrecovered)}))

    def _failure(self, index: int) -> Failure:
        span, agent = self._spans[index], self._agents[index]
        sign = self._signs.get(index)
        reason = reason_of(span, sign) if sign else ""
        if index in self._recovered:
            instead = self._spans[self._recovered[index]].span_id
            return Failure(
                span_id=span.span_id,
                agent=agent,
                role="recovered",
                because_of=instead,
                reason=reason,
                evidence="that did its work instead",
            )
        origin = self._origins.of(index)
        if origin == index:
            return Failure(
                span_id=span.span_id,
                agent=self._blame.agent(index),
                role="origin",
                reason=reason,
                evidence=self._why_here(index, sign),
            )
        step = self._steps[index]
        return Failure(
            span_id=span.span_id,
            agent=agent,
            role="passed_on" if step.way == "came up" else "symptom",
            because_of=self._spans[origin].span_id,
            reason=reason,
            evidence=step.why,
        )

    def _why_here(self, index: int, sign: Sign | None) -> str:
        if sign is None or sign.sort == "cancellation":
            return "it did not answer in time"
        if sign.sort == "lost":
            return "its process is gone"
        spoken_of = self._spoken_of(index, sign)
        return f"nothing below it explains it; it speaks of {spoken_of}" if spoken_of else _NOTHING_BELOW

    def _spoken_of(self, index: int, sign: Sign) -> str:
        """Another agent of the trace that the message names: whoever made what was rejected here."""
        words = _WORD.findall(sign.message, 0, _READ)
        if self._names.isdisjoint(words):
            return ""
        return next((word for word in words if word in self._names and word != self._agents[index]), "")
