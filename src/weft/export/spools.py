"""The spools of one destination: this process's own, and those that dead processes have left.

Where they are::

    <directory>/<destination>/<service>-<random>/    a journal, locked by the process that writes it

``<destination>`` is a hash of the URL and of the headers with their values, since these may decide whose the
spans are; nothing on disk tells the values. The lock is the kernel's (``flock``) and ends with its process,
however that ends: a spool that can be locked has no owner.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from weft.export.spool import Spool
from weft.journal import JournalError, JournalLocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from weft.export.limits import SpoolLimits
    from weft.export.otlp import Destination

#: Part of the limit that a process may use, whatever others hold.
LEAST_PART: Final = 16

_log = logging.getLogger("weft.export")


class Spools:
    """The directories in which processes that send to one destination keep what is not acknowledged.

    Args:
        limits: Where, and how much; its directory is set.
        destination: Where the spans go.
        service: This process's ``service.name``.
        lost: Called with a number of spans, and why, when some are given up.
    """

    def __init__(
        self,
        limits: SpoolLimits,
        destination: Destination,
        service: str,
        lost: Callable[[int, str], None],
    ) -> None:
        assert limits.directory is not None
        self._limits = limits
        self._root = limits.directory
        self._service = re.sub(r"[^A-Za-z0-9._-]", "_", service)[:64] or "_"
        self._lost = lost
        self.directory = self._root / _key(destination)

    def own(self) -> Spool:
        """Make this process's own.

        Raises:
            OSError: It cannot be made there.
        """
        error: Exception | None = None
        for _ in range(3):
            path = self.directory / f"{self._service}-{secrets.token_hex(4)}"
            try:
                return Spool(path, self._limits.max_bytes, self._lost)
            except (JournalLocked, FileNotFoundError) as raised:
                # Another process looked for orphans just when it was made, and took it for one.
                error = raised
        raise OSError(f"{path}: {error}") from error

    def may_hold(self, own: Spool) -> int:
        """Bytes that a spool may hold, beside those of the same destination.

        Above the limit the spools of dead processes go first, the oldest first. At least a sixteenth is each
        living process's own: with very many of them the limit is exceeded.
        """
        others = {path: _bytes(path) for path in self._paths() if path != own.directory}
        limit = self._limits.max_bytes
        for path in sorted(others, key=_written_s):
            if sum(others.values()) + own.size_bytes <= limit:
                break
            if self._discard(path, "spool full"):
                del others[path]
        return max(limit - sum(others.values()), limit // LEAST_PART)

    def any(self) -> bool:
        """Whether there is a spool of this destination at all, with an owner or without."""
        return next(self._paths(), None) is not None

    def adopt(self, *, same_service: bool) -> Spool | None:
        """Take up a spool that has no owner; None where there is none.

        Args:
            same_service: Only one that this service has left.
        """
        for path in sorted(self._paths(), key=_written_s):
            if same_service and path.name.rpartition("-")[0] != self._service:
                continue
            if (spool := self._open(path)) is not None:
                if not spool.empty:
                    return spool
                self._remove(spool)
        return None

    def sweep(self) -> None:
        """Remove what is left of destinations that nobody sends to any more, once it is too old."""
        limit_s = time.time() - self._limits.max_age_s
        for destination in _directories(self._root):
            if destination != self.directory:
                for path in _directories(destination):
                    if _written_s(path) < limit_s:
                        self._discard(path, "too old")
                try:
                    destination.rmdir()
                except OSError:
                    continue  # something is in it

    def _discard(self, path: Path, reason: str) -> bool:
        spool = self._open(path)
        if spool is None:
            return False
        try:
            spool.drop_all(reason)
        except OSError as error:
            _log.debug("weft: %s stays: %s", path, error)
        self._remove(spool)
        return True

    def _open(self, path: Path) -> Spool | None:
        """Open a spool that is there; None where it has an owner, or cannot be read."""
        try:
            return Spool(path, self._limits.max_bytes, self._lost) if path.is_dir() else None
        except JournalLocked:
            return None
        except (JournalError, OSError) as error:
            _log.debug("weft: %s is not taken up: %s", path, error)
            return None

    def _remove(self, spool: Spool) -> None:
        try:
            spool.close()
        except OSError as error:
            _log.debug("weft: %s stays: %s", spool.directory, error)

    def _paths(self) -> Iterator[Path]:
        return _directories(self.directory)


def _key(destination: Destination) -> str:
    said = [
        destination.protocol,
        destination.url,
        *(f"{n}={v}" for n, v in sorted(destination.headers.items())),
    ]
    return hashlib.blake2b("\0".join(said).encode(errors="replace"), digest_size=8).hexdigest()


def _directories(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path) as found:
            names = sorted(each.name for each in found if each.is_dir(follow_symlinks=False))
    except OSError:
        return iter(())
    return (path / name for name in names)


def _bytes(path: Path) -> int:
    return sum(size for size, _ in _files(path))


def _written_s(path: Path) -> float:
    return max((written for _, written in _files(path)), default=0.0)


def _files(path: Path) -> list[tuple[int, float]]:
    """Size and time of each file in a directory; none where it has gone meanwhile."""
    try:
        with os.scandir(path) as found:
            return [(status.st_size, status.st_mtime) for status in (each.stat() for each in found)]
    except OSError:
        return []
