"""What is said of a trace before its spans."""

from rich.text import Text

from weft.model import keys
from weft.model.summary import TraceSummary
from weft.model.trace import Trace
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.quantity import count, moment, so_far

_LONGEST_NAME = 200


def header(trace: Trace, draw: Glyphs) -> list[Text]:
    """Say which workflow it was, how long it took, who took part, what failed, and if it is in one piece."""
    summary = trace.summary()
    facts = Text().append(draw.say(workflow(trace), _LONGEST_NAME), "bold")
    for fact in (
        so_far(summary.duration_ns, summary.open > 0, draw),
        count(summary.spans, "span"),
        count(len(summary.services), "service"),
    ):
        facts.append(f" {draw.between} ", style="dim").append(fact)
    facts.append(f" {draw.between} ", style="dim")
    facts.append(count(summary.errors, "error"), style="bold red" if summary.errors else "")
    if summary.open or summary.lost:
        facts.append(f" {draw.between} ", style="dim")
        facts.append(unended(summary), style="yellow" if summary.lost else "bold")
    if summary.open and not trace.connected:  # more is to come: it is open, not broken
        return _with_identity(facts, trace, draw)
    facts.append(f" {draw.between} ", style="dim")
    if trace.connected:
        facts.append("connected")
    else:
        facts.append(f"not connected: {_parts(trace)}", style="bold yellow")
    return _with_identity(facts, trace, draw)


def _with_identity(facts: Text, trace: Trace, draw: Glyphs) -> list[Text]:
    """Put under the facts which trace it is, and what the backend said about it."""
    identity = Text(f"trace {trace.trace_id} {draw.between} {moment(trace.start_ns)}", style="dim")
    warnings = [Text(draw.say(warning, 500), style="yellow") for warning in trace.warnings[:10]]
    return [facts, identity, *warnings]


def workflow(trace: Trace) -> str:
    """Name the workflow: as its span says (`gen_ai.workflow.name`), or else by the name of the root."""
    for span in (trace.root.span, *trace.spans):
        if name := span.attributes.get(keys.GEN_AI_WORKFLOW_NAME):
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
