"""What the demo prints: who is up, each trace as a tree, and how to ask for it."""

import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cast import Member
from rich.text import Text

from weft.analyse.explain import explain
from weft.cli.output import draw, write
from weft.model.trace import Trace
from weft.present.terminal import render_list, render_trace


def heading(text: str) -> None:
    """What the next part is about."""
    draw(Text(f"\n{text}\n", style="bold"))


def remark(text: str) -> None:
    """Something that is good to know."""
    draw(Text(f"  {text}", style="dim"))


def entrance(member: Member) -> None:
    """One of the cast is ready."""
    line = Text("  ✓ ", style="green").append(f"{member.name:20}{member.where:26}", style="default")
    line.append(member.remark, style="dim")
    line.rstrip()
    draw(line)


def tree(trace: Trace) -> None:
    """A trace, as `weft show` draws it."""
    draw(render_trace(trace, explain(trace)))


def listing(traces: Sequence[Trace]) -> None:
    """Traces, as `weft ls` draws them."""
    draw(render_list([trace.summary() for trace in traces], now_ns=time.time_ns()))


def questions(backend: str, orchestrator: str, trace: Trace) -> None:
    """What can be asked while the demo is up, ready to be pasted."""
    newest = f"{backend}/api/traces?service=agent-orchestrator&limit=1"
    write(f"  curl -s \"{newest}\" | jq '.data[0].spans | length'")
    where = "" if backend.endswith(":16686") else f" --url {backend}"
    write(f"  {_weft()} ls{where}")
    write(f"  {_weft()} show{where} {trace.trace_id[:12]}")
    remark("\n  and for another run:")
    write(f"""  curl -s {orchestrator}/run -H 'content-type: application/json' -d '{{"topic": "tea"}}'""")


def farewell(data: Path) -> None:
    """How it ends, and what is left."""
    remark("\n  Ctrl-C stops everything; the traces stay:")
    write(f"  {_weft()} ls --data {shlex.quote(str(data))}")


def result(backend: str, trace: Trace) -> None:
    """One line of JSON about a trace, for programs."""
    said = {
        "trace_id": trace.trace_id,
        "spans": len(trace.spans),
        "services": list(trace.services),
        "connected": trace.connected and trace.root.broken is None,
        "url": f"{backend}/api/traces/{trace.trace_id}",
    }
    write("\n" + json.dumps(said))


def _weft() -> str:
    """The command, as it can be typed here."""
    return shlex.quote(os.path.relpath(Path(sys.executable).with_name("weft")))
