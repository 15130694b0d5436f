"""A trace as plain text: for messages and logs, without colour, width or a library to draw it."""

from collections.abc import Collection, Iterator
from typing import Final

from weft.model.explanation import Explanation
from weft.model.trace import Node, Trace

_MOST: Final = 60  # spans that are shown; marked ones are shown beyond that, up to as many again
_DEEPEST: Final = 12  # levels that are drawn: below, a chain goes on at the same place
_LONGEST: Final = 100


def plain_tree(trace: Trace, explanation: Explanation, marked: Collection[str] = ()) -> str:
    """Draw a trace, a line a span: agent, tree, duration, and what went wrong.

    Args:
        trace: The trace. Nothing in it is trusted.
        explanation: What it says.
        marked: Ids of spans that are pointed at.
    """
    spans, agents = _count(len(trace.spans), "span"), _count(len(explanation.agents), "agent")
    head = f"trace {trace.trace_id}: {spans}, {agents}, {_ms(explanation.duration_ns)}"
    width = max((len(_clean(name)[:30]) for name in explanation.agents), default=0)
    return "\n".join([head, *_lines(trace, explanation, marked, width)])


def _lines(trace: Trace, explanation: Explanation, marked: Collection[str], width: int) -> Iterator[str]:
    left_out = told = 0
    last = _last_ones(trace)
    stems: list[str] = []  # what is drawn before the children of each level
    for place, node in enumerate(trace.walk()):
        depth = min(node.depth, _DEEPEST)
        del stems[depth:]
        here = "" if depth == 0 else "".join(stems[1:]) + ("└─ " if node in last else "├─ ")
        stems.append("" if depth == 0 else "   " if node in last else "│  ")
        span_id = node.span.span_id
        if place >= _MOST and (span_id not in marked or told >= _MOST):
            left_out += 1
            continue
        if left_out:
            yield f"  {'':{width}}  … {_count(left_out, 'span')}"
            left_out = 0
        told += span_id in marked
        sign = ">" if span_id in marked else " "
        yield f"{sign} {_agent(explanation, node):{width}}  {here}{_said(node)}"
    if left_out:
        yield f"  {'':{width}}  … {_count(left_out, 'span')}"


def _last_ones(trace: Trace) -> set[Node]:
    """The nodes that are the last child of their parent."""
    return {node.children[-1] for node in trace.walk() if node.children}


def _agent(explanation: Explanation, node: Node) -> str:
    return _clean(explanation.agent_of.get(node.span.span_id, node.span.service))[:30]


def _said(node: Node) -> str:
    span = node.span
    words = [_clean(span.name), _ms(span.duration_ns)]
    if node.broken:
        words.append(f"[{node.broken}]")
    if span.state != "ended":
        words.append(f"[{span.state}]")
    if span.failed:
        words.append(f"[error: {_clean(span.status_message)}]" if span.status_message else "[error]")
    return "  ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _ms(ns: int) -> str:
    return f"{ns / 1e6:,.2f} ms"


def _clean(text: str) -> str:
    """Keep what can be read on one line: a name may have anything in it."""
    cut = text[:_LONGEST]
    readable = cut if cut.isprintable() else "".join(one if one.isprintable() else " " for one in cut)
    return readable + ("…" if len(text) > _LONGEST else "")
