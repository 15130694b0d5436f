"""`weft ls` against a stand-in for a backend."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
Run = Callable[..., CompletedProcess[str]]


def test_traces_are_listed_the_newest_first(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, "00634564cbf93fbd")
    done = weft("ls", "--url", backend.url, COLUMNS="150")

    heads, first, second = done.stdout.splitlines()
    assert heads.split() == ["started", "trace", "root", "service", "duration", "spans", "failed", "services"]
    assert first.split("  ")[:2] == ["2026-11-25 14:03:22", TRACE_ID]
    assert second.split()[2] == "00634564cbf93fbd"
    assert first.split()[-5:] == ["4.81", "s", "20", "5", "2"]


def test_limit_and_service_are_passed_on(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID)
    weft("ls", "--url", backend.url + "/", "--limit", "7", "--service", "a & b")

    assert backend.asked == ["/weft/v1/traces?limit=7&service=a+%26+b"]


def test_json_is_what_the_api_answers(process: Run, backend: Any) -> None:
    backend.list(TRACE_ID)
    done = process("ls", "--json", "--url", backend.url)

    assert json.loads(done.stdout) == json.loads(backend.answers["/weft/v1/traces"][1])
    assert done.stdout.count("\n") == 1


def test_an_empty_list_is_no_failure(weft: Run, backend: Any) -> None:
    backend.list()

    done = weft("ls", "--url", backend.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no traces yet\n")
    done = weft("ls", "--url", backend.url, "--service", "x\x1b[2J")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no traces of x\n")
    assert weft("ls", "--json", "--url", backend.url).stdout == '{"traces": []}\n'


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many"])
def test_a_limit_out_of_range_is_wrong_usage(weft: Run, backend: Any, limit: str) -> None:
    done = weft("ls", "--url", backend.url, "--limit", limit)

    assert done.returncode == 2
    assert "--limit" in done.stderr
    assert backend.asked == []


def test_an_answer_of_another_shape_is_one_clear_line(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, spans="many")
    done = weft("ls", "--url", backend.url)

    assert done.returncode == 2
    assert done.stderr == (
        f"weft ls: {backend.url} does not answer as Weft does: "
        "answer.traces[0].spans should be a whole number from 0 to 2^64 - 1, not 'many'\n"
    )


def test_a_backend_that_is_not_weft_is_named(weft: Run, backend: Any) -> None:
    done = weft("ls", "--url", backend.url)

    assert done.returncode == 2
    assert done.stderr == f"weft ls: {backend.url} answers 404: trace not found\n"
