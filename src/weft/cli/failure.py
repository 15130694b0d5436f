"""How a command fails: one line that names the object, the cause and the next step."""

from typing import IO, Any

import click


class Failure(click.ClickException):
    """A command cannot do what it was asked for.

    Args:
        message: One line for a person.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(message)
        context = click.get_current_context(silent=True)
        self._command = context.command_path if context and context.parent else ""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        prefix = f"{self._command}: " if self._command else ""
        click.echo(prefix + self.message, file=file, err=file is None)


class Unheard(Failure):
    """Nobody listens where a backend should; it may yet."""


class Absent(Failure):
    """What was asked for is not there."""

    exit_code = 1
