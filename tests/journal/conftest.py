"""Directories for journals."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def fresh_directory() -> Iterator[Callable[[], Path]]:
    """Makes new directories, in memory where the system has such a file system.

    Property tests sync thousands of times, which takes minutes on a disk that means it.
    """
    shm = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="journal-", dir=shm if os.access(shm, os.W_OK) else None))
    count = iter(range(1 << 30))
    yield lambda: root / str(next(count))
    shutil.rmtree(root)
