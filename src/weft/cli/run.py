"""`weft run`: start a program traced, with no change to its code."""

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from weft.cli.failure import Failure

STARTUP: Final = Path(__file__).parents[1] / "instrument" / "startup"
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126

_SETTING: Final = re.compile(r"(?:weft: )?((?:OTEL|WEFT)_\w+\b.*)", re.DOTALL)
_EPILOG = """\b
Examples:
  weft run python agent.py
  weft run --service researcher python -m agents.researcher --port 8001
  weft run --endpoint http://collector:4318 uvicorn app:app --workers 4
  weft run --disable threading,urllib3 gunicorn -w 4 app:app
  weft run celery -A tasks worker

\b
The program takes the place of this command: process, exit code, signals, input and output are its own.
What it says itself in weft.init() wins.

\b
Exit codes: the program's; 2 a setting cannot be used, 126 and 127 the program cannot be started.
"""


@click.command(
    epilog=_EPILOG, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.option(
    "--service", metavar="NAME", help="What the program is called in traces.  [env: OTEL_SERVICE_NAME]"
)
@click.option(
    "--endpoint",
    metavar="URL",
    help="The OTLP receiver.  [env: OTEL_EXPORTER_OTLP_ENDPOINT; default: http://localhost:4318]",
)
@click.option(
    "--protocol",
    metavar="NAME",
    help="http/protobuf or grpc.  [env: OTEL_EXPORTER_OTLP_PROTOCOL; default: http/protobuf]",
)
@click.option(
    "--instrument",
    metavar="NAMES",
    help="Instrument these libraries only.  [env: WEFT_INSTRUMENT; default: all]",
)
@click.option(
    "--disable",
    metavar="NAMES",
    help="Do not instrument these libraries.  [env: OTEL_PYTHON_DISABLED_INSTRUMENTATIONS]",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(  # noqa: PLR0917 - click gives them by name
    service: str | None,
    endpoint: str | None,
    protocol: str | None,
    instrument: str | None,
    disable: str | None,
    command: tuple[str, ...],
) -> None:
    """Start a program traced, with no change to its code.

    So are the Python processes that it starts. COMMAND is anything: python with a file or a module, a script
    that pip installed, a server with several workers.
    """
    # The command's own process becomes the program's, so this environment is the program's as well.
    _set("OTEL_SERVICE_NAME", service)
    _set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, over="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    _set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol, over="OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
    _set("WEFT_INSTRUMENT", instrument)
    _set("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", disable)
    _refuse_bad_settings()
    _refuse_unknown(
        os.environ.get("WEFT_INSTRUMENT"), "WEFT_INSTRUMENT" if instrument is None else "--instrument"
    )
    _refuse_unknown(disable, "--disable")
    _come_first_on_the_path()
    os.environ["WEFT_RUN_PID"] = str(os.getpid())
    try:
        os.execvp(command[0], command)  # noqa: S606 - this is what was asked for
    except OSError as error:
        raise _not_started(command[0], error) from error


def _set(variable: str, value: str | None, *, over: str | None = None) -> None:
    """Set a variable, and take away the one that would win over it."""
    if value is not None:
        os.environ[variable] = value
        if over is not None:
            os.environ.pop(over, None)


def _refuse_bad_settings() -> None:
    """Refuse at the start what ``weft.init`` would warn of and go on without."""
    with _said() as said:
        from weft.context import propagators
        from weft.export.limits import QueueLimits, SpoolLimits
        from weft.export.otlp import destination
        from weft.instrument.trust.policy import policy

        unknown = propagators.wanted().unknown
        destination()
        QueueLimits.from_environment()
        SpoolLimits.from_environment()
        policy()
    if unknown:
        raise Failure(
            f"{propagators.VARIABLE} is {os.environ[propagators.VARIABLE]!r}: no propagator is called "
            f"{unknown[0]!r}; there are {', '.join(sorted(propagators.OURS))}, weft, none, and those of "
            "installed packages"
        )
    for line in said:
        if setting := _SETTING.match(line):
            raise Failure(setting[1].partition("; ")[0])


def _refuse_unknown(names: str | None, source: str) -> None:
    """Refuse names of libraries that Weft does not know."""
    if names is None:
        return
    from weft.instrument.libraries.catalogue import LIBRARIES

    known = {library.name for library in LIBRARIES}
    given = {name.strip().replace("_", "-") for name in names.split(",")} - {"", "*"}
    if strange := sorted(given - known):
        raise Failure(f"{source} names {', '.join(strange)}; there are {', '.join(sorted(known))}")


class _Said(logging.Handler):
    """Collects what is said, in place of its being printed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


@contextmanager
def _said() -> Iterator[list[str]]:
    """Collect what Weft's logger says meanwhile."""
    handler = _Said()
    logger = logging.getLogger("weft")
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


def _come_first_on_the_path() -> None:
    """Have every Python interpreter from here on import our ``sitecustomize``."""
    path = os.environ.get("PYTHONPATH")
    folders = [folder for folder in (path or "").split(os.pathsep) if folder != str(STARTUP)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(STARTUP), *folders]) if path else str(STARTUP)


def _not_started(program: str, error: OSError) -> Failure:
    """Say why a program could not be started."""
    missing = error.errno == errno.ENOENT
    why = f"there is no command {program!r}" if missing else f"{program}: {error.strerror}"
    failure = Failure(f"{why}; try weft run python {program}" if program.endswith(".py") else why)
    # As a shell would exit.
    failure.exit_code = NOT_FOUND if missing else NOT_EXECUTABLE  # type: ignore[misc]  # click's is a class's
    return failure
