"""`weft show`: show one trace as a tree."""

import json
from pathlib import Path

import click

from weft.analyse.clocks.clocks import NO_CLOCKS
from weft.analyse.explain import explain
from weft.analyse.usage.rate import Prices
from weft.cli.failure import Failure
from weft.cli.output import draw, write
from weft.cli.prices import prices_option
from weft.cli.source import open_source, options
from weft.cli.wanted import digits, find, newest
from weft.decode.dialects.read import read
from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError
from weft.present.terminal import render_trace
from weft.present.terminal.explained import FEW

_MOST_SAVINGS = 300  # each takes a pass over the trace: half a second in all
_EPILOG = """\b
Examples:
  weft show                                     the newest trace
  weft show 4bf92f3577b34da6a3ce929d0e0e4736
  weft show 4bf92f                              the only recent trace that begins so
  weft show --json 4bf92f | jq '.spans | length'
  weft show --analysis 4bf92f | jq '.errors'
  weft show --full | less -R

\b
Signs before a name:
  ✗  the error began here               (x without such characters)
  ↑  an error came up from below        (^)
  ↺  an error that another try made good, or something else in its place  (@)
  ≈  a timeout, a cancellation or an earlier try: the cause is elsewhere  (~)
Bars: thick (━ or =) is on the critical path, thin (─ or -) is what nothing waited for.
"""


@click.command(epilog=_EPILOG)
@click.argument("trace_id", required=False)
@click.option("--full", is_flag=True, help="Show every span of a long trace, and whole error messages.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one trace as Jaeger's API gives it.")
@click.option(
    "--analysis",
    is_flag=True,
    help="Print JSON: what is said of it, as `weft analyse --json` writes of each trace.",
)
@prices_option
@options
def show(
    *,
    trace_id: str | None,
    full: bool,
    as_json: bool,
    analysis: bool,
    prices: Prices,
    url: str | None,
    data: Path | None,
) -> None:
    """Show one trace as a tree: the newest, or the one with this TRACE_ID.

    The first digits of an id do, four at least. A backend that runs on this machine is asked; when none
    runs, its data directory is read.
    """
    if as_json and analysis:
        raise click.UsageError("--json and --analysis are two documents; ask for one of them")
    wanted = None if trace_id is None else digits(trace_id)
    with open_source(url, data) as source:
        found = newest(source) if wanted is None else find(source, wanted)
        clocks = NO_CLOCKS if as_json else source.clocks()
    try:
        trace = read_trace(found, read)
    except ShapeError as error:
        raise Failure(f"the backend's answer is not a trace: {error}") from error
    if as_json:
        write(json.dumps(found))
        return
    # The picture tells it of the longest stretches; who asks for JSON may want any span.
    savings = len(trace.spans) if analysis and len(trace.spans) <= _MOST_SAVINGS else FEW
    explanation = explain(trace, clocks, prices=prices, savings=savings)
    if analysis:
        write(json.dumps(explanation.to_json()))
    else:
        draw(render_trace(trace, explanation, full=full))
