"""`weft ls`: list the newest traces."""

import json
import time
from pathlib import Path

import click

from weft.cli.output import draw, write
from weft.cli.source import open_source, options
from weft.present.terminal import render_list

_EPILOG = """\b
Examples:
  weft ls
  weft ls --service agent-orchestrator --limit 5
  weft ls --json | jq -r '.traces[].trace_id'

\b
A trace's id in full or its first digits are what `weft show` takes. `failed` counts all spans
that failed, those too that passed an error on; `weft show` tells where it began.
"""


@click.command(epilog=_EPILOG)
@click.option("--service", metavar="NAME", help="Only traces that this service took part in.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    metavar="N",
    help="At most so many, the newest first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as GET /weft/v1/traces answers.")
@options
def ls(service: str | None, limit: int, as_json: bool, url: str | None, data: Path | None) -> None:
    """List the newest traces.

    A backend that runs on this machine is asked; when none runs, its data directory is read.
    """
    with open_source(url, data) as source:
        found = source.traces(limit, service)
    if as_json:
        write(json.dumps({"traces": [summary.to_json() for summary in found]}))
    elif found:
        draw(render_list(found, now_ns=time.time_ns()))
    else:
        click.echo(f"no traces of {service}" if service else "no traces yet", err=True)
