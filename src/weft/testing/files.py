"""Traces from files, for assertions."""

import os
from pathlib import Path

from weft.testing.traces import Traces


def file_traces(*paths: str | os.PathLike[str]) -> Traces:
    """Read the traces of files in any format that `weft analyse` reads; needs the backend's libraries.

    Raises:
        ModuleNotFoundError: The backend's libraries are not installed; the message says how to install them.
        weft.query.files.unreadable.Unreadable: A file cannot be read (a ValueError); the message says why.
    """
    try:
        from weft.query.files.open import read_files  # noqa: PLC0415 - the backend's libraries
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reading trace files needs the backend: pip install '.[server]' in your clone of Weft "
            f"(there is no {error.name})",
            name=error.name,
        ) from error
    found = list(read_files([str(Path(path)) for path in paths]))
    return Traces(lambda: found, where=", ".join(map(str, paths)))
