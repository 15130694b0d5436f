"""A simulator of agent workflows: programs whose spans and causes are both known.

A program is run on a clock of its own. Run again with one span's work shortened, it says what that would have
saved, which is what the analysis has to say from the spans alone.
"""

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.analyse.traces import EPOCH_NS, TRACE_ID

from weft.model.span import Kind, Link, Span
from weft.model.trace import Trace


@dataclass(frozen=True)
class Work:
    """Own work."""

    ns: int


@dataclass(frozen=True)
class Body:
    """What one span does, step by step."""

    process: str
    steps: tuple["Step", ...]


@dataclass(frozen=True)
class Inside:
    """A function of the same process, waited for."""

    body: Body


@dataclass(frozen=True)
class Call:
    """A request to another process: a client span and a server span."""

    body: Body
    out_ns: int
    back_ns: int


@dataclass(frozen=True)
class Together:
    """Several at once, each begun a moment after the one before; the last one to end is waited for."""

    steps: tuple["Inside | Call", ...]
    apart_ns: int


@dataclass(frozen=True)
class Ask:
    """A message whose answer, another message, is waited for."""

    body: Body
    publish_ns: int
    queue_ns: int
    after_ns: int  # what the consumer does after it has answered


@dataclass(frozen=True)
class Tell:
    """A message that nobody answers."""

    body: Body
    publish_ns: int
    queue_ns: int


@dataclass(frozen=True)
class Gather:
    """Several at once, and then a span that is linked to each of them and begins when the last has ended."""

    steps: tuple[Inside, ...]
    after: Body
    apart_ns: int


Step = Work | Inside | Call | Together | Ask | Tell | Gather


class Run:
    """One run of a program.

    Args:
        body: What the root does.
        less: By the number of a span the numerator and denominator of what is left of its own work.
    """

    def __init__(self, body: Body, less: Mapping[int, tuple[int, int]] | None = None) -> None:
        self._less = less or {}
        self._numbers = itertools.count(1)
        self.spans: list[Span] = []
        self.end_ns = self._body(body, EPOCH_NS, None, "internal")

    @property
    def trace(self) -> Trace:
        """What the run left behind."""
        return Trace(TRACE_ID, self.spans)

    def _body(
        self, body: Body, start_ns: int, parent: str | None, kind: Kind, links: tuple[str, ...] = ()
    ) -> int:
        number, span_id = self._id()
        now_ns = start_ns
        for step in body.steps:
            now_ns = self._step(step, now_ns, span_id, body.process, number)
        self._span(span_id, parent, body.process, kind, start_ns, now_ns, links)
        return now_ns

    def _step(self, step: Step, now_ns: int, span_id: str, process: str, number: int) -> int:
        match step:
            case Work(ns):
                return now_ns + self._own(number, ns)
            case Inside(body):
                return self._body(body, now_ns, span_id, "internal")
            case Call():
                return self._call(step, now_ns, span_id, process)
            case Together(steps, apart_ns):
                apart = self._own(number, apart_ns)
                begun = [now_ns + place * apart for place in range(len(steps))]
                ends = [
                    self._step(each, at_ns, span_id, process, number)
                    for each, at_ns in zip(steps, begun, strict=True)
                ]
                return max(*ends, begun[-1])
            case Ask():
                return self._ask(step, now_ns, span_id, process)
            case Tell(body, publish_ns, queue_ns):
                producer, sent_ns = self._publish(now_ns, publish_ns, span_id, process)
                self._body(body, sent_ns + queue_ns, producer, "consumer")
                return sent_ns
            case Gather():
                return self._gather(step, now_ns, span_id, number)
        raise AssertionError(step)

    def _call(self, step: Call, now_ns: int, parent: str, process: str) -> int:
        _, client = self._id()
        answered_ns = self._body(step.body, now_ns + step.out_ns, client, "server") + step.back_ns
        self._span(client, parent, process, "client", now_ns, answered_ns)
        return answered_ns

    def _ask(self, step: Ask, now_ns: int, parent: str, process: str) -> int:
        producer, sent_ns = self._publish(now_ns, step.publish_ns, parent, process)
        number, consumer = self._id()
        taken_ns = at_ns = sent_ns + step.queue_ns
        for each in step.body.steps:
            at_ns = self._step(each, at_ns, consumer, step.body.process, number)
        answer, answered_ns = self._publish(at_ns, step.publish_ns, consumer, step.body.process)
        self._span(
            consumer,
            producer,
            step.body.process,
            "consumer",
            taken_ns,
            answered_ns + self._own(number, step.after_ns),
        )
        _, receiver = self._id()
        received_ns = answered_ns + step.queue_ns
        # As instrumentations do: a child of the sender, linked to the span that it was received in.
        links = (parent,)
        self._span(receiver, answer, process, "consumer", received_ns, received_ns + step.publish_ns, links)
        return received_ns + step.publish_ns

    def _gather(self, step: Gather, now_ns: int, parent: str, number: int) -> int:
        apart = self._own(number, step.apart_ns)
        first = len(self.spans)
        ends = [
            self._body(each.body, now_ns + place * apart, parent, "internal")
            for place, each in enumerate(step.steps)
        ]
        linked = tuple(span.span_id for span in self.spans[first:] if span.parent_id == parent)
        begun_ns = max(*ends, now_ns + (len(ends) - 1) * apart)
        return self._body(step.after, begun_ns, parent, "internal", linked)

    def _publish(self, now_ns: int, publish_ns: int, parent: str, process: str) -> tuple[str, int]:
        _, producer = self._id()
        self._span(producer, parent, process, "producer", now_ns, now_ns + publish_ns)
        return producer, now_ns + publish_ns

    def _own(self, number: int, ns: int) -> int:
        left, whole = self._less.get(number, (1, 1))
        return ns * left // whole

    def _id(self) -> tuple[int, str]:
        number = next(self._numbers)
        return number, f"{number:016x}"

    def _span(
        self,
        span_id: str,
        parent: str | None,
        process: str,
        kind: Kind,
        start_ns: int,
        end_ns: int,
        links: tuple[str, ...] = (),
    ) -> None:
        self.spans.append(
            Span(
                trace_id=TRACE_ID,
                span_id=span_id,
                parent_id=parent,
                service=process,
                name=f"{kind} {process}",
                kind=kind,
                start_ns=start_ns,
                end_ns=end_ns,
                links=tuple(Link(trace_id=TRACE_ID, span_id=linked) for linked in links),
            )
        )


def program(rng: random.Random, depth: int, *, tells: bool) -> Body:
    """Make up a program.

    Args:
        rng: Where chance comes from.
        depth: How deep calls may go.
        tells: Whether there are messages that nobody answers.
    """
    processes = itertools.count()

    def ns(most_ms: int = 50) -> int:
        return rng.randrange(1_000, most_ms * 1_000) * 1_000

    def body(depth: int, process: str | None = None) -> Body:
        process = process or f"agent-{next(processes)}"
        steps: list[Step] = [Work(ns())]
        for _ in range(rng.randrange(1, 4) if depth else 0):
            steps += [step(depth - 1, process), Work(ns())]
        return Body(process, tuple(steps))

    def inside(depth: int, process: str) -> Inside:
        return Inside(body(depth, process))

    def call(depth: int, _: str) -> Call:
        return Call(body(depth), ns(3), ns(3))

    def together(depth: int, process: str) -> Together:
        some = [rng.choice((inside, call))(depth, process) for _ in range(rng.randrange(2, 5))]
        return Together(tuple(some), ns(2))

    def ask(depth: int, _: str) -> Ask:
        return Ask(body(depth), ns(2), ns(20), ns(30))

    def tell(depth: int, _: str) -> Tell:
        return Tell(body(depth), ns(2), ns(20))

    def gather(depth: int, process: str) -> Gather:
        some = tuple(inside(depth, process) for _ in range(rng.randrange(2, 5)))
        return Gather(some, body(0, process), ns(2))

    kinds: list[Callable[[int, str], Step]] = [inside, call, together, ask, gather]
    if tells:
        kinds.append(tell)

    def step(depth: int, process: str) -> Step:
        return rng.choice(kinds)(depth, process)

    return body(depth)
