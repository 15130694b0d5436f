"""`weft verify` against a stand-in for a backend, and on files."""

import copy
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from tests.servers import until

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_ID = "4bf9ffffffffffffffffffffffffffff"
Run = Callable[..., CompletedProcess[str]]


def span(name: str, parent: str | None = None, start: int = 0, **tags: Any) -> dict[str, Any]:
    """A span in Jaeger's JSON whose name is its id."""
    above = [] if parent is None else [{"refType": "CHILD_OF", "traceID": TRACE_ID, "spanID": hex_of(parent)}]
    return {
        "traceID": TRACE_ID,
        "spanID": hex_of(name),
        "operationName": name,
        "references": above,
        "startTime": 1_700_000_000_000_000 + start,
        "duration": 1000,
        "tags": [
            {
                "key": key.replace("__", "."),
                "type": "int64" if isinstance(value, int) else "string",
                "value": value,
            }
            for key, value in tags.items()
        ],
        "processID": "p1",
    }


def hex_of(name: str) -> str:
    return name.encode().hex().rjust(16, "0")


def agent(name: str, parent: str | None = None, start: int = 0, **tags: Any) -> dict[str, Any]:
    return span(name, parent, start, gen_ai__operation__name="invoke_agent", gen_ai__agent__name=name, **tags)


def trace(*spans: dict[str, Any], trace_id: str = TRACE_ID) -> dict[str, Any]:
    made = {
        "traceID": TRACE_ID,
        "spans": list(spans),
        "processes": {"p1": {"serviceName": "agents", "tags": []}},
    }
    return json.loads(json.dumps(made).replace(TRACE_ID, trace_id))  # type: ignore[no-any-return]


WHOLE = trace(agent("planner"), agent("writer", "planner", 100), agent("critic", "planner", 200))
ORPHAN = trace(agent("planner"), agent("writer", "gone", 100))


def test_the_newest_trace_is_checked_for_what_all_traces_should_be(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID)
    backend.has(trace=WHOLE)
    done = weft("verify", "--url", backend.url)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "1 trace",
        "ok        one trace",
        "ok        no orphans",
        "ok        no error origin",
    ]


def test_a_violation_is_told_with_the_tree(weft: Run, backend: Any) -> None:
    backend.has(trace=ORPHAN)
    done = weft("verify", TRACE_ID, "--url", backend.url)

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    said = " ".join(" ".join(lines[3:5]).split())
    assert lines[2] == "violated  no orphans"
    assert said.startswith(
        f"span 'writer' of agents ({hex_of('writer')}): expected its parent {hex_of('gone')}"
    )
    assert said.endswith("in the trace, found no such span")
    assert any("planner" in line and "1.00 ms" in line for line in lines[6:])


def test_only_the_checks_that_are_named_count(weft: Run, backend: Any) -> None:
    backend.has(trace=ORPHAN)
    done = weft("verify", "4bf92f3577b34da6a3ce929d0e0e4736", "--spans-at-least", "2", "--url", backend.url)

    assert (done.returncode, done.stdout) == (0, "1 trace\nok        2 spans at least\n")


@pytest.mark.parametrize(
    ("arguments", "violated"),
    [
        (["--agents", "planner, writer,critic"], False),
        (["--agents", "critic,writer"], True),
        (["--max-duration", "1ms"], False),
        (["--max-duration", "999us"], True),
        (["--max-tokens", "150"], False),
        (["--max-tokens", "149"], True),
        (["--max-tokens", "0"], True),
        (["--max-cost", "0.01"], False),
        (["--max-cost", "0.0007"], True),
        (["--max-wait", "1.5s"], False),
        (["--no-loops"], False),
        (["--no-errors"], False),
        (["--one-trace"], False),
        (["--spans-at-least", "5"], True),
    ],
)
def test_each_check_has_an_option(weft: Run, backend: Any, arguments: list[str], violated: bool) -> None:
    call = span(
        "chat",
        "critic",
        300,
        gen_ai__operation__name="chat",
        gen_ai__request__model="gpt-4o",
        gen_ai__usage__input_tokens=100,
        gen_ai__usage__output_tokens=50,
    )
    backend.has(trace={**WHOLE, "spans": [*WHOLE["spans"], call]})
    done = weft("verify", TRACE_ID, *arguments, "--url", backend.url, "--json")

    assert (done.returncode, done.stderr) == (int(violated), "")
    answer = json.loads(done.stdout)
    (check,) = answer["checks"]
    assert (answer["ok"], answer["traces"], f"--{check['check']}") == (not violated, 1, arguments[0])
    assert bool(check["violations"]) is violated


def test_two_traces_are_not_one(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, OTHER_ID)
    backend.has(trace=WHOLE)
    backend.has(OTHER_ID, trace(agent("lonely"), trace_id=OTHER_ID))
    asked = ["verify", "--last", "2", "--url", backend.url]

    assert weft(*asked).returncode == 0
    done = weft(*asked, "--one-trace", COLUMNS="200")
    assert done.returncode == 1
    assert f"the traces: expected one, found 2: {TRACE_ID}, {OTHER_ID}" in done.stdout
    assert "lonely" in done.stdout


def test_a_time_and_a_service_choose_the_traces(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID, start_ns=str(time.time_ns()))
    backend.has(trace=WHOLE)

    assert weft("verify", "--since", "1h", "--service", "agents", "--url", backend.url).returncode == 0
    assert "/weft/v1/traces?limit=1000&service=agents" in backend.asked
    backend.list(TRACE_ID, start_ns="1000")
    done = weft("verify", "--since", "1h", "--url", backend.url)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "there are no such traces" in done.stderr


def test_waits_until_the_trace_is_there_and_whole(weft: Run, backend: Any) -> None:
    backend.list()

    def arrive() -> None:
        until(lambda: backend.asked, "asked")
        backend.has(trace=ORPHAN)
        backend.list(TRACE_ID)
        until(lambda: any("api" in path for path in backend.asked), "asked for the trace")
        whole = copy.deepcopy(ORPHAN)
        whole["spans"].append(agent("gone", "planner", 50))
        backend.has(trace=whole)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    done = weft("verify", "--wait", "60s", "--url", backend.url)
    arriving.join()

    assert done.returncode == 0


def test_waits_no_longer_than_told(weft: Run, backend: Any) -> None:
    done = weft("verify", TRACE_ID, "--wait", "1ms", "--url", backend.url)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"weft verify: no trace {TRACE_ID}; `weft ls` lists what is there\n"


def test_waits_for_a_backend_that_does_not_listen_yet(
    weft: Run, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.list(TRACE_ID)
    backend.has()
    answers = iter([False, False])
    monkeypatch.setattr("weft.cli.backend.Backend.listens", lambda _: next(answers, True))

    done = weft("verify", "--no-orphans", "--wait", "60s", WEFT_UI_PORT=str(backend.port))

    assert done.returncode == 0


def test_a_span_that_came_twice_counts_once(weft: Run, tmp_path: Path) -> None:
    files = tmp_path / "once.json", tmp_path / "again.json"
    for file in files:
        file.write_text(json.dumps({"data": [WHOLE]}))

    done = weft("verify", "--one-trace", "--spans-at-least", "1", *map(str, files))

    assert done.returncode == 0


def test_a_file_is_checked_trace_by_trace(weft: Run, tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"
    bad = trace(agent("planner"), agent("writer", "gone", 100), trace_id=OTHER_ID)
    file.write_text(f"{json.dumps(WHOLE)}\n{json.dumps(bad)}\n")
    done = weft("verify", str(file), COLUMNS="200")

    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "2 traces"
    assert f"{OTHER_ID}: span 'writer'" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json"], "nowhere.json: no such file"),
        (["nowhere.json", "--wait", "1s"], "are about a backend, not about files"),
        (["--agents", "a,,b"], "names with commas between them"),
        (["--max-cost", "nan"], "nan is not an amount"),
        (["--max-cost", "inf"], "inf is not an amount"),
        ([TRACE_ID, OTHER_ID], "one TRACE_ID at a time"),
        (["--max-wait", "soon"], "'soon' is not a duration; write 500ms, 2s, 5m, 24h or 7d"),
        (["--prices", "nowhere.toml"], "price file nowhere.toml cannot be read: no such file"),
        (["--url", "http://127.0.0.1:9"], "nothing listens on http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_asked_is_code_2_and_one_line(weft: Run, arguments: list[str], said: str) -> None:
    done = weft("verify", *arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert said in done.stderr


def test_a_price_file_counts(weft: Run, backend: Any, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('"gpt-4o" = { input = 1000000, output = 0 }\n')
    call = span(
        "chat", gen_ai__operation__name="chat", gen_ai__request__model="gpt-4o", gen_ai__usage__input_tokens=3
    )
    backend.has(trace=trace(call))
    done = weft(
        "verify", TRACE_ID, "--max-cost", "2", "--url", backend.url, WEFT_PRICES=str(prices), COLUMNS="200"
    )

    assert "expected $2 at most, found $3" in done.stdout


def test_names_of_strangers_do_not_reach_the_terminal_as_they_are(weft: Run, backend: Any) -> None:
    backend.has(trace=trace(agent("planner"), agent("\x1b[2Jw", "gone", 100)))
    done = weft("verify", TRACE_ID, "--url", backend.url)

    assert done.returncode == 1
    assert "\x1b" not in done.stdout
