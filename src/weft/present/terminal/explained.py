"""What the analysis says of a trace, below its tree: agents, hand-offs, critical path, errors, the rest."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from weft.model.explanation import Explanation
from weft.model.failure import Failure
from weft.model.hand_off import HandOff, Part
from weft.model.segment import SEGMENT_KINDS, Segment
from weft.model.trace import Trace
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.hop import called
from weft.present.terminal.quantity import cost, count, duration
from weft.present.terminal.table import Column, fitted

FEW: Final = 12
"""Rows of a table that is not shown in full."""
_WORTH: Final = 100  # a stretch is worth a line from a hundredth of the whole on
_LEAST: Final = 3
_NAME: Final = 100
_REASON: Final = 300


def explained(trace: Trace, said: Explanation, width: int, draw: Glyphs, *, full: bool) -> Iterator[Text]:
    """Give the lines below the tree.

    Args:
        trace: The trace.
        said: What the analysis says of it.
        width: Cells of the terminal.
        draw: The characters.
        full: Leave nothing out.
    """
    most = len(trace.spans) * 2 if full else FEW
    for lines in (
        _agents(said, most, width, draw),
        _hand_offs(said, most, width, draw),
        _path(trace, said, most, width, draw),
        _errors(trace, said, most, draw),
        _loops(trace, said, most, draw),
        _repairs(trace, said, most, draw),
    ):
        yield from lines


def _agents(said: Explanation, most: int, width: int, draw: Glyphs) -> Iterator[Text]:
    """Who did what: each agent's part of the critical path, and what it went to."""
    if len(said.agents) < 2 and not said.usage.tokens.total:
        return
    shares = sorted(said.agents.items(), key=lambda item: -sum(item[1].path_ns.values()))
    shown = shares[:most]
    whole_ns = said.duration_ns or 1
    path_ns = [sum(share.path_ns.values()) for _, share in shown]
    columns = [
        Column("agent", [draw.say(name, _NAME) for name, _ in shown], left=True),
        Column("critical path", [draw.own(duration(ns)) if ns else "" for ns in path_ns]),
        Column("%", [f"{100 * ns / whole_ns:.0f}" if ns else "" for ns in path_ns]),
        *(
            Column(
                kind,
                [
                    draw.own(duration(share.path_ns[kind])) if kind in share.path_ns else ""
                    for _, share in shown
                ],
                style="dim",
            )
            for kind in SEGMENT_KINDS
        ),
        Column("spans", [f"{share.spans:,}" for _, share in shown]),
        Column("tokens", [_number(share.usage.tokens.total) for _, share in shown]),
        Column("cost", [cost(share.usage) if share.usage.cost != 0 else "" for _, share in shown]),
        Column("errors", [_number(share.origins) for _, share in shown], style="bold red"),
    ]
    yield from fitted(columns, width, draw)
    yield from _more(len(shares) - len(shown), "agent")


def _hand_offs(said: Explanation, most: int, width: int, draw: Glyphs) -> Iterator[Text]:
    """Where work went from one agent to another, and what passed before it began."""
    if not said.hand_offs:
        return
    shown: Sequence[HandOff] = said.hand_offs
    if len(shown) > most:  # the longest waits are what is looked for; in the order of time again
        longest = sorted(shown, key=lambda each: (not each.failed, -each.wait_ns))[:most]
        shown = sorted(longest, key=lambda each: each.start_ns)
    columns = [
        Column("from", [draw.say(each.from_agent, _NAME) for each in shown], left=True),
        Column("to", [f"{draw.to} {draw.say(each.to_agent, _NAME)}" for each in shown], left=True),
        Column("by", [draw.say(each.transport or each.kind, 20) for each in shown], left=True, style="dim"),
        *(
            Column(name, [_part(each, name, draw) for each in shown])
            for name in ("queue", "network", "start", "work", "reply")
        ),
        Column("tries", [_number(len(each.attempts)) if len(each.attempts) > 1 else "" for each in shown]),
        Column("", ["failed" if each.failed else "" for each in shown], left=True, style="red"),
    ]
    yield from fitted(columns, width, draw)
    yield from _more(len(said.hand_offs) - len(shown), "hand-off")


def _part(hand_off: HandOff, name: str, draw: Glyphs) -> str:
    """How long a part took: `3.1 ms`, `3.1±0.2 ms`, or its bounds where it is not known."""
    part = next((part for part in hand_off.parts if part.name == name), None)
    if part is None:
        return ""
    return draw.own(_known(part, draw) if part.ns is not None else _bounds(part, draw))


def _known(part: Part, draw: Glyphs) -> str:
    assert part.ns is not None
    wide = max(part.ns - part.low_ns, (part.high_ns or part.ns) - part.ns)
    # A bound that would not change the digits that are shown is not worth its cells.
    return duration(part.ns) + (f" {draw.give_or_take}{duration(wide)}" if wide * 50 > part.ns else "")


def _bounds(part: Part, draw: Glyphs) -> str:
    if part.high_ns is None:
        return f"{draw.least}{duration(part.low_ns)}" if part.low_ns else "?"
    return (
        f"{duration(part.low_ns)} to {duration(part.high_ns)}"
        if part.low_ns
        else f"{draw.most}{duration(part.high_ns)}"
    )


def _path(trace: Trace, said: Explanation, most: int, width: int, draw: Glyphs) -> Iterator[Text]:
    """The longest stretches of the critical path, in the order of time."""
    if len(said.critical_path) < 2:
        return
    longest = sorted(said.critical_path, key=lambda segment: -segment.duration_ns)[:most]
    if most == FEW:
        told = sum(segment.duration_ns * _WORTH >= said.duration_ns for segment in longest)
        longest = longest[: max(told, _LEAST)]
    shown: list[Segment] = sorted(longest, key=lambda segment: segment.start_ns)
    whole_ns = said.duration_ns or 1
    columns = [
        Column("on the critical path", [_name(trace, each.span_id, draw) for each in shown], left=True),
        Column("agent", [draw.say(each.agent, _NAME) for each in shown], left=True),
        Column("time", [each.kind for each in shown], left=True, style="dim"),
        Column("from", [draw.own(duration(each.start_ns - said.start_ns)) for each in shown], style="dim"),
        Column("for", [draw.own(duration(each.duration_ns)) for each in shown]),
        Column("%", [f"{100 * each.duration_ns / whole_ns:.0f}" for each in shown]),
        Column("could save", _savings(said, shown, draw)),
    ]
    yield from fitted(columns, width, draw)
    left_ns = said.duration_ns - sum(each.duration_ns for each in shown)
    if left_ns:
        more = count(len(said.critical_path) - len(shown), "shorter stretch").replace("stretchs", "stretches")
        yield Text(draw.own(f"and {more}, {duration(left_ns)} in all"), style="dim")
    if said.tail_ns:
        yield Text(draw.own(f"work went on for {duration(said.tail_ns)} after the end"), style="dim")


def _savings(said: Explanation, shown: Sequence[Segment], draw: Glyphs) -> list[str]:
    """How much earlier the end would have come without a span's own work, at its longest stretch."""
    longest: dict[str, Segment] = {}
    for segment in sorted(shown, key=lambda segment: segment.duration_ns):
        longest[segment.span_id] = segment
    return [
        draw.own(duration(said.saves_ns[each.span_id]))
        if each.span_id in said.saves_ns and longest[each.span_id] is each
        else ""
        for each in shown
    ]


def _errors(trace: Trace, said: Explanation, most: int, draw: Glyphs) -> Iterator[Text]:
    """Where each error began, why, and what became of it."""
    begun = [failure for failure in said.failures if failure.role == "origin"]
    recovered = [failure for failure in said.failures if failure.role == "recovered"]
    if not begun and not recovered:
        return
    yield Text()
    for failure in begun[:most]:
        yield _error(trace, failure, "began in", "bold red", draw)
        caused = [each for each in said.failures if each.because_of == failure.span_id]
        passed = sum(each.role == "passed_on" for each in caused)
        symptoms = len(caused) - passed
        told = [f"passed on by {count(passed, 'span')}"] if passed else []
        told += [f"{count(symptoms, 'symptom')} elsewhere"] if symptoms else []
        told += [draw.say(failure.evidence, _REASON)] if failure.evidence else []
        if told:
            yield Text("  " + "; ".join(told), style="dim")
    yield from _more(len(begun) - most, "error")
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in recovered:
        name = _name(trace, failure.span_id, draw)
        alike.setdefault((failure.agent, name, failure.reason), []).append(failure)
    for same in list(alike.values())[:most]:
        line = _error(trace, same[0], "recovered in", "yellow", draw)
        yield line.append(f", {len(same):,} times") if len(same) > 1 else line
    yield from _more(len(alike) - most, "recovered error")


def _error(trace: Trace, failure: Failure, word: str, style: str, draw: Glyphs) -> Text:
    line = Text(f"error {word} ", style).append(draw.say(failure.agent, _NAME), style)
    line.append(f", {_name(trace, failure.span_id, draw)}")
    if failure.reason:
        line.append(f": {draw.say(failure.reason, _REASON)}", "red" if word == "began in" else "")
    return line


def _loops(trace: Trace, said: Explanation, most: int, draw: Glyphs) -> Iterator[Text]:
    if not said.loops:
        return
    words = {"same_call": "the same call", "ping_pong": "handed back and forth", "retry": "tried"}
    yield Text()
    for loop in said.loops[:most]:
        agents = ", ".join(draw.say(agent, _NAME) for agent in loop.agents)
        what = _name(trace, loop.span_ids[0], draw) if loop.kind == "retry" else draw.say(loop.what, _NAME)
        took = draw.own(duration(loop.duration_ns))
        often = f"{words[loop.kind]}{'' if loop.kind == 'retry' else ','} {loop.count:,} times"
        yield Text(f"{often}: {what} ({agents}), {took} for repeats", "yellow")
    yield from _more(len(said.loops) - most, "repetition")


def _repairs(trace: Trace, said: Explanation, most: int, draw: Glyphs) -> Iterator[Text]:
    told = [repair for repair in said.repairs if repair.kind not in ("open", "lost")]
    if said.shift_ns:
        yield Text()
        yield Text(f"clocks differed: {count(len(said.shift_ns), 'span')} moved", style="dim")
        root = draw.say(trace.root.span.host or "the root's host", _NAME)
        for clock in said.host_clocks[:most]:
            way = "ahead of" if clock.ahead_ns > 0 else "behind"
            differs = f"{duration(abs(clock.ahead_ns))} {draw.give_or_take}{duration(clock.bound_ns)}"
            yield Text(f"  {draw.say(clock.host, _NAME)} {draw.own(differs)} {way} {root}", style="dim")
        yield from _more(len(said.host_clocks) - most, "host")
    if not told:
        return
    yield Text()
    for repair in told[:most]:
        yield Text(
            f"assumed of {_name(trace, repair.span_id, draw)}: {draw.say(repair.reason, 200)}", "yellow"
        )
    yield from _more(len(told) - most, "assumption")


def _name(trace: Trace, span_id: str, draw: Glyphs) -> str:
    node = trace.node_of.get(span_id)
    return draw.say(called(node.span), _NAME) or "(no name)" if node else span_id


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _more(number: int, noun: str) -> Iterator[Text]:
    if number > 0:
        yield Text(f"and {count(number, noun)} more; --full shows every one", style="dim")
