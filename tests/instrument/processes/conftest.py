"""Programs of their own, run as files: a spawned worker imports the main module again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from tests.instrument.conftest import no_provider, receiver, spans

__all__ = ["Run", "no_provider", "receiver", "run", "spans"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run Python source as a program: ``run(source, *arguments, NAME=value)``."""

    def run(source: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "program.py"
        program.write_text(dedent(source))
        environment = {**os.environ, "OTEL_BSP_SCHEDULE_DELAY": "50", **variables}
        done = subprocess.run(
            [sys.executable, str(program), *arguments],
            env=environment, capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    return run
