"""What is said of a trace before its spans."""

from rich.text import Text

from weft.model import keys
from weft.model.explanation import Explanation
from weft.model.summary import TraceSummary
from weft.model.trace import Trace
from weft.model.usage import Usage
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.quantity import count, dollars, duration, moment, so_far

_LONGEST_NAME = 200
_WORTH = 100  # what went on after the end is worth a word from a hundredth of the whole on


def header(trace: Trace, explanation: Explanation | None, draw: Glyphs) -> list[Text]:
    """Say which workflow it was, how long it took, who took part, what failed, and if it is in one piece."""
    summary = trace.summary()
    facts = Text().append(draw.say(workflow(trace), _LONGEST_NAME) or "(no name)", "bold")
    for fact in (
        *_took(summary, explanation, draw),
        count(summary.spans, "span"),
        count(len(explanation.agents), "agent") if explanation else count(len(summary.services), "service"),
        *(taken(explanation.usage) if explanation else ()),
    ):
        facts.append(f" {draw.between} ", style="dim").append(fact)
    facts.append(f" {draw.between} ", style="dim")
    facts.append_text(_errors(summary.errors, explanation))
    if summary.open or summary.lost:
        facts.append(f" {draw.between} ", style="dim")
        facts.append(unended(summary), style="yellow" if summary.lost else "bold")
    if summary.open and not trace.connected:  # more is to come: it is open, not broken
        return _with_identity(facts, trace, explanation, draw)
    facts.append(f" {draw.between} ", style="dim")
    if trace.connected:
        facts.append("connected")
    else:
        facts.append(f"not connected: {_parts(trace)}", style="bold yellow")
    return _with_identity(facts, trace, explanation, draw)


def _took(summary: TraceSummary, explanation: Explanation | None, draw: Glyphs) -> list[str]:
    """Say how long it took: until the root ended, where an explanation tells, and how long work went on."""
    if explanation is None:
        return [so_far(summary.duration_ns, summary.open > 0, draw)]
    took = [so_far(explanation.duration_ns, summary.open > 0, draw)]
    if explanation.tail_ns * _WORTH > explanation.duration_ns:
        took.append(f"work went on for {draw.own(duration(explanation.tail_ns))}")
    return took


def _errors(failed: int, explanation: Explanation | None) -> Text:
    """Say how many errors there are: where an explanation tells, those that began, not those passed on."""
    if explanation is None:
        return Text(count(failed, "error"), style="bold red" if failed else "")
    begun = sum(failure.role == "origin" for failure in explanation.failures)
    if begun:
        return Text(count(begun, "error"), style="bold red")
    recovered = sum(failure.role == "recovered" for failure in explanation.failures)
    return Text(f"{count(recovered, 'error')}, recovered", style="yellow") if recovered else Text("0 errors")


def taken(usage: Usage) -> list[str]:
    """Say what the model calls took: tokens, and what they cost where that is known."""
    if not usage.tokens.total:
        return []
    said = [f"{count(usage.tokens.total, 'token')}"]
    if usage.cost:
        said.append(("at least " if usage.unpriced else "") + dollars(usage.cost))
    elif usage.unpriced:
        said.append(f"cost unknown for {count(usage.unpriced, 'call')}")
    return said


def _with_identity(facts: Text, trace: Trace, explanation: Explanation | None, draw: Glyphs) -> list[Text]:
    """Put under the facts which trace it is, and what the backend said about it."""
    start_ns = explanation.start_ns if explanation else trace.start_ns
    identity = Text(f"trace {trace.trace_id} {draw.between} {moment(start_ns)}", style="dim")
    warnings = [Text(draw.say(warning, 500), style="yellow") for warning in trace.warnings[:10]]
    return [facts, identity, *warnings]


def workflow(trace: Trace) -> str:
    """Name the workflow: as its first span that names one says, or else by the name of the root."""
    for span in (trace.root.span, *(node.span for node in trace.walk())):
        if name := span.work.workflow or span.attributes.get(keys.GEN_AI_WORKFLOW_NAME):
            return str(name)
    return trace.root.span.name


def unended(summary: TraceSummary) -> str:
    """Say how many spans of a trace have not ended: `2 running, 1 lost`; empty when all have."""
    return ", ".join(
        f"{number:,} {what}" for number, what in ((summary.open, "running"), (summary.lost, "lost")) if number
    )


def _parts(trace: Trace) -> str:
    missing = len({node.span.parent_id for node in trace.roots if node.broken == "missing parent"})
    parts = f"{count(len(trace.roots), 'part')}"
    return f"{parts}, {count(missing, 'parent')} missing" if missing else parts
