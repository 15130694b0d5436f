"""``weft run`` as its users meet it: programs, servers with workers, Celery; none of them knows of Weft."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.otlp_receiver import Receiver, otlp_receiver
from tests.servers import free_port, redis_server, until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(__file__).parent / "run"
BIN = Path(sys.executable).parent
WEFT = (sys.executable, "-m", "weft", "run")
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5  # opentelemetry.proto.trace.v1.Span.SpanKind
ENDPOINT, PROTOCOL = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"
PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as running:
        yield running


def environment(receiver: Receiver | None = None, **variables: str) -> dict[str, str]:
    spans = (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint} if receiver else {"OTEL_TRACES_EXPORTER": "none"}
    )
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    return {
        **os.environ,
        "PATH": path,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "WEFT_SPOOL": "off",
        **spans,
        **variables,
    }


def run(*command: str, given: str = "", **variables: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WEFT, *command], input=given, env=environment(**variables), cwd=PROGRAMS,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@contextmanager
def started(*command: str, **variables: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*WEFT, *command], env=environment(**variables), cwd=PROGRAMS, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


# The program is what it was.


def test_a_program_sees_nothing_of_it() -> None:
    done = run("python", "agent.py", "tell", "--service", "mine")
    plain = subprocess.run(
        ["python", "agent.py", "tell", "--service", "mine"], env=environment(), cwd=PROGRAMS,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    told, expected = json.loads(done.stdout), json.loads(plain.stdout)
    told.pop("pid"), expected.pop("pid")
    assert told == expected


@pytest.mark.parametrize("program", [("python", "agent.py"), ("python", "-m", "agent")])
def test_input_output_and_exit_code_are_the_programs(program: tuple[str, ...]) -> None:
    done = run(*program, "echo", given="words\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "WORDS\n", "")


def test_the_program_takes_the_place_of_the_command_and_gets_its_signals() -> None:
    with started("python", "agent.py", "wait") as process:
        assert process.stdout
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_a_program_that_is_not_python_gets_its_environment() -> None:
    done = run("sh", "-c", "echo $TRACEPARENT; exit 3", TRACEPARENT=PARENT)
    assert (done.returncode, done.stdout, done.stderr) == (3, f"{PARENT}\n", "")


# It is traced.


@pytest.mark.parametrize("program", [("python", "agent.py"), ("python", "-m", "agent")])
def test_a_program_is_traced_under_the_context_of_its_environment(
    receiver: Receiver, program: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{receiver.port}/v1/traces"
    done = run("--service", "caller", *program, "call", url, receiver=receiver, TRACEPARENT=PARENT)
    assert (done.stdout, done.stderr) == ("501\n", "")  # the receiver takes no GET
    (span,) = receiver.spans()
    assert (span.kind, span.service, span.trace_id, span.parent_id) == (CLIENT, "caller", "a" * 32, "b" * 16)


def test_a_script_that_pip_installed_is_traced(receiver: Receiver, tmp_path: Path) -> None:
    script = tmp_path / "agent-cli"
    script.write_text(f"#!{sys.executable}\nimport weft\nwith weft.agent('cli'):\n    print('done')\n")
    script.chmod(0o755)
    done = run("--endpoint", receiver.endpoint, str(script))
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    done = run("--endpoint", receiver.endpoint, str(script), OTEL_TRACES_EXPORTER="otlp")
    assert (done.returncode, done.stderr) == (0, "")
    assert [span.name for span in receiver.spans()] == ["invoke_agent cli"]


def test_what_the_program_says_of_itself_wins_without_a_word(receiver: Receiver) -> None:
    with otlp_receiver() as other:
        done = run("--service", "named by run", "python", "named.py", other.endpoint, receiver=receiver)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert [span.service for span in other.spans()] == ["named by itself"]
    assert receiver.spans() == []


def test_libraries_are_chosen(receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/v1/traces"
    for option in (("--disable", "httpx"), ("--instrument", "threading,flask")):
        run(*option, "python", "agent.py", "call", url, receiver=receiver)
    assert receiver.spans() == []


def test_a_sitecustomize_further_down_the_path_runs_as_ever(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.theirs = __name__\n")
    show = "import sys, weft.instrument.telemetry as t; print(sys.theirs, t.is_set_up())"
    done = run("python", "-c", show, PYTHONPATH=str(tmp_path))
    assert (done.stdout, done.stderr) == ("sitecustomize True\n", "")
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')\n")
    done = run(
        "python",
        "-c",
        "import weft.instrument.telemetry as t; print(t.is_set_up())",
        PYTHONPATH=str(tmp_path),
    )
    assert done.stdout == "True\n"
    assert "Error in sitecustomize" in done.stderr
    assert "theirs" in done.stderr


def test_an_interpreter_without_weft_says_so_once_and_runs_the_program(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    bare = str(tmp_path / "bare" / "bin" / "python")
    child = "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'print(1)']).returncode)"
    done = run(bare, "-c", child, PYTHONPATH="")
    assert (done.returncode, done.stdout) == (0, "1\n0\n")
    assert done.stderr == f"weft run: no spans from {bare}: weft is not installed there\n"


# Servers with several workers.


def pids(port: int, count: int) -> set[str]:
    """Ask until so many different processes have answered."""
    seen: set[str] = set()

    def ask() -> bool:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"traceparent": PARENT})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                seen.add(answer.read().decode())
        except OSError:
            return False
        return len(seen) >= count

    until(ask, f"{count} workers answered")
    return seen


GUNICORN = "gunicorn", "-w", "2", "-b", "127.0.0.1:{port}", "--log-level", "error"


@pytest.mark.parametrize(
    "server",
    [
        ("uvicorn", "served:asgi", "--workers", "2", "--port", "{port}", "--log-level", "error"),
        (*GUNICORN, "served:wsgi"),
        (*GUNICORN, "--preload", "served:wsgi"),
        (*GUNICORN, "-k", "gthread", "served:wsgi"),
        (*GUNICORN, "-k", "uvicorn.workers.UvicornWorker", "served:asgi"),
    ],
    ids=["uvicorn", "gunicorn", "gunicorn-preload", "gunicorn-threads", "gunicorn-uvicorn"],
)
def test_every_worker_of_a_server_is_traced(receiver: Receiver, server: tuple[str, ...]) -> None:
    port = free_port()
    command = [part.format(port=port) for part in server]
    with started("--service", "served", *command, receiver=receiver):
        workers = pids(port, 2)

        def traced() -> set[str]:
            return {str(span.resource["process.pid"]) for span in receiver.spans() if span.kind == SERVER}

        until(lambda: workers <= traced(), "every worker sent its spans")
    for span in receiver.spans():
        assert (span.service, span.trace_id, span.parent_id) == ("served", "a" * 32, "b" * 16)


# Celery.


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as port:
        yield f"redis://127.0.0.1:{port}/0"


CALL = "import tasks; print(tasks.outer.delay(7).get(timeout=30))"


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_celery_task_is_a_child_of_its_caller(receiver: Receiver, redis_url: str, pool: str) -> None:
    options = "--without-mingle", "--without-gossip"
    worker = "celery", "-A", "tasks", "worker", "-P", pool, "-c", "2", *options
    with started("--service", "worker", *worker, receiver=receiver, REDIS_URL=redis_url) as process:
        done = run("--service", "caller", "python", "-c", CALL, receiver=receiver, REDIS_URL=redis_url)
        assert (done.returncode, done.stderr) == (0, "")

        def spans() -> dict[str, Any]:
            return {span.name: span for span in receiver.spans()}

        names = "apply_async/outer", "run/outer", "apply_async/inner", "run/inner"
        until(lambda: set(names) <= set(spans()), "the spans of both tasks arrived")
        found = spans()
    assert len({found[name].trace_id for name in names}) == 1
    chain = [found[name] for name in names]
    assert [span.parent_id for span in chain[1:]] == [span.span_id for span in chain[:-1]]
    assert [span.kind for span in chain] == [PRODUCER, CONSUMER, PRODUCER, CONSUMER]
    assert [span.service for span in chain] == ["caller", "worker", "worker", "worker"]
    assert found["run/outer"].resource["process.pid"] == int(done.stdout)
    assert (found["run/outer"].resource["process.pid"] == process.pid) is (pool != "prefork")


# What cannot be is refused.


@pytest.mark.parametrize(
    ("options", "variables", "line"),
    [
        ((), {"OTEL_PROPAGATORS": "b3,b4"}, "OTEL_PROPAGATORS is 'b3,b4': no propagator is called 'b4'"),
        ((), {ENDPOINT: "http://a:port"}, f"{ENDPOINT} is 'http://a:port', which is not a URL"),
        (("--endpoint", "ftp://a"), {}, f"{ENDPOINT} is 'ftp://a', which is not a URL"),
        ((), {PROTOCOL: "json"}, f"{PROTOCOL} is 'json', which is neither 'http/protobuf' nor 'grpc'"),
        (("--protocol", "smtp"), {}, f"{PROTOCOL} is 'smtp', which is neither"),
        (("--instrument", "htpx"), {}, "--instrument names htpx; there are aiohttp-client"),
        (("--disable", "htpx"), {}, "--disable names htpx"),
        ((), {"WEFT_INSTRUMENT": "htpx"}, "WEFT_INSTRUMENT names htpx"),
        ((), {"WEFT_INGRESS": "/public=open"}, "WEFT_INGRESS: '/public=open' is not a door"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_in_one_line_before_the_program_starts(
    options: tuple[str, ...], variables: dict[str, str], line: str
) -> None:
    done = run(*options, "python", "agent.py", "tell", **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"weft run: {line}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("program", "code", "line"),
    [
        ("no-such-agent", 127, "there is no command 'no-such-agent'"),
        ("./agent.py", 126, "./agent.py: Permission denied; try weft run python ./agent.py"),
    ],
)
def test_a_program_that_cannot_be_started_is_one_line(program: str, code: int, line: str) -> None:
    done = run(program)
    assert (done.returncode, done.stderr) == (code, f"weft run: {line}\n")


def test_help_shows_how_it_is_used() -> None:
    assert "weft run python agent.py" in run("--help").stdout
    done = subprocess.run([*WEFT[:3], "--help"], capture_output=True, text=True, check=True)
    assert re.search(r"run +Start a program traced", done.stdout)
