"""`weft analyse` on files, as a process and within this one."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from tests.query.files.written import OTHER_ID, TRACE_ID, jaeger, lines, otlp

from weft.cli.progress import Progress

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "terminal" / "agents.json").read_text())
AGENTS_ID = RECORDED["traceID"]
BROKEN = b'{"traceID": "ab", "spans": [\n'
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    """The recorded workflow of four agents."""
    file = tmp_path / "agents.json"
    file.write_text(json.dumps({"data": [RECORDED]}))
    return file


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Five traces, one a line."""
    file = tmp_path / "many.jsonl.gz"
    file.write_bytes(gzip.compress(lines(*(jaeger(f"{n:x}") for n in range(1, 6)))))
    return file


def test_a_trace_is_explained_as_json(process: Run, agents: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = process("analyse", str(agents), "--json", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "weekly-brief" in done.stdout
    document = json.loads(out.read_text())
    [trace] = document["traces"]

    assert set(document) == {"traces", "clocks"}
    assert trace["trace_id"] == AGENTS_ID
    assert trace["root"] == RECORDED["spans"][0]["spanID"]
    assert {"researcher", "writer"} <= set(trace["agents"])
    assert sum(each["end_ns"] - each["start_ns"] for each in trace["critical_path"]) == trace["duration_ns"]
    assert [each["agent"] for each in trace["errors"] if each["role"] == "origin"] == ["reviewer"]
    assert [each["to_agent"] for each in trace["hand_offs"]] == ["researcher", "writer", "reviewer"]
    assert {"tokens", "cost", "repairs"} <= set(trace)


def test_json_to_stdout_is_json_and_nothing_else(weft: Run, many: Path) -> None:
    done = weft("analyse", str(many), "--json", "-")

    assert [trace["trace_id"] for trace in json.loads(done.stdout)["traces"]] == [
        f"{n:032x}" for n in range(1, 6)
    ]
    assert done.stderr == ""


def test_few_traces_are_shown_one_by_one_and_many_as_an_overview(weft: Run, agents: Path, many: Path) -> None:
    assert weft("analyse", str(agents)).stdout.startswith("weekly-brief")
    assert weft("analyse", str(many)).stdout.startswith("5 traces · 10 spans")


def test_a_few_traces_are_explained_one_after_the_other(weft: Run, agents: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    long = jaeger(OTHER_ID, *(f"{n:x}" for n in range(1, 300)))
    for span in long["spans"][1:]:
        span["operationName"] = "again"
    other.write_bytes(lines(long))
    shown = weft("analyse", str(agents), str(other)).stdout

    assert "error began in reviewer, execute_tool check_sources: ReviewRejected" in shown
    assert "\n\nwork 1 " in shown
    assert "could save" in shown
    assert "--full shows every one" in shown
    assert "--full" not in weft("analyse", str(agents), str(other), "--full").stdout


def test_files_of_different_formats_are_read_together(weft: Run, tmp_path: Path, many: Path) -> None:
    other = tmp_path / "spans.bin"
    other.write_bytes(otlp(OTHER_ID).SerializeToString())

    assert weft("analyse", str(other), str(many)).stdout.startswith("6 traces · 12 spans")


def test_stdin_is_a_file_too(many: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "weft.cli", "analyse", "-"],
        input=many.read_bytes(),
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=True,
    )
    assert done.stdout.decode().startswith("5 traces")


@pytest.mark.parametrize("wanted", [AGENTS_ID, AGENTS_ID[:6].upper()])
def test_one_trace_is_found_by_its_id(weft: Run, agents: Path, many: Path, wanted: str) -> None:
    done = weft("analyse", str(agents), str(many), "--trace", wanted)

    assert done.returncode == 0
    assert done.stdout.startswith("weekly-brief")


def test_an_id_of_64_bits_needs_no_zeros(weft: Run, tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_bytes(lines(jaeger(TRACE_ID), jaeger(OTHER_ID[16:])))
    done = weft("analyse", str(file), "--trace", OTHER_ID[16:22], "--json", "-")

    assert [trace["trace_id"] for trace in json.loads(done.stdout)["traces"]] == [OTHER_ID]


def test_a_trace_that_is_not_there(weft: Run, agents: Path) -> None:
    done = weft("analyse", str(agents), "--trace", "abcd")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"weft analyse: no trace abcd in {agents}\n"


def test_what_cannot_be_read_is_named_and_the_rest_is_explained(
    process: Run, tmp_path: Path, many: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(lines(jaeger("aa")) + BROKEN + lines(jaeger("bb")))
    done = process("analyse", str(broken), str(tmp_path), str(tmp_path / "none"), str(many))

    assert done.returncode == 1
    assert done.stdout.startswith("7 traces")
    said = done.stderr.splitlines()
    assert len(said) == 3
    assert said[0].startswith(f"weft analyse: {broken}, line 2: it is not JSON: ")
    assert said[1].startswith(f"weft analyse: {tmp_path}: it is a directory; name the files in it")
    assert said[2] == f"weft analyse: {tmp_path / 'none'}: no such file or directory"


def test_strict_stops_at_the_first_thing_that_cannot_be_read(weft: Run, tmp_path: Path, many: Path) -> None:
    broken, out = tmp_path / "broken", tmp_path / "out"
    broken.write_bytes(lines(jaeger("aa")) + BROKEN)
    out.write_text("from before")
    done = weft("analyse", "--strict", str(many), str(broken), "--json", str(out))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"weft analyse: {broken}, line 2: it is not JSON")
    assert done.stderr.count("\n") == 1
    assert out.read_text() == "from before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "many.jsonl.gz", "out"]


def test_very_many_complaints_are_counted(weft: Run, tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_bytes(lines(jaeger("aa"), *(["junk"] * 100)))
    done = weft("analyse", str(file))

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 21
    assert done.stderr.splitlines()[-1] == "weft analyse: and 80 more that could not be read"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b'{"data": []}', "traces"),
        (b"", "whole trace"),
        (bytes(range(256)), "whole trace"),
        (b"\x1b[2J\x1b]0;owned\x07", "whole trace"),
    ],
)
def test_no_traces_is_no_success(weft: Run, tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "traces"
    file.write_bytes(content)
    done = weft("analyse", str(file), "--json", "-")

    assert done.returncode == 1
    assert json.loads(done.stdout) == {"traces": [], "clocks": []}
    assert done.stderr.splitlines()[-1] == f"weft analyse: no {what} in {file}"
    assert "\x1b" not in done.stderr


def test_hostile_text_does_not_reach_the_terminal(weft: Run, tmp_path: Path) -> None:
    trace = jaeger()
    trace["processes"]["p1"]["serviceName"] = "\x1b]0;owned\x07[red]agent\u202e"
    for span in trace["spans"]:
        span["tags"] = [{"key": "error", "type": "bool", "value": True}]
    name = tmp_path / "\x1b[2Jtraces"
    name.write_bytes(lines(*(trace | {"traceID": f"{n:x}"} for n in range(1, 6)), "\x1b[2J"))
    done = weft("analyse", str(name))

    assert "[red]agent" in done.stdout
    assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'FILE...'"),
        (("x", "--trace", "xyz"), "TRACE_ID should be 4 to 32 hex digits, not 'xyz'"),
        (("x", "--json", "/nowhere/out"), "/nowhere/out cannot be written: no such file or directory"),
    ],
)
def test_wrong_usage(weft: Run, arguments: tuple[str, ...], said: str) -> None:
    done = weft("analyse", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_times_that_do_not_fit_into_64_bits_are_written(weft: Run, tmp_path: Path) -> None:
    file = tmp_path / "traces"
    trace = jaeger()
    for span in trace["spans"]:
        span["startTime"] = 2**64 - 1
    file.write_bytes(lines(trace))
    done = weft("analyse", str(file), "--json", "-")

    assert json.loads(done.stdout)["traces"][0]["start_ns"] == (2**64 - 1) * 1000


def test_a_device_is_written_to_as_it_is(weft: Run, many: Path) -> None:
    assert weft("analyse", str(many), "--json", os.devnull).returncode == 0
    assert not Path(os.devnull).is_file()


def test_a_file_is_readable_as_others_are(weft: Run, many: Path, tmp_path: Path) -> None:
    out, plain = tmp_path / "out", tmp_path / "plain"
    plain.touch()
    weft("analyse", str(many), "--json", str(out))

    assert out.stat().st_mode == plain.stat().st_mode


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def counted(stderr: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What counting three things writes, one every half second."""
    now = iter(range(100))
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr("time.monotonic", lambda: next(now) / 2)
    assert list(Progress("weft analyse").of("abc", "traces read")) == ["a", "b", "c"]
    written: str = stderr.getvalue()
    return written


def test_progress_is_one_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    written = counted(Terminal(), monkeypatch)

    assert written.endswith("\r\x1b[K")
    assert "\x1b[Kweft analyse: 3 traces read" in written
    assert "\n" not in written


def test_there_is_no_progress_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(io.StringIO(), monkeypatch) == ""


def test_help_has_examples(weft: Run) -> None:
    said = weft("analyse", "--help").stdout

    assert "weft analyse traces.json" in said
    assert "Exit code 1" in said


def test_a_file_that_is_cut_before_its_first_trace_ends_has_no_whole_trace(weft: Run, tmp_path: Path) -> None:
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(gzip.compress(json.dumps(RECORDED).encode())[:500])

    done = weft("analyse", str(cut))

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"weft analyse: no whole trace in {cut}"
