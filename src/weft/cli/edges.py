"""`weft edges`: how hand-offs between agents went in many traces."""

import json
from pathlib import Path

import click

from weft.cli.output import draw, write
from weft.cli.source import open_source, options
from weft.cli.stretch import stretch, stretch_options
from weft.present.terminal.statistics import render_edges

_EPILOG = """\b
Examples:
  weft edges
  weft edges --from planner --to writer --every 1h
  weft edges --since 7d --json | jq '.edges[] | {from_agent, to_agent, queue: .parts.queue.p95_ns}'

\b
The first line says on how many of the traces that have settled the answer rests. A backend explains traces in
the background; of a data directory that no backend serves they are explained now.
"""


@click.command(epilog=_EPILOG)
@click.option("--from", "from_agent", metavar="AGENT", help="Only hand-offs by this agent.")
@click.option("--to", "to_agent", metavar="AGENT", help="Only hand-offs to this agent.")
@stretch_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as GET /weft/v1/edges answers.")
@options
def edges(
    *,
    from_agent: str | None,
    to_agent: str | None,
    since: int,
    every: int | None,
    limit: int,
    as_json: bool,
    url: str | None,
    data: Path | None,
) -> None:
    """Show how hand-offs between agents went: how many, failed, retried, and where their time went.

    A backend that runs on this machine is asked; when none runs, its data directory is read.
    """
    time = stretch(since, every, limit)
    with open_source(url, data) as source:
        coverage, found = source.edges(time, from_agent, to_agent)
    if as_json:
        write(json.dumps({"coverage": coverage.to_json(), "edges": [edge.to_json() for edge in found]}))
    else:
        draw(render_edges(coverage, found))
