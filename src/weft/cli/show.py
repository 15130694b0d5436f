"""`weft show`: show one trace as a tree."""

import json
import re
from pathlib import Path

import click

from weft.cli.failure import Absent, Failure
from weft.cli.output import draw, write
from weft.cli.source import Source, open_source, options
from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError
from weft.present.terminal import render_trace

_SEARCHED = 1000  # newest traces that are searched for the beginning of an id
_LISTED = 5
_EPILOG = """\b
Examples:
  weft show                                     the newest trace
  weft show 4bf92f3577b34da6a3ce929d0e0e4736
  weft show 4bf92f                              the only recent trace that begins so
  weft show --json 4bf92f | jq '.spans | length'
  weft show --full | less -R

\b
A mark before a name: the error began here (a cross), or came up from below (an arrow).
"""


@click.command(epilog=_EPILOG)
@click.argument("trace_id", required=False)
@click.option("--full", is_flag=True, help="Show every span of a long trace, and whole error messages.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one trace as Jaeger's API gives it.")
@options
def show(trace_id: str | None, full: bool, as_json: bool, url: str | None, data: Path | None) -> None:
    """Show one trace as a tree: the newest, or the one with this TRACE_ID.

    The first digits of an id do, four at least. A backend that runs on this machine is asked; when none
    runs, its data directory is read.
    """
    wanted = trace_id.strip().lower() if trace_id is not None else None
    if wanted is not None and not re.fullmatch("[0-9a-f]{4,32}", wanted):
        raise click.UsageError(f"TRACE_ID should be 4 to 32 hex digits, not {trace_id!a}")
    with open_source(url, data) as source:
        found = _newest(source) if wanted is None else _find(source, wanted)
    try:
        trace = read_trace(found)
    except ShapeError as error:
        raise Failure(f"the backend's answer is not a trace: {error}") from error
    if as_json:
        write(json.dumps(found))
    else:
        draw(render_trace(trace, full=full))


def _newest(source: Source) -> object:
    newest = source.traces(1)
    if not newest:
        raise Absent("there are no traces yet")
    return _get(source, newest[0].trace_id)


def _find(source: Source, wanted: str) -> object:
    """Get the trace with an id, or else the only one whose id begins so."""
    if len(wanted) in {16, 32} and (found := source.trace(wanted)) is not None:
        return found
    if len(wanted) == 32:
        raise _absent(wanted)
    ids = [
        summary.trace_id
        for summary in source.traces(_SEARCHED)
        if summary.trace_id.startswith(wanted) or summary.written_id.startswith(wanted)
    ]
    if not ids:
        raise _absent(wanted)
    if len(ids) > 1:
        named = ", ".join(ids[:_LISTED]) + (", …" if len(ids) > _LISTED else "")
        raise Absent(f"{len(ids)} traces begin with {wanted}: {named}")
    return _get(source, ids[0])


def _get(source: Source, trace_id: str) -> object:
    found = source.trace(trace_id)
    if found is None:
        raise _absent(trace_id)
    return found


def _absent(trace_id: str) -> Absent:
    return Absent(f"no trace {trace_id}; `weft ls` lists what is there")
