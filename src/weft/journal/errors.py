"""What can go wrong with a journal, apart from the disk's own OSError."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class JournalError(Exception):
    """The root of every error of this package."""


class JournalClosed(JournalError):
    """The journal was closed, or this process was forked from the one that opened it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"the journal at {directory} is closed in this process: open it again")
        self.directory = directory


class JournalFormat(JournalError):
    """The journal was written in a format that this version does not read."""

    def __init__(self, directory: Path, found: int, known: int) -> None:
        super().__init__(
            f"the journal at {directory} has format {found}, this version of Weft reads format {known}: "
            "use the version that wrote it until the journal is empty"
        )
        self.directory = directory


class JournalLocked(JournalError):
    """Another opener holds the directory.

    Attributes:
        directory: The journal's directory.
        pid: The process that holds it, or None when it is not recorded.
    """

    def __init__(self, directory: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            f"the journal at {directory} is in use by {holder}: stop it, or choose another directory"
        )
        self.directory = directory
        self.pid = pid


class JournalFull(JournalError):
    """The group does not fit; nothing of it was written.

    Attributes:
        needed: Bytes that the group takes on disk.
        size_bytes: Bytes that the journal holds.
        max_bytes: Bytes that it may hold.
        can_ever_fit: False when the group is larger than an empty journal, so that waiting does not help.
    """

    def __init__(
        self, directory: Path, *, needed: int, size_bytes: int, max_bytes: int, can_ever_fit: bool
    ) -> None:
        if can_ever_fit:
            text = f"the journal at {directory} is full: it holds {size_bytes:,} of {max_bytes:,} bytes "
            text += f"and {needed:,} more do not fit: try again when entries have been forgotten"
        else:
            text = f"a group of {needed:,} bytes can never fit into the journal at {directory}, "
            text += f"which holds at most {max_bytes:,}: send less at once, or raise its limit"
        super().__init__(text)
        self.needed = needed
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes
        self.can_ever_fit = can_ever_fit
