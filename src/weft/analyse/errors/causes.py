"""Every failed span and the next step towards where its failure began."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from weft.analyse.errors.branch import Branch, is_entry, last_work_ns
from weft.analyse.errors.cancellations import Cancellations
from weft.analyse.errors.explaining import Explainer
from weft.analyse.errors.siblings import settle
from weft.analyse.errors.sign import Sign
from weft.analyse.errors.step import Step
from weft.analyse.reading import Reading

_NAMES: Final = 6  # of spans that caught a failure: those nearest to whoever may speak of them


@dataclass(slots=True)
class Causes:
    """What was found out about failed spans, by their index.

    Attributes:
        next: One step towards where the failure began, and why; a span that is in no step's way is an origin.
        made_good: The span that did the work of a failed one instead.
        tried_again: The last try of the work of a failed one, which failed as well.
        called_off: Cancelled spans behind which there is no failure.
    """

    next: dict[int, Step] = field(default_factory=dict)
    made_good: dict[int, int] = field(default_factory=dict)
    tried_again: dict[int, int] = field(default_factory=dict)
    called_off: set[int] = field(default_factory=set)

    def way(self, index: int) -> Iterator[int]:
        """Give a failed span and those that its steps lead to, up to where a circle would close."""
        seen = {index}
        yield index
        while (step := self.next.get(index)) is not None and step.to not in seen:
            index = step.to
            seen.add(index)
            yield index


def find_causes(reading: Reading, signs: Mapping[int, Sign]) -> Causes:
    """Explain every failed span by what is below it, and cancelled ones by what is above and beside them.

    Args:
        reading: The tree, its times, agents and processes.
        signs: The spans that failed, in the order of the tree.
    """
    causes = Causes()
    explainer = Explainer(reading, signs)
    cancellations = Cancellations(reading, signs)
    parents, children = reading.tree.parents, reading.tree.children
    waiting: dict[int, list[Branch]] = {}
    for index in range(len(parents) - 1, -1, -1):
        sign, branches = signs.get(index), waiting.pop(index, [])
        if sign is None and not branches:
            continue
        if branches and len(children[index]) > 1:
            settled = settle(reading, signs, index, branches)
            causes.made_good |= settled.made_good
            causes.tried_again |= settled.tried_again
            branches = settled.open
        up: Branch | None = None
        if sign is None:
            up = _through(reading, signs, index, branches)
        elif not sign.called_off:
            step = explainer.explain(index, branches)
            if step is not None:
                causes.next[index] = step
            # What a message told of goes up from where it happened, if that is above.
            if step is None or not step.to < index < reading.tree.stops[step.to]:
                up = Branch(index, index, reading.end_ns[index])
            cancellations.add_failed(index)
        if up is not None:
            waiting.setdefault(parents[index], []).append(up)
    for index in explainer.interrupted:
        if (step := cancellations.failed_beside(index)) is not None:
            causes.next[index] = step
    explainer.explain_timeouts(causes.next)
    _explain_called_off(signs, cancellations, causes)
    return causes


def _explain_called_off(signs: Mapping[int, Sign], cancellations: Cancellations, causes: Causes) -> None:
    """Explain those that somebody else ended, but for those that somebody was waiting for."""
    targets = {step.to for step in causes.next.values()}
    for index, sign in signs.items():
        if not sign.called_off or index in targets:
            continue
        step = cancellations.explain(index)
        if step is not None and step.to not in causes.called_off:
            causes.next[index] = step
        elif step is not None or sign.sort == "cancellation":
            causes.called_off.add(index)


def _through(
    reading: Reading, signs: Mapping[int, Sign], index: int, branches: Sequence[Branch]
) -> Branch | None:
    """The failure that goes up through a span that shows none: it did not wait, or answered, or caught it."""
    if not branches:
        return None
    last = max(branches, key=lambda branch: branch.end_ns)
    span = reading.tree.spans[index]
    if span.kind == "producer" or reading.end_ns[index] < reading.start_ns[last.failed]:
        return last._replace(top=index)
    if is_entry(reading, index) or (last.answered and span.kind == "client"):
        return last._replace(top=index, answered=True)
    if last_work_ns(reading, signs, index) > last.end_ns:
        return None
    names = (span.work.tool or span.name, reading.agents[index], *last.names)
    return last._replace(top=index, answered=True, names=tuple(dict.fromkeys(names))[:_NAMES])
