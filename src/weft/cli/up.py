"""`weft up`: run the backend."""

import logging
import sys
from pathlib import Path

import click
from pydantic import ValidationError

from weft.app import CannotStart, Ports, run
from weft.config import Settings

_EPILOG = """\b
Examples:
  weft up
  weft up --data ./traces --retention 3d
  WEFT_UI_PORT=8080 weft up

\b
To listen on anything but loopback set WEFT_TOKEN (16 characters or more); senders and readers then show it as
Authorization: Bearer. It has no flag, because a flag is in the process list.

\b
Exit codes: 0 stopped by a signal, everything stored; 1 it could not start; 2 wrong usage.
"""


@click.command(epilog=_EPILOG, context_settings={"show_default": True})
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the journal and the store.  [env: WEFT_DATA; default: ~/.local/share/weft]",
)
@click.option("--host", help="Address that all ports bind to.  [env: WEFT_HOST; default: 127.0.0.1]")
@click.option(
    "--grpc-port", type=int, help="OTLP over gRPC; 0 picks a free port.  [env: WEFT_GRPC_PORT; default: 4317]"
)
@click.option("--http-port", type=int, help="OTLP over HTTP.  [env: WEFT_HTTP_PORT; default: 4318]")
@click.option("--ui-port", type=int, help="The query API.  [env: WEFT_UI_PORT; default: 16686]")
@click.option(
    "--retention",
    metavar="AGE",
    help="How long spans are kept, in whole days.  [env: WEFT_RETENTION; default: 14d]",
)
@click.option(
    "--journal-bytes",
    type=int,
    help="Bound of the journal on disk.  [env: WEFT_JOURNAL_BYTES; default: 1073741824]",
)
@click.option(
    "--lost-after",
    type=int,
    metavar="SECONDS",
    help="When a span that is open and not heard of any more is lost.  [env: WEFT_LOST_AFTER; default: 20]",
)
@click.option(
    "--settled-after",
    type=int,
    metavar="SECONDS",
    help="When a trace of which nothing more arrives is explained for `weft agents` and `weft edges`."
    "  [env: WEFT_SETTLED_AFTER; default: 10]",
)
@click.option(
    "--prices",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What models cost, TOML or JSON; it comes before the published prices.  [env: WEFT_PRICES]",
)
def up(**given: object) -> None:
    """Run the backend: OTLP in, the Jaeger query API out, one process.

    A request is answered when it is on disk. SIGTERM and Ctrl-C move what is left in the journal into the
    store before the process ends.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type] # pydantic checks
    except ValidationError as error:
        raise click.UsageError(_first(error)) from error
    try:
        run(settings, lambda ports: _announce(settings, ports))
    except CannotStart as error:
        click.echo(f"weft up: {error}", err=True)
        sys.exit(1)


def _announce(settings: Settings, ports: Ports) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(
        f"weft is up, data in {settings.data}\n"
        f"  OTLP/gRPC  {host}:{ports.grpc}\n"
        f"  OTLP/HTTP  http://{host}:{ports.http}/v1/traces\n"
        f"  query API  http://{host}:{ports.ui}/api/traces"
    )


def _first(error: ValidationError) -> str:
    """The first mistake of the settings, in one line."""
    mistake = error.errors()[0]
    name = "".join(str(part) for part in mistake["loc"])
    if name == "token":  # it has no flag, and what it should be is said of a text, not of its characters
        return f"WEFT_TOKEN should have {mistake['ctx']['min_length']} characters or more"
    return f"--{name.replace('_', '-')} (WEFT_{name.upper()}): {mistake['msg'].removeprefix('Value error, ')}"
