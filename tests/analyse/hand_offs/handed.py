"""Hand-offs of traces written by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.analyse.traces import MS, trace

from weft.analyse.agents import name_agents
from weft.analyse.hand_offs.hand_offs import find_hand_offs
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.hand_off import HandOff, Part
from weft.model.span import Span

SENT = "weft.propagation.sent_ns"
READY = "weft.propagation.ready_ns"
TAKEN = "weft.propagation.taken_ns"


def hand_offs(
    *spans: Span,
    shifts: Mapping[str, float] | None = None,
    bounds: Mapping[str, float] | None = None,
) -> Sequence[HandOff]:
    """The hand-offs of a trace.

    Args:
        spans: Its spans.
        shifts: By host what was found to be added to its times, in milliseconds.
        bounds: By host how sure that is, in milliseconds.
    """
    whole = trace(*spans)
    reading = name_agents(Reading.of(whole, repair(whole)))
    hosts = [span.host or "" for span in reading.tree.spans]
    shift_ns = tuple(round((shifts or {}).get(host, 0) * MS) for host in hosts)
    reading = replace(
        reading,
        start_ns=tuple(at + shift for at, shift in zip(reading.start_ns, shift_ns, strict=True)),
        end_ns=tuple(at + shift for at, shift in zip(reading.end_ns, shift_ns, strict=True)),
        shift_ns=shift_ns,
        bound_ns=tuple(round((bounds or {}).get(host, 0) * MS) for host in hosts),
    )
    return find_hand_offs(reading).hand_offs


def hand_off(*spans: Span, **clocks: Mapping[str, float]) -> HandOff:
    """The only hand-off of a trace."""
    (only,) = hand_offs(*spans, **clocks)
    return only


def part(found: HandOff, name: str) -> Part:
    """One part of a hand-off."""
    (only,) = (each for each in found.parts if each.name == name)
    return only


def ms(found: HandOff) -> dict[str, tuple[float | None, float, float | None]]:
    """The parts of a hand-off in milliseconds: the value and its bounds."""
    return {each.name: (_ms(each.ns), each.low_ns / MS, _ms(each.high_ns)) for each in found.parts}


def _ms(ns: int | None) -> float | None:
    return None if ns is None else ns / MS
