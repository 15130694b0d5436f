"""Where the bytes come from: files that can be read again and again, and copies of pipes."""

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

STDIN: Final = "-"


class Sources:
    """Opens files by name, each as often as it is asked for. A pipe is copied to disk the first time."""

    def __init__(self) -> None:
        self._copies: dict[str, BinaryIO] = {}
        self._stack = ExitStack()

    def open(self, path: str) -> BinaryIO:
        """Open a file at its start.

        Args:
            path: Its name; `-` is stdin.

        Raises:
            OSError: It cannot be opened, or not be copied.
        """
        if path not in self._copies:
            if path != STDIN:
                opened = Path(path).open("rb")  # noqa: SIM115 (closed by `close`)
                if opened.seekable():
                    return opened
                with opened:
                    self._copies[path] = self._copy(opened)
            else:
                self._copies[path] = self._copy(sys.stdin.buffer)
        copy = self._copies[path]
        copy.seek(0)
        return copy

    def close(self, opened: BinaryIO) -> None:
        """Close what `open` gave; a copy stays."""
        if opened not in self._copies.values():
            opened.close()

    def close_all(self) -> None:
        """Throw the copies away."""
        self._stack.close()

    def _copy(self, source: BinaryIO) -> BinaryIO:
        copy = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (closed by the stack)
        shutil.copyfileobj(source, copy, 1 << 20)
        return copy
