"""`weft analyse`: explain the traces of files, without a backend."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

import click

from weft.analyse.clocks.clocks import Clocks
from weft.analyse.clocks.learner import learn
from weft.analyse.explain import explain
from weft.analyse.overview import Overview
from weft.analyse.usage.rate import Prices
from weft.cli.failure import Absent
from weft.cli.json_file import STDOUT, JsonFile, json_file
from weft.cli.output import draw, write
from weft.cli.prices import prices_option
from weft.cli.progress import Progress
from weft.cli.wanted import digits
from weft.model.explanation import Explanation
from weft.model.trace import Trace
from weft.present.terminal import render_trace
from weft.present.terminal.explained import FEW
from weft.present.terminal.overview import render_overview
from weft.present.terminal.text import clean
from weft.query.files.open import TraceFiles
from weft.query.files.unreadable import Unreadable

_FEW: Final = 3  # so many traces are shown one by one, more as an overview
_TOLD: Final = 20  # things that could not be read are named up to here, and counted beyond
_EPILOG = """\b
Examples:
  weft analyse traces.json
  weft analyse *.jsonl.gz --json explained.json
  weft analyse spans.pb --trace 4bf92f
  curl -s 'localhost:16686/api/traces?service=agent' | weft analyse -
  weft analyse traces.jsonl --json - | jq '.traces[].errors'

\b
A FILE holds traces of Jaeger's (an answer of its API, one trace, or one a line), OTLP JSON (one document, or
one a line), or OTLP protobuf (one message, or several behind their lengths), with gzip, zstd or neither. What
it holds is told by its content.

\b
Exit code 1: something could not be read, or there are no traces. The rest is explained all the same.
"""


@click.command(epilog=_EPILOG)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "out", metavar="OUT", help="Write the explanations as JSON; - is stdout.")
@click.option("--trace", "wanted", metavar="TRACE_ID", help="Only the trace whose id begins so.")
@click.option("--full", is_flag=True, help="Show every span of a long trace, and whole error messages.")
@click.option("--strict", is_flag=True, help="Stop at the first thing that cannot be read.")
@prices_option
@click.pass_context
def analyse(
    ctx: click.Context,
    *,
    files: Sequence[str],
    out: str | None,
    wanted: str | None,
    full: bool,
    strict: bool,
    prices: Prices,
) -> None:
    """Explain the traces of files, without a backend.

    Who did what, what was waited for, where errors began. All traces together tell how the clocks of their
    hosts differ; then each is explained with that. A FILE of - is stdin.
    """
    wanted = digits(wanted) if wanted is not None else None
    progress = Progress("weft analyse")
    complaints = Complaints(progress, strict)
    with ExitStack() as stack:
        writing = stack.enter_context(json_file(out)) if out else None
        traces = stack.enter_context(TraceFiles(files, complaints.add))
        clocks = learn(progress.of(traces, "traces read"))
        found = Found(writing, keep=out != STDOUT)
        for trace in progress.of(_wanted(traces, wanted), "traces explained"):
            found.add(trace, explain(trace, clocks, prices=prices, savings=found.savings))
        if writing:
            writing.end([window.to_json() for window in clocks.windows()])
    complaints.sum_up()
    if not found.overview.traces:
        # Of a file that is cut, what was before the cut may be no trace yet.
        what = f"trace {wanted}" if wanted else "whole trace" if complaints.count else "traces"
        raise Absent(f"no {what} in {_named(files)}")
    if out != STDOUT:
        found.show(clocks, full=full)
    ctx.exit(1 if complaints.count else 0)


@dataclass
class Complaints:
    """What could not be read.

    Attributes:
        progress: Its line gives way to what is said.
        strict: Whether the first of them ends the command.
        count: How many there were.
    """

    progress: Progress
    strict: bool
    count: int = 0

    def add(self, unreadable: Unreadable) -> None:
        """Say what could not be read."""
        self.count += 1
        said = clean(str(unreadable))
        if self.strict:
            self.progress.clear()
            raise Absent(said)
        if self.count <= _TOLD:
            self.progress.clear()
            click.echo(f"weft analyse: {said}", err=True)

    def sum_up(self) -> None:
        """Say how many more there were."""
        if self.count > _TOLD:
            click.echo(f"weft analyse: and {self.count - _TOLD:,} more that could not be read", err=True)


@dataclass
class Found:
    """What was explained.

    Attributes:
        writing: Takes every explanation, where one is wanted.
        keep: Whether a few are kept, to be shown one by one.
        overview: All of them together.
        few: The first ones.
    """

    writing: JsonFile | None
    keep: bool
    overview: Overview = field(default_factory=Overview)
    few: list[tuple[Trace, Explanation]] = field(default_factory=list)

    @property
    def savings(self) -> int:
        """Of how many spans of the next trace to find out what they would save: where it may be shown."""
        return FEW if self.keep and len(self.few) < _FEW else 0

    def add(self, trace: Trace, explanation: Explanation) -> None:
        """Take in one trace."""
        if self.writing:  # all traces alike: savings are for the few that are shown
            self.writing.add(replace(explanation, saves_ns={}).to_json())
        self.overview.add(explanation)
        if self.keep and len(self.few) <= _FEW:
            self.few.append((trace, explanation))

    def show(self, clocks: Clocks, *, full: bool) -> None:
        """Print a few traces one by one, many as an overview."""
        if len(self.few) > _FEW:
            draw(render_overview(self.overview, clocks.windows()))
            return
        for number, (trace, explanation) in enumerate(self.few):
            if number:
                write("")
            draw(render_trace(trace, explanation, full=full))


def _wanted(traces: TraceFiles, wanted: str | None) -> Iterator[Trace]:
    for trace in traces:
        # As `weft show`: an id of 64 bits may be given without its zeros.
        ids = trace.trace_id, trace.trace_id.removeprefix("0" * 16)
        if wanted is None or any(each.startswith(wanted) for each in ids):
            yield trace


def _named(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else f"{len(files)} files"
