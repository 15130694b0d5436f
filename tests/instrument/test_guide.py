"""The examples of the guide run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.servers import redis_server

from weft.instrument.libraries.catalogue import LIBRARIES

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
PAGES = ("agents.md", "inside-one-machine.md", "trust.md", "websockets.md")
EXAMPLES = [
    example
    for page in PAGES
    for example in re.findall(r"```python\n(.*?)```", (GUIDE / page).read_text(encoding="utf-8"), re.DOTALL)
]


def test_the_guide_names_every_library_that_is_instrumented() -> None:
    (row,) = [
        line for line in (GUIDE / "agents.md").read_text().splitlines() if line.startswith("| `instrument`")
    ]
    assert sorted(re.findall(r"`([\w-]+)`", row.split("all: ")[1])) == sorted(each.name for each in LIBRARIES)


def run(example: str, **variables: str) -> str:
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none", **variables}
    done = subprocess.run(
        [sys.executable, "-c", example], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "redis" not in example])
def test_an_example_runs(example: str) -> None:
    run(example)


def test_the_example_of_redis_hands_over_its_payload() -> None:
    (example,) = [example for example in EXAMPLES if "redis" in example]
    with redis_server() as port:
        assert run(example, REDIS_URL=f"redis://127.0.0.1:{port}") == "{'task': 'write'}\n"
