"""Whatever the delays and the clocks: the truth lies within the bounds, and cause and effect are believed."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.hand_offs.handed import READY, SENT, TAKEN, hand_off, hand_offs, part
from tests.analyse.traces import EPOCH_NS, MS, span

from weft.model.hand_off import HandOff
from weft.model.span import Kind, Span

Clocks = Literal["same host", "compared", "not compared"]
delays = st.integers(0, 5_000)  # microseconds
clocks = st.sampled_from(["same host", "compared", "not compared"])


@dataclass(frozen=True)
class World:
    """Two clocks, of which the second is off by an error.

    Attributes:
        clocks: What the analysis is told of them.
        error: By how much the second is off after what it was adjusted by, microseconds.
        bound: What the analysis is told that the error is at most.
        shift: What the second was adjusted by.
    """

    clocks: Clocks
    error: int
    bound: int
    shift: int

    def there(self, at: int) -> int:
        """A moment as the second clock showed it."""
        if self.clocks == "same host":
            return at
        return at + self.error - (self.shift if self.clocks == "compared" else 0)

    def explained(self, sender: Span, receiver: Span) -> HandOff:
        if self.clocks != "compared":
            return hand_off(sender, receiver)
        return hand_off(
            sender, receiver, shifts={"there": self.shift / 1000}, bounds={"there": self.bound / 1000}
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    bound = draw(st.integers(1, 3_000))
    told: Any = draw(clocks)
    # Clocks that nobody compared may be off by anything.
    error = draw(st.integers(-bound, bound) if told == "compared" else st.integers(-(10**6), 10**6))
    return World(told, error, bound, draw(st.integers(-(10**6), 10**6)))


def place(
    world: World, kind: Any, name: str, parent: str | None, start: int, end: int, **stamps: int
) -> Span:
    """A span on either side; times are microseconds of that side's clock."""
    there = parent is not None
    return span(
        name,
        parent,
        start / 1000,
        end / 1000,
        kind=kind,
        host="there" if there and world.clocks != "same host" else "here",
        service="there" if there else "here",
        attributes={key: EPOCH_NS + at * MS // 1000 for key, at in stamps.items()},
    )


def holds(found: HandOff, **truth: int) -> None:
    """Each part's bounds hold the truth, given in microseconds, and its value lies between them."""
    for name, true in truth.items():
        told = part(found, name)
        assert told.low_ns <= true * 1000, (told, true)
        assert told.high_ns is None or true * 1000 <= told.high_ns, (told, true)
        if told.ns is not None:
            assert told.low_ns <= told.ns
            assert told.high_ns is None or told.ns <= told.high_ns


@given(worlds(), delays, delays, delays, delays, st.booleans())
def test_a_call(world: World, prepare: int, there: int, work: int, back: int, evidence: bool) -> None:
    arrives = prepare + there
    done = arrives + work + back
    stamps = {SENT: prepare} if evidence else {}
    found = world.explained(
        place(world, "client", "c", None, 0, done),
        place(world, "server", "s", "c", world.there(arrives), world.there(arrives + work), **stamps),
    )
    holds(found, network=there, work=work, reply=back)
    network, reply = part(found, "network"), part(found, "reply")
    # What each way takes is less sure than what both do.
    assert network.high_ns is not None
    assert reply.high_ns is not None
    assert max(network.high_ns, reply.high_ns) <= (done - work) * 1000
    if evidence and network.ns is not None and reply.ns is not None:
        assert network.ns + reply.ns == (there + back) * 1000


@given(worlds(), delays, delays, delays, delays, st.integers(-8_000, 12_000), delays, delays, st.booleans())
def test_a_message(
    world: World,
    prepare: int,
    out: int,
    confirm: int,
    there: int,
    ready: int,
    start: int,
    work: int,
    evidence: bool,
) -> None:
    """The broker confirms it; it is taken once it is there and the consumer is ready."""
    held = prepare + out
    taken = max(held + there, ready)
    begins = taken + start
    queue = max(0, ready - held)
    stamps = {READY: world.there(ready), TAKEN: world.there(taken)}
    if evidence:
        stamps[SENT] = prepare
    found = world.explained(
        place(world, "producer", "p", None, 0, held + confirm),
        place(world, "consumer", "c", "p", world.there(begins), world.there(begins + work), **stamps),
    )
    holds(found, queue=queue, network=taken - prepare - queue, start=start, work=work)
    plain = world.explained(
        place(world, "producer", "p", None, 0, held + confirm),
        place(world, "consumer", "c", "p", world.there(begins), world.there(begins + work)),
    )
    holds(plain, queue=queue, network=taken - prepare - queue, start=start, work=work)
    if world.clocks == "same host" and evidence:
        assert sum(each.ns or 0 for each in found.parts) == (begins + work - prepare) * 1000


def three(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=3, max_size=3)


moments = st.integers(-(10**19), 10**19)
stamps = st.none() | moments | st.booleans() | st.floats() | st.text(max_size=5)


@given(
    three(st.tuples(moments, moments)),
    three(st.sampled_from(get_args(Kind))),
    three(st.sampled_from(["a", "b", None])),
    three(st.sampled_from(["ended", "open", "lost"])),
    st.tuples(stamps, stamps, stamps),
)
def test_nothing_that_a_trace_says_makes_it_raise_or_contradict_itself(
    times: list[tuple[int, int]], kinds: list[Any], hosts: list[str | None], states: list[Any], said: Any
) -> None:
    attributes = {
        key: value for key, value in zip((SENT, READY, TAKEN), said, strict=True) if value is not None
    }

    def one(number: int, parent: str | None) -> Span:
        return Span(
            trace_id="1" * 32,
            span_id=f"{number + 1:016x}",
            parent_id=parent,
            service=f"service-{number}",
            name="s",
            kind=kinds[number],
            start_ns=times[number][0],
            end_ns=times[number][1],
            state=states[number],
            attributes=attributes,
            resource={"host.name": hosts[number]} if hosts[number] else {},
        )

    for found in hand_offs(one(0, None), one(1, f"{1:016x}"), one(2, f"{2:016x}")):
        for told in found.parts:
            assert told.low_ns >= 0
            assert told.high_ns is None or told.low_ns <= told.high_ns
            assert told.ns is None or told.low_ns <= told.ns
            assert told.ns is None or told.high_ns is None or told.ns <= told.high_ns
        assert found.start_ns <= found.end_ns
