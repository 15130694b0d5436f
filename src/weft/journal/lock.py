"""One opener per directory."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from weft.journal.errors import JournalLocked

if TYPE_CHECKING:
    from pathlib import Path


class DirectoryLock:
    """An exclusive flock(2) on the file `lock` of a directory, which also records the holder's process id.

    The kernel releases it when the process ends, however it ends.

    Raises:
        JournalLocked: It is held already, by this process or another.
        OSError: The file cannot be opened.
    """

    def __init__(self, directory: Path) -> None:
        self._fd: int | None = None
        fd = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            digits = os.pread(fd, 20, 0).strip()
            os.close(fd)
            raise JournalLocked(directory, int(digits) if digits.isdigit() else None) from None
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Lets the next opener in; a forked child only drops its share, and the parent keeps the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
