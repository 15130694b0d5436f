"""The README is true for a stranger: its example runs, and what it points to is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.servers import free_port

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_its_example_runs_with_no_backend() -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    nobody = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=nobody
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "a page about tea\n"


@pytest.mark.parametrize(
    "file",
    [
        "README.md",
        "ARCHITECTURE.md",
        *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")),
    ],
)
def test_links_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text()
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in link:
            assert (ROOT / file).parent.joinpath(link).exists(), link


def test_the_commands_it_names_are_there() -> None:
    for script in set(re.findall(r"\./(scripts/\w+)", README)):
        assert (ROOT / script).stat().st_mode & 0o100, script


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", (ROOT / "ARCHITECTURE.md").read_text())))
)
def test_what_the_architecture_names_as_proof_exists(path: str) -> None:
    assert (ROOT / path).exists()
