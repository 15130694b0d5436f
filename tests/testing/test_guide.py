"""The examples of docs/guide/testing.md run as they stand."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from _pytest.assertion.rewrite import AssertionRewriter
from click.testing import CliRunner
from tests.backend import backend

import weft
from weft.analyse.usage.price_file import read_prices
from weft.analyse.usage.rate import NO_PRICES
from weft.cli import weft as group

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "testing.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


def run(tests: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a file as its user does, in a folder of its own."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *arguments,
            tests.name,
        ],
        cwd=tests.parent,
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_examples_of_one_process_pass(tmp_path: Path) -> None:
    files = [example for example in EXAMPLES if "# needs a backend" not in example]
    for number, example in enumerate(files):
        (tmp_path / f"test_{number}.py").write_text(example)
    done = run(tmp_path / ".")

    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout + done.stderr


def test_the_example_of_several_processes_passes(tmp_path: Path) -> None:
    (example,) = [example for example in EXAMPLES if "# needs a backend" in example]
    test = tmp_path / "test_it.py"
    test.write_text(example)
    with backend(tmp_path / "data") as running:
        sender = f"http://127.0.0.1:{running.http_port}"
        done = run(
            test, WEFT_URL=running.url, OTEL_TRACES_EXPORTER="otlp", OTEL_EXPORTER_OTLP_ENDPOINT=sender,
            WEFT_SPOOL="off",
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_failure_shows_what_is_and_not_the_inside_of_weft(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(
        "import weft, weft.testing\n"
        "def test_it(weft_traces):\n"
        "    with weft.agent('planner'): pass\n"
        "    with weft.agent('writer'): pass\n"
        "    weft.testing.assert_one_trace(weft_traces)\n"
    )
    done = run(test)

    assert done.returncode == 1
    assert "E       AssertionError: one trace: the traces: expected one, found 2: " in done.stdout
    assert "writer  invoke_agent writer" in done.stdout
    assert "assertions.py" not in done.stdout


def test_the_plugin_costs_other_suites_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import weft.pytest_plugin; "
        "print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert sorted(loaded) == ["weft", "weft.pytest_plugin"]


def test_weft_may_be_imported_before_pytest() -> None:
    assert AssertionRewriter.is_rewrite_disabled(weft.__doc__ or "")


def test_in_memory_nothing_of_the_backend_is_needed() -> None:
    names = (
        "chdb clickhouse_connect genai_prices grpc numpy orjson ptars pyarrow pydantic rich starlette uvicorn"
    )
    code = (
        "import sys\n"
        f"for name in {names!r}.split(): sys.modules[name] = None\n"
        "import weft, weft.testing as kit\n"
        "with kit.caught_spans() as traces, weft.agent('a') as span:\n"
        "    span.set_attribute('gen_ai.request.model', 'gpt-4o')\n"
        "    span.set_attribute('gen_ai.usage.input_tokens', 5)\n"
        "kit.assert_one_trace(traces)\n"
        "kit.assert_tokens_below(traces, 5)\n"
        "try: kit.assert_cost_below(traces, 9)\n"
        "except AssertionError as failure: print(failure)\n"
        "try: kit.file_traces('x')\n"
        "except ModuleNotFoundError as failure: print(failure)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "1 model call whose price is not known" in done.stdout
    assert "pip install '.[server]' in your clone of Weft" in done.stdout


@pytest.mark.parametrize("line", re.findall(r"^(weft verify.*)$", GUIDE, re.MULTILINE))
def test_the_commands_are_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_URL", "http://127.0.0.1:9")
    done = CliRunner().invoke(group, shlex.split(line, comments=True)[1:], standalone_mode=False)

    assert isinstance(done.exception, click.ClickException)
    assert not isinstance(done.exception, click.UsageError), done.exception
    assert re.search("nothing listens|no such file", done.exception.message)


def test_the_price_file_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)

    assert tomllib.loads(example)
    assert read_prices(example.encode(), "prices.toml", NO_PRICES).rate("", "gpt-4o", 0)
