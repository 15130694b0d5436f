"""`weft agents`: what agents did in many traces."""

import json
from pathlib import Path

import click

from weft.cli.output import draw, write
from weft.cli.source import open_source, options
from weft.cli.stretch import stretch, stretch_options
from weft.present.terminal.statistics import render_agents

_EPILOG = """\b
Examples:
  weft agents
  weft agents --since 7d --every 1d
  weft agents --json | jq '.agents[] | {agent, origins, cost}'

\b
The first line says on how many of the traces that have settled the answer rests. A backend explains traces in
the background; of a data directory that no backend serves they are explained now.
"""


@click.command(epilog=_EPILOG)
@stretch_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as GET /weft/v1/agents answers.")
@options
def agents(
    *, since: int, every: int | None, limit: int, as_json: bool, url: str | None, data: Path | None
) -> None:
    """Show what each agent did: its share of critical paths, errors that began in it, tokens and cost.

    A backend that runs on this machine is asked; when none runs, its data directory is read.
    """
    time = stretch(since, every, limit)
    with open_source(url, data) as source:
        coverage, found = source.agents(time)
    if as_json:
        write(json.dumps({"coverage": coverage.to_json(), "agents": [agent.to_json() for agent in found]}))
    else:
        draw(render_agents(coverage, found))
