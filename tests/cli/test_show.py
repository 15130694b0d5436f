"""`weft show` against a stand-in for a backend."""

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from weft.present.terminal.glyphs import BOX

FIXTURES = Path(__file__).parents[1] / "fixtures" / "terminal"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_ID = "4bf9ffffffffffffffffffffffffffff"
Run = Callable[..., CompletedProcess[str]]


def failed(done: CompletedProcess[str], code: int) -> str:
    """Check that a command failed as a command should, and give what it said."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_a_trace_is_shown_by_its_id(process: Run, backend: Any) -> None:
    backend.has()
    done = process("show", TRACE_ID, "--url", backend.url, COLUMNS="120")

    assert done.returncode == 0
    assert done.stdout == (FIXTURES / "explained-120.txt").read_text()
    assert done.stderr == ""
    assert backend.asked == [f"/api/traces/{TRACE_ID}?raw=true", "/weft/v1/clocks"]


def test_without_an_id_the_newest_trace_is_shown(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID)
    backend.has()
    done = weft("show", "--url", backend.url)

    assert done.stdout.startswith("weekly-brief · 4.81 s · 20 spans")
    assert backend.asked[0] == "/weft/v1/traces?limit=1"


def test_the_first_digits_of_an_id_are_enough(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, OTHER_ID)
    backend.has()

    assert weft("show", "4BF92F", "--url", backend.url).stdout.startswith("weekly-brief")


def test_digits_that_begin_several_ids_are_not_enough(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, OTHER_ID)

    said = failed(weft("show", "4bf9", "--url", backend.url), 1)
    assert said == f"weft show: 2 traces begin with 4bf9: {TRACE_ID}, {OTHER_ID}"


def test_an_id_of_64_bits_is_an_id(weft: Run, backend: Any) -> None:
    backend.has("00634564cbf93fbd")

    assert weft("show", "00634564cbf93fbd", "--url", backend.url).returncode == 0
    assert backend.asked == ["/api/traces/00634564cbf93fbd?raw=true", "/weft/v1/clocks"]


def test_the_first_digits_of_an_id_of_64_bits_are_enough(weft: Run, backend: Any) -> None:
    backend.list("000000000000000000634564cbf93fbd")
    backend.has("000000000000000000634564cbf93fbd")

    assert weft("show", "006345", "--url", backend.url).returncode == 0


@pytest.mark.parametrize("wanted", [TRACE_ID, "4bf92f3577b34da6", "abcd"])
def test_an_unknown_id_says_where_to_look(weft: Run, backend: Any, wanted: str) -> None:
    backend.list()

    said = failed(weft("show", wanted, "--url", backend.url), 1)
    assert said == f"weft show: no trace {wanted}; `weft ls` lists what is there"


def test_no_traces_at_all(process: Run, backend: Any) -> None:
    backend.list()

    assert failed(process("show", "--url", backend.url), 1) == "weft show: there are no traces yet"


@pytest.mark.parametrize("wanted", ["xyz", "abc", "4bf92f35-77b3", "a" * 33, "../../etc", "\x1b[2J", ""])
def test_what_is_no_id_is_wrong_usage(weft: Run, backend: Any, wanted: str) -> None:
    done = weft("show", wanted, "--url", backend.url)

    assert done.returncode == 2
    assert f"TRACE_ID should be 4 to 32 hex digits, not {wanted!a}" in done.stderr
    assert backend.asked == []


def test_json_is_the_trace_and_nothing_else(process: Run, backend: Any) -> None:
    backend.has()
    done = process("show", TRACE_ID, "--json", "--url", backend.url)

    assert json.loads(done.stdout)["traceID"] == TRACE_ID
    assert len(json.loads(done.stdout)["spans"]) == 20
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_the_analysis_is_what_analyse_writes_of_the_trace(process: Run, weft: Run, backend: Any) -> None:
    backend.has()
    done = process("show", TRACE_ID, "--analysis", "--url", backend.url)
    (written,) = json.loads(weft("analyse", str(FIXTURES / "agents.json"), "--json", "-").stdout)["traces"]

    said = json.loads(done.stdout)
    assert said.pop("saves_ns")
    assert said == {name: value for name, value in written.items() if name != "saves_ns"}
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert "/weft/v1/clocks" in backend.asked


def test_a_trace_and_its_analysis_are_two_documents(weft: Run, backend: Any) -> None:
    done = weft("show", TRACE_ID, "--json", "--analysis", "--url", backend.url)

    assert done.returncode == 2
    assert "--json and --analysis are two documents" in done.stderr
    assert backend.asked == []


def test_full_shows_every_span(weft: Run, backend: Any) -> None:
    spans = [
        {"spanID": f"{n:x}", "operationName": "tool", "startTime": n, "duration": 1, "processID": "p1"}
        for n in range(1, 300)
    ]
    backend.has(trace={"traceID": TRACE_ID, "spans": spans, "processes": {"p1": {"serviceName": "agent"}}})

    folded = weft("show", TRACE_ID, "--url", backend.url).stdout
    assert folded.count("  tool  ") < 10
    assert "--full shows every one" in folded
    assert weft("show", TRACE_ID, "--full", "--url", backend.url).stdout.count("  tool  ") == 299


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"data": [{"traceID": 1}]},
            "the backend's answer is not a trace: trace.traceID should be text, not 1",
        ),
        ({"data": {}}, "does not answer as Jaeger's API does: answer.data should be a list, not an object"),
        (b"<html>", "does not answer as Jaeger's API does: answer should be an object, not nothing"),
        (b"[" * 100_000, "does not answer as Jaeger's API does: answer should be an object, not nothing"),
        (b"\xff\xfe\xfd", "does not answer as Jaeger's API does: answer should be an object, not nothing"),
    ],
)
def test_a_wrong_answer_is_one_clear_line(weft: Run, backend: Any, answer: object, said: str) -> None:
    backend.give(f"/api/traces/{TRACE_ID}", answer)

    assert said in failed(weft("show", TRACE_ID, "--url", backend.url), 2)


def test_an_empty_answer_is_no_trace(weft: Run, backend: Any) -> None:
    backend.give(f"/api/traces/{TRACE_ID}", {"data": [], "errors": None})

    assert "no trace" in failed(weft("show", TRACE_ID, "--url", backend.url), 1)


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (503, {"data": None, "errors": [{"code": 503, "msg": "ask again"}]}, "answers 503: ask again"),
        (500, {"error": {"message": "\x1b[2Jbroken\nhere"}}, "answers 500: broken here"),
        (500, {"error": "?"}, "answers 500; is a Weft backend there?"),
        (404, b"<html>nothing</html>", "answers 404; is a Weft backend there?"),
    ],
)
def test_a_refusal_is_passed_on(weft: Run, backend: Any, status: int, answer: object, said: str) -> None:
    backend.give(f"/api/traces/{TRACE_ID}", answer, status)

    assert failed(weft("show", TRACE_ID, "--url", backend.url), 2) == f"weft show: {backend.url} {said}"


def test_hostile_text_does_not_reach_the_terminal(process: Run, backend: Any) -> None:
    spans = [
        {
            "spanID": "1",
            "operationName": "\x1b]0;owned\x07[red]name[/red]\u202e",
            "startTime": 1,
            "duration": 1,
            "processID": "p1",
        }
    ]
    backend.has(trace={"traceID": TRACE_ID, "spans": spans, "processes": {"p1": {"serviceName": "\x9b2J"}}})
    done = process("show", TRACE_ID, "--url", backend.url)

    assert "[red]name[/red]" in done.stdout
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert "\x1b" not in process("show", TRACE_ID, "--json", "--url", backend.url).stdout


def test_an_output_without_box_characters_gets_ascii(process: Run, backend: Any) -> None:
    backend.has()
    done = process("show", TRACE_ID, "--url", backend.url, PYTHONIOENCODING="ascii")

    assert done.stdout == (FIXTURES / "explained-ascii-100.txt").read_text()


def test_a_connection_that_breaks_off_is_one_clear_line(weft: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        said = failed(weft("show", TRACE_ID, "--url", url), 2)
        thread.join()
    assert said.startswith(f"weft show: {url} cannot be asked: IncompleteRead")


def test_help_explains_every_sign(weft: Run) -> None:
    said = weft("show", "--help").stdout

    assert all(
        sign in said for sign in (BOX.failed, BOX.passed, BOX.recovered, BOX.symptom, BOX.bar, BOX.rest)
    )
