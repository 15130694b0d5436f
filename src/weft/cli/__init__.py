"""The `weft` command: thin commands, each in its own file, imported when it runs."""

import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from weft.cli.failure import Failure

_COMMANDS: Final = {
    "up": "Run the backend: OTLP in, the Jaeger query API out.",
    "run": "Start a program traced, with no change to its code.",
    "ls": "List the newest traces.",
    "show": "Show one trace as a tree.",
    "agents": "Show what each agent did in many traces.",
    "edges": "Show how hand-offs between agents went.",
    "verify": "Check that traces are as they should be.",
    "analyse": "Explain the traces of files, without a backend.",
}
_HELP: Final = """One thread through every agent: connected traces for multi-agent workflows."""
_EPILOG: Final = """\b
Examples:
  weft up                       run the backend on this machine
  weft run python agent.py      trace a program
  weft ls                       what has arrived
  weft show                     the newest trace
  weft show 4bf92f3577b3        the trace whose id begins so
  weft agents --since 7d        who took the time, and in whom errors began
  weft edges --every 1h         how long hand-offs waited, hour by hour
  weft verify --since 5m        fail if a trace is broken or went wrong
  weft analyse traces.json      what files say of agents, hand-offs and errors

\b
Exit codes:
  0    done
  1    what was asked for is not there, does not hold, or cannot be started; of weft run: the program's own
  2    wrong usage, or no backend to ask
  130  interrupted (Ctrl-C)
  141  the reader of the output went away
"""


class Commands(click.Group):
    """The commands of `_COMMANDS`: each is imported when it is called, none for `weft --help`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Name the commands in the order in which a newcomer needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        try:
            command: click.Command = getattr(import_module(f"weft.cli.{cmd_name}"), cmd_name)
        except ModuleNotFoundError as error:
            raise _explained(error, cmd_name) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """Write the list of commands for `weft --help`."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, which may import more as it goes."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise _explained(error, ctx.invoked_subcommand or "") from error


def _explained(error: ModuleNotFoundError, command: str) -> Exception:
    """Say how to install a package that is missing; a module of Weft that is missing stays a fault."""
    missing = (error.name or "").partition(".")[0]
    if missing in {"", "weft"}:
        return error
    return Failure(
        f"weft {command} needs the backend: pip install '.[server]' in your clone of Weft "
        f"(there is no {missing})"
    )


@click.group(
    cls=Commands, help=_HELP, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="weft", prog_name="weft")
def weft() -> None:
    """Stand before the commands; each does its own work."""


def main() -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    try:
        code = weft.main(prog_name="weft", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:  # what click makes of Ctrl-C
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
