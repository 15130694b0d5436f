"""Processes leave in every way there is, long before a span would be sent by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.export.grpc_receiver import grpc_receiver
from tests.servers import free_port, redis_server, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.otlp_receiver import Receiver

PREAMBLE = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
import weft

def span(name):
    with weft.agent(name): pass

def ready():
    print("ready", flush=True)
    for _ in range(3000): time.sleep(0.01)
"""


@pytest.fixture
def environment(receiver: Receiver, tmp_path: Path) -> dict[str, str]:
    """Spans are sent after ten minutes, unless something makes them be sent before."""
    return {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "600000",
        "WEFT_SPOOL": str(tmp_path / "spool"),
        "PYTHONPATH": str(tmp_path),
    }


def run(script: str, environment: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + script],
        env=environment, timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def run_and_signal(script: str, environment: dict[str, str], number: int = signal.SIGTERM) -> int:
    with subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + script], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode


def names(receiver: Receiver) -> list[str]:
    return sorted(span.name.removeprefix("invoke_agent ") for span in receiver.spans())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_sends_its_spans_and_ends_it_all_the_same(
    number: int, receiver: Receiver, environment: dict[str, str]
) -> None:
    assert run_and_signal("weft.init('a')\nspan('one')\nready()", environment, number) == -number
    assert names(receiver) == ["one"]


def test_a_signal_without_a_backend_leaves_the_spans_on_disk(
    receiver: Receiver, environment: dict[str, str]
) -> None:
    away = environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    script = "weft.init('a')\nspan('one')\nready()"
    assert run_and_signal(script, away) == -signal.SIGTERM
    receiver.answering.clear()
    assert run_and_signal(script, environment) == -signal.SIGTERM
    receiver.answering.set()
    assert run("weft.init('a')\nspan('next')\nweft.flush(10)", environment) == 0
    assert set(names(receiver)) == {"one", "next"}


def test_a_signal_that_arrives_while_a_span_ends_loses_nothing(
    receiver: Receiver, environment: dict[str, str], tmp_path: Path
) -> None:
    script = """
weft.init('a')
written = os.open(os.environ["WRITTEN"], os.O_WRONLY | os.O_CREAT)
for number in range(10_000_000):
    span(str(number))
    os.pwrite(written, b"%d" % number, 0)
    if number == 100: print("ready", flush=True)
    if number % 1000 == 0: weft.flush(5)
"""
    written = tmp_path / "written"
    assert run_and_signal(script, environment | {"WRITTEN": str(written)}) == -signal.SIGTERM
    last = int(written.read_text() or -1)
    assert {str(number) for number in range(last + 1)} <= set(names(receiver))


def test_a_handler_of_the_applications_own_wins(receiver: Receiver, environment: dict[str, str]) -> None:
    before = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nweft.init('a')\nspan('1')\nready()"
    after = "weft.init('a')\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nspan('2')\nready()"
    ignored = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nweft.init('a')\nspan('3')\n"
        "os.kill(os.getpid(), signal.SIGTERM)\nsys.exit(8)"
    )
    assert run_and_signal(before, environment) == 7
    assert run_and_signal(after, environment) == 7
    assert run(ignored, environment) == 8
    assert names(receiver) == ["1", "2", "3"]


def test_a_process_set_up_in_a_thread_is_left_its_signals(
    receiver: Receiver, environment: dict[str, str]
) -> None:
    script = """
thread = threading.Thread(target=weft.init, args=('a',)); thread.start(); thread.join()
span('one')
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""
    assert run(script, environment) == 0
    assert names(receiver) == ["one"]


def test_a_daemons_parent_leaves_nothing_behind(receiver: Receiver, environment: dict[str, str]) -> None:
    script = """
weft.init('a')
span('before the fork')
if os.fork():
    os._exit(0)
os.setsid()
span('daemon')
"""
    assert run(script, environment) == 0
    receiver.wait_for("invoke_agent before the fork", "invoke_agent daemon")
    assert names(receiver) == ["before the fork", "daemon"]


def test_over_grpc_a_forked_child_has_its_own_channel(environment: dict[str, str]) -> None:
    script = """
weft.init('a', protocol='grpc', instrument=False)
span('parent')
assert weft.flush(10)
for number in range(3):
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0
    else:
        span(f'child {number}')
        os._exit(0 if weft.flush(10) else 1)
span('parent again')
"""
    with grpc_receiver() as backend:
        assert run(script, environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.endpoint}) == 0
    sent = b"".join(backend.bodies)
    for name in (b"parent", b"child 0", b"child 1", b"child 2", b"parent again"):
        assert sent.count(b"invoke_agent " + name) == (2 if name == b"parent" else 1)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_leave_nothing_behind(
    method: str, receiver: Receiver, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "work.py").write_text(
        """
import multiprocessing, sys, warnings
from concurrent.futures import ProcessPoolExecutor
warnings.simplefilter("ignore")
import weft

weft.init("a", instrument=False)

def work(name):
    with weft.agent(name): pass
    return name

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    process = context.Process(target=work, args=("process",))
    process.start(); process.join()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(work, "executor").result()
    with context.Pool(1) as pool:
        pool.apply(work, ("pool",))
        pool.close(); pool.join()
    with context.Pool(1) as pool:  # its end terminates its workers, by a signal
        pool.apply(work, ("terminated",))
    work("main")
"""
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "work.py"), method],
        env=environment, timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert names(receiver) == ["executor", "main", "pool", "process", "terminated"]


APPLICATION = """
import weft
weft.init("a", instrument=False)

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    with weft.agent("request"): pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

def wsgi(environ, start_response):
    with weft.agent("request"): pass
    start_response("200 OK", [("content-length", "2")])
    return [b"ok"]
"""


@pytest.mark.parametrize(
    "command",
    [
        ["uvicorn", "application:app", "--port", "PORT"],
        ["uvicorn", "application:app", "--port", "PORT", "--workers", "2"],
        ["gunicorn", "application:wsgi", "--bind", "127.0.0.1:PORT"],
        ["gunicorn", "application:wsgi", "--bind", "127.0.0.1:PORT", "--preload", "--workers", "2"],
        ["gunicorn", "application:wsgi", "--bind", "127.0.0.1:PORT", "--threads", "2"],
    ],
    ids=["uvicorn", "uvicorn-workers", "gunicorn", "gunicorn-preload", "gunicorn-threads"],
)
def test_a_server_that_is_stopped_leaves_nothing_behind(
    command: list[str], receiver: Receiver, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    port = free_port()
    arguments = [part.replace("PORT", str(port)) for part in command]
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as server:
        try:
            until(lambda: _asks(port), "the server answers")
            server.send_signal(signal.SIGTERM)
            output, _ = server.communicate(timeout=60)
        finally:
            if server.poll() is None:
                server.kill()
    assert names(receiver) == ["request"], output


def _asks(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    except httpx.HTTPError:
        return False


def test_an_event_loop_goes_on_while_the_spans_of_its_server_are_sent(
    receiver: Receiver, environment: dict[str, str]
) -> None:
    script = """
import asyncio, uvicorn
from weft.export.processor import ExportProcessor

waits, goes_on, seen, drain = threading.Event(), threading.Event(), [], ExportProcessor.drain
def draining(processor, timeout):
    waits.set()
    seen.append(goes_on.wait(20))
    drain(processor, timeout)

weft.init('a', instrument=False)
async def application(scope, receive, send): pass

async def main():
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level='error', lifespan='off'))
    serving = asyncio.create_task(server.serve())
    while not server.started: await asyncio.sleep(0.01)
    span('one')
    ExportProcessor.drain = draining
    server.should_exit = True
    while not waits.is_set(): await asyncio.sleep(0.01)
    goes_on.set()
    await serving

asyncio.run(main())
ExportProcessor.drain = drain
os._exit(0 if seen == [True] else 1)
"""
    assert run(script, environment) == 0
    assert names(receiver) == ["one"]


def test_a_worker_of_celery_leaves_nothing_behind(
    receiver: Receiver, environment: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("celery")
    (tmp_path / "tasks.py").write_text(
        """
import os
import weft
weft.init("a", instrument=False)
from celery import Celery
app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])

@app.task
def work(name):
    with weft.agent(name): pass
    return name
"""
    )
    with redis_server() as port:
        environment = environment | {"BROKER": f"redis://127.0.0.1:{port}/0"}
        asking = "from tasks import work\nassert work.delay('task').get(timeout=30) == 'task'"
        with subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-P", "prefork", "-c", "1"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as worker:  # fmt: skip
            try:
                assert run(asking, environment) == 0
                worker.send_signal(signal.SIGTERM)
                output, _ = worker.communicate(timeout=60)
            finally:
                if worker.poll() is None:
                    worker.kill()
    assert names(receiver) == ["task"], output


def test_a_span_that_ends_at_the_very_end_is_kept(receiver: Receiver, environment: dict[str, str]) -> None:
    script = """
import atexit
weft.init('a')
@atexit.register
def last():
    span('last')
"""
    assert run(script, environment) == 0
    assert names(receiver) == ["last"]
