"""A JSON document that is written piece by piece: to stdout, or to a file that is there once it is whole."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from weft.cli.failure import Failure
from weft.cli.output import write

STDOUT = "-"


class JsonFile:
    """Writes `{"traces": […], "clocks": […]}`, trace by trace.

    Args:
        file: Where to; None is stdout.
    """

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self._between = ""
        self._put('{"traces":[')

    def add(self, value: object) -> None:
        """Write one trace."""
        self._put(self._between + _text(value))
        self._between = ","

    def end(self, clocks: object) -> None:
        """Write the clocks and the end."""
        self._put(f'],"clocks":{_text(clocks)}}}')

    def _put(self, line: str) -> None:
        if self._file is None:
            write(line)
        else:
            self._file.write(line.encode() + b"\n")


@contextmanager
def json_file(name: str) -> Iterator[JsonFile]:
    """Open a file for the time of the context. It takes its name when the context ends well.

    Args:
        name: The file's name; `-` is stdout. What is there and no ordinary file is written to as it is.

    Raises:
        Failure: It cannot be written.
    """
    if name == STDOUT:
        yield JsonFile(None)
        return
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                yield JsonFile(device)
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                yield JsonFile(file)
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).chmod(0o666 & ~_umask())
        Path(file.name).replace(path)
    except OSError as error:
        raise Failure(f"{name} cannot be written: {(error.strerror or str(error)).lower()}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a time of somebody's that does not fit into 64 bits
        return json.dumps(value, separators=(",", ":"))
