"""What is said of a trace before its spans."""

from rich.text import Text

from weft.model import keys
from weft.model.trace import Trace
from weft.present.terminal.glyphs import Glyphs
from weft.present.terminal.quantity import count, duration, moment

_LONGEST_NAME = 200


def header(trace: Trace, draw: Glyphs) -> list[Text]:
    """Say which workflow it was, how long it took, who took part, what failed, and if it is in one piece."""
    summary = trace.summary()
    facts = Text().append(draw.say(workflow(trace), _LONGEST_NAME), "bold")
    for fact in (
        draw.own(duration(summary.duration_ns)),
        count(summary.spans, "span"),
        count(len(summary.services), "service"),
    ):
        facts.append(f" {draw.between} ", style="dim").append(fact)
    facts.append(f" {draw.between} ", style="dim")
    facts.append(count(summary.errors, "error"), style="bold red" if summary.errors else "")
    facts.append(f" {draw.between} ", style="dim")
    if trace.connected:
        facts.append("connected")
    else:
        facts.append(f"not connected: {_parts(trace)}", style="bold yellow")
    identity = Text(f"trace {trace.trace_id} {draw.between} {moment(summary.start_ns)}", style="dim")
    warnings = [Text(draw.say(warning, 500), style="yellow") for warning in trace.warnings[:10]]
    return [facts, identity, *warnings]


def workflow(trace: Trace) -> str:
    """Name the workflow: as its span says (`gen_ai.workflow.name`), or else by the name of the root."""
    for span in (trace.root.span, *trace.spans):
        if name := span.attributes.get(keys.GEN_AI_WORKFLOW_NAME):
            return str(name)
    return trace.root.span.name


def _parts(trace: Trace) -> str:
    missing = len({node.span.parent_id for node in trace.roots if node.broken == "missing parent"})
    parts = f"{count(len(trace.roots), 'part')}"
    return f"{parts}, {count(missing, 'parent')} missing" if missing else parts
