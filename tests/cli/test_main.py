"""The command group: help, exit codes, and what happens where the backend is not installed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import click
import pytest
from click.testing import CliRunner

from weft.cli import weft as group

Run = Callable[..., CompletedProcess[str]]
BACKEND = (
    "chdb",
    "clickhouse_connect",
    "grpc",
    "ptars",
    "pyarrow",
    "pydantic",
    "rich",
    "starlette",
    "uvicorn",
)


def test_help_lists_every_command_with_its_purpose() -> None:
    result = CliRunner().invoke(group, ["--help"])

    assert result.exit_code == 0
    for name in group.list_commands(click.Context(group)):
        command = getattr(import_module(f"weft.cli.{name}"), name)
        [line] = [line for line in result.output.splitlines() if line.startswith(f"  {name} ")]
        assert command.get_short_help_str(80).split(":")[0].rstrip(".") in line
    assert "Exit codes:" in result.output


@pytest.mark.parametrize("command", ["show", "ls"])
def test_help_of_a_command_has_examples(command: str) -> None:
    result = CliRunner().invoke(group, [command, "--help"])

    assert result.exit_code == 0
    assert f"weft {command} --json" in result.output


def test_help_imports_nothing_of_the_backend() -> None:
    code = (
        "import sys\n"
        "from weft.cli import main\n"
        "sys.argv = ['weft', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {BACKEND!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "Usage: weft" in done.stdout
    assert done.stderr == "[]\n"


def test_version() -> None:
    assert CliRunner().invoke(group, ["--version"]).output == f"weft, version {version('weft')}\n"


def test_an_unknown_command_is_wrong_usage(process: Run) -> None:
    done = process("shwo")

    assert done.returncode == 2
    assert "No such command 'shwo'" in done.stderr


@pytest.mark.parametrize("missing", ["rich", "pydantic", "pyarrow"])
def test_without_the_backend_a_command_says_how_to_install_it(tmp_path: Path, missing: str) -> None:
    """A finder in front of all others has the package missing, as if it had never been installed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {missing!r}:\n"
        f"            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    (tmp_path / "home" / "weft" / "journal").mkdir(parents=True)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "WEFT_UI_PORT": "1"}
    command = "show" if missing == "rich" else "up" if missing == "pydantic" else "ls"

    done = subprocess.run(
        [sys.executable, "-m", "weft.cli", command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == (
        f"weft {command} needs the backend: pip install '.[server]' in your clone of Weft "
        f"(there is no {missing})\n"
    )
    help_ = subprocess.run(
        [sys.executable, "-m", "weft.cli", "--help"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert help_.returncode == 0


def test_ctrl_c_ends_quietly_with_130(backend: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "weft.cli", "ls", "--url", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        connection, _ = silent.accept()
        connection.recv(1000)  # the command waits for the answer
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        connection.close()
    assert process.returncode == 130
    assert out == b""
    assert err.strip() == b""


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (">/dev/full", "stdout cannot be written: no space left on device"),
        (">&-", "there is nowhere to write to: stdout is closed"),
    ],
)
@pytest.mark.parametrize("command", ["ls", "ls --json"])
def test_output_that_cannot_be_written_is_one_line(backend: Any, command: str, where: str, said: str) -> None:
    backend.list("4bf92f3577b34da6a3ce929d0e0e4736")
    done = subprocess.run(
        f"{sys.executable} -m weft.cli {command} --url {backend.url} {where}",
        shell=True,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert done.stderr == f"weft ls: {said}\n"
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [["show", "--full"], ["show", "--json"]])
def test_a_reader_that_goes_away_ends_the_command_quietly(backend: Any, arguments: list[str]) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    backend.has()
    backend.may_answer.clear()
    process = subprocess.Popen(
        [sys.executable, "-m", "weft.cli", *arguments, trace_id, "--url", backend.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    backend.may_answer.set()
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=30) == 141
    assert err == b""
