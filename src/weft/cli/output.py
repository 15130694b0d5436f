"""What a command writes to stdout, and what becomes of it where that cannot be written."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from rich.console import Console, RenderableType

from weft.cli.failure import Failure

_UNKNOWN_WIDTH: Final = 120
_PIPE_CLOSED: Final = 141  # as the shell reports a process that SIGPIPE ended


class _Paper(Console):
    """A console that reports a closed pipe instead of ending the process its own way."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def draw(what: RenderableType) -> None:
    """Print something of rich, as wide as the terminal, in colour on a terminal that may have it.

    Raises:
        Failure: It cannot be written.
    """
    with _open():
        _Paper(width=_width(), markup=False, emoji=False, highlight=False).print(what)
        sys.stdout.flush()


def write(text: str) -> None:
    """Print text as it is, and a line end.

    Raises:
        Failure: It cannot be written.
    """
    with _open():
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _width() -> int | None:
    """Leave the width to rich where a terminal or `COLUMNS` gives one."""
    if os.environ.get("COLUMNS") or any(
        _is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)
    ):
        return None
    return _UNKNOWN_WIDTH


def _is_terminal(stream: Any) -> bool:
    return stream is not None and not stream.closed and bool(stream.isatty())


@contextmanager
def _open() -> Iterator[None]:
    if sys.stdout is None:  # as Python has it where the shell says `>&-`
        raise Failure("there is nowhere to write to: stdout is closed")
    try:
        yield
    except OSError as error:
        # What is still buffered would fail again when the interpreter closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(_PIPE_CLOSED)
        raise Failure(f"stdout cannot be written: {(error.strerror or str(error)).lower()}") from error
