"""`weft verify`: fail when traces are not as they should be."""

import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weft.analyse.checks.verdict import Verdict
from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.analyse.clocks.learner import learn
from weft.analyse.explain import explain
from weft.cli.asked import MOST, Asked
from weft.cli.checks import check_options, chosen
from weft.cli.duration import DURATION
from weft.cli.failure import Absent, Failure
from weft.cli.output import draw, write
from weft.cli.prices import prices_option
from weft.cli.source import open_source, options
from weft.cli.wanted import digits
from weft.model.trace import Trace
from weft.present.terminal import render_trace
from weft.present.terminal.text import clean
from weft.present.terminal.verdict import render_verdict

if TYPE_CHECKING:
    from weft.analyse.usage.rate import Prices

_EPILOG = """\b
Examples:
  weft verify                                     the newest trace: one trace, no orphans, no error origin
  weft verify --since 5m --one-trace --wait 10s   what a test just did
  weft verify 4bf92f --agents planner,researcher,writer
  weft verify --service planner --last 20 --max-wait 500ms --max-tokens 20000
  weft verify traces.jsonl.gz --no-orphans --json | jq .ok

\b
Without a check it is one root, no orphans and no error origin, for every trace. With --wait the backend is
asked again until everything holds and no more spans come, or the time is over.

\b
Exit codes: 0 everything holds; 1 something does not, or there is no trace; 2 wrong usage, or nothing to ask.
"""


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="[TRACE_ID | FILE...]", nargs=-1)
@click.option("--service", metavar="NAME", help="Only traces that this service took part in.")
@click.option("--last", type=click.IntRange(1, MOST), metavar="N", help="The newest N traces.  [default: 1]")
@click.option("--since", type=DURATION, metavar="TIME", help="All traces that ended since then: 5m, 24h.")
@click.option("--wait", type=DURATION, default="0s", metavar="TIME", help="How long to wait for the traces.")
@check_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@prices_option
@options
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    *,
    what: Sequence[str],
    service: str | None,
    last: int | None,
    since: int | None,
    wait: int,
    as_json: bool,
    prices: "Prices",
    url: str | None,
    data: Path | None,
    **given: Any,
) -> None:
    """Check that traces are as they should be: it fails if not.

    Traces come from FILEs, or from a backend: the newest, or the one with this TRACE_ID; its first digits do.
    A backend that runs on this machine is asked; when none runs, its data directory is read.
    """
    checks = chosen(given)
    trace_id, files = _named(what)
    verdict = Verdict(checks)

    def judge(traces: Iterable[Trace], clocks: Clocks) -> bool:
        nonlocal verdict
        verdict = Verdict(checks, only_one=given["one_trace"])
        for trace in traces:
            verdict.add(trace, explain(trace, clocks, prices=prices))
        return verdict.ok

    if files:
        if wait or service or last or since:
            raise click.UsageError(
                "--wait, --service, --last and --since are about a backend, not about files"
            )
        _judge_files(files, judge)
    else:
        until_ns = time.monotonic_ns() + wait
        with open_source(url, data, wait / 1e9) as source:
            left_ns = max(0, until_ns - time.monotonic_ns())
            asked = Asked(trace_id=trace_id, service=service, last=last, since_ns=since, wait_ns=left_ns)
            asked.settled(source, lambda traces: judge(traces, source.clocks() if traces else NO_CLOCKS))
    if not verdict.traces:
        raise Absent("there are no such traces; `weft ls` lists what is there")
    if as_json:
        write(json.dumps(verdict.to_json()))
    else:
        draw(render_verdict(verdict))
        for trace, explanation, _ in verdict.broken:
            write("")
            draw(render_trace(trace, explanation))
    ctx.exit(0 if verdict.ok else 1)


def _named(what: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Tell a trace's id from files."""
    ids = [each for each in what if re.fullmatch("[0-9a-fA-F]{4,32}", each) and not Path(each).exists()]
    if ids and len(what) > 1:
        raise click.UsageError(f"one TRACE_ID at a time, or files: {ids[0]} is no file")
    return (digits(ids[0]), ()) if ids else (None, what)


def _judge_files(files: Sequence[str], judge: Callable[[Iterable[Trace], Clocks], bool]) -> None:
    # Only now: this loads Arrow, which takes longer than asking a backend does.
    from weft.query.files.open import TraceFiles
    from weft.query.files.unreadable import Unreadable

    try:
        with TraceFiles(files) as traces:
            judge(traces, learn(traces))
    except Unreadable as error:
        raise Failure(
            f"{clean(str(error))}; a trace file is named, or a TRACE_ID of 4 to 32 hex digits"
        ) from error
