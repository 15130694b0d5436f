"""Child processes of every kind find the context of their start in their environment, and no stale one."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation

import weft
from weft.instrument.processes import ambient
from weft.instrument.processes.launch import environment_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.instrument.conftest import Spans
    from tests.instrument.processes.conftest import Run
    from tests.otlp_receiver import Receiver

STALE = f"00-{1:032x}-{1:016x}-01"
NO_PARENT = trace.set_span_in_context(trace.INVALID_SPAN, Context())
OTHER = f"00-{2:032x}-{2:016x}-01"


@pytest.fixture
def started_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Begin as a process does whose environment holds these variables."""

    def begin(**variables: str) -> bool:
        for name in ("TRACEPARENT", "TRACESTATE", "BAGGAGE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return ambient.begin()

    yield begin
    begin()


WAYS = """
    import asyncio, json, os, subprocess, sys
    import weft
    from opentelemetry import trace

    SAY = 'echo "$0 $TRACEPARENT" >> said'
    command = lambda name: ["/bin/sh", "-c", SAY, name]

    async def exec_(name):
        await (await asyncio.create_subprocess_exec(*command(name))).wait()

    async def shell(name):
        await (await asyncio.create_subprocess_shell(f"sh -c '{SAY}' {name}")).wait()

    def posix_spawn(name):
        os.waitpid(os.posix_spawn("/bin/sh", command(name), os.environ), 0)

    def spawnve(name):
        os.spawnve(os.P_WAIT, "/bin/sh", command(name), dict(os.environ))

    def forked(name):
        pid = os.fork()
        if pid == 0:
            os.execlp("sh", *command(name))
        os.waitpid(pid, 0)

    def positional(name):
        env = dict(os.environ)
        subprocess.Popen(command(name), -1, None, None, None, None, None, True, False, None, env).wait()

    ways = {
        "run": lambda name: subprocess.run(command(name)),
        "check_output": lambda name: subprocess.check_output(command(name)),
        "positional": positional,
        "bytes": lambda name: subprocess.run(command(name), env=dict(os.environb)),
        "minimal": lambda name: subprocess.run(command(name), env={"PATH": os.environ["PATH"]}),
        "posix-subprocess": lambda name: subprocess.run(command(name), close_fds=False),
        "popen": lambda name: os.popen(f"sh -c '{SAY}' {name}").close(),
        "exec": lambda name: asyncio.run(exec_(name)),
        "shell": lambda name: asyncio.run(shell(name)),
        "posix_spawn": posix_spawn,
        "spawnv": lambda name: os.spawnv(os.P_WAIT, "/bin/sh", command(name)),
        "spawnvp": lambda name: os.spawnvp(os.P_WAIT, "sh", command(name)),
        "spawnve": spawnve,
        "fork+exec": forked,
    }
    weft.init("caller")
    expected = {}
    for name, way in ways.items():
        with weft.agent(name) as span:
            context = span.get_span_context()
            way(name)
        expected[name] = f"00-{context.trace_id:032x}-{context.span_id:016x}-"
    print(json.dumps(expected))
"""


def test_every_way_to_start_a_process_hands_on_the_current_span(run: Run, tmp_path: Path) -> None:
    done = run(WAYS, OTEL_TRACES_EXPORTER="none", TRACEPARENT=STALE)
    assert done.stderr == ""
    said = {line.split()[0]: line for line in (tmp_path / "said").read_text().splitlines()}
    for name, parent in json.loads(done.stdout).items():
        assert f"{name} {parent}" in said[name]


def test_a_command_line_agent_is_part_of_its_callers_trace(run: Run, receiver: Receiver) -> None:
    done = run(
        """
        import subprocess, sys
        import weft
        from opentelemetry import baggage
        from opentelemetry.context import attach

        if sys.argv[1] == "caller":
            weft.init("caller")
            attach(baggage.set_baggage("user", "ada"))
            with weft.workflow("report"):
                subprocess.run([sys.executable, __file__, "callee"], check=True)
        else:
            weft.init("callee")
            assert baggage.get_baggage("user") is None  # it is beneath the spans of this process only
            with weft.agent("callee"):
                assert baggage.get_baggage("user") == "ada"
                with weft.tool("search"):
                    pass
            with weft.agent("second"):
                pass
        """,
        "caller",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
    )
    assert done.stderr == ""
    spans = receiver.wait_for("invoke_workflow report", "invoke_agent callee", "invoke_agent second")
    workflow = spans["invoke_workflow report"]
    for name in ("invoke_agent callee", "invoke_agent second"):
        assert (spans[name].trace_id, spans[name].parent_id) == (workflow.trace_id, workflow.span_id)
        assert spans[name].service == "callee"
    assert spans["execute_tool search"].parent_id == spans["invoke_agent callee"].span_id
    assert spans["invoke_agent callee"].attributes["weft.propagation.outcome"] == "continued"
    assert spans["invoke_agent callee"].attributes["weft.propagation.carrier"] == "environment"


def test_switched_off_a_child_inherits_as_ever(run: Run) -> None:
    done = run(
        """
        import json, subprocess, sys
        import weft
        from opentelemetry import trace
        weft.init("caller")
        with weft.agent("a") as span:
            print(json.dumps([
                subprocess.check_output(["sh", "-c", "echo $TRACEPARENT"], text=True).strip(),
                f"{span.get_span_context().trace_id:032x}",
                hasattr(subprocess.Popen.__init__, "__wrapped__"),
            ]))
        """,
        OTEL_TRACES_EXPORTER="none",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="subprocess,os,asyncio-subprocess,environment",
        TRACEPARENT=STALE,
    )
    inherited, trace_id, wrapped = json.loads(done.stdout)
    assert inherited == STALE
    assert trace_id != f"{1:032x}"
    assert not wrapped


def test_a_process_that_is_replaced_sends_its_spans_before(run: Run, receiver: Receiver) -> None:
    run(
        """
        import os, sys
        import weft
        weft.init("caller")
        with weft.agent("before"):
            pass
        os.execvp("true", ["true"])
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        OTEL_BSP_SCHEDULE_DELAY="60000",
    )
    assert [span.name for span in receiver.spans()] == ["invoke_agent before"]


def test_roots_hang_under_what_the_process_was_started_with_and_requests_do_not(run: Run) -> None:
    done = run(
        """
        import json
        import weft
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind
        weft.init("callee")
        tracer = trace.get_tracer("theirs")
        parents = {}
        def parent(name, span):
            parents[name] = span.parent and span.parent.span_id
            span.end()
        parent("root", tracer.start_span("root"))
        parent("positional", tracer.start_span("root", None, SpanKind.CLIENT))
        parent("explicit", tracer.start_span("root", context=Context()))
        parent("server", tracer.start_span("request", kind=SpanKind.SERVER))
        parent("consumer", tracer.start_span("message", None, SpanKind.CONSUMER))
        with tracer.start_as_current_span("request", kind=SpanKind.SERVER) as request:
            parent("in-request", tracer.start_span("inner"))
        parents["request"] = request.get_span_context().span_id
        print(json.dumps(parents))
        """,
        OTEL_TRACES_EXPORTER="none",
        TRACEPARENT=STALE,
    )
    parents = json.loads(done.stdout)
    assert parents.pop("in-request") == parents.pop("request")
    assert parents == {"root": 1, "positional": 1, "explicit": 1, "server": None, "consumer": None}


def test_where_no_span_is_current_a_child_gets_what_this_process_was_started_with(started_with: Any) -> None:
    assert started_with(TRACEPARENT=OTHER, BAGGAGE="user=ada")
    assert environment_for(None) is None  # inherited as it is
    given = environment_for({"PATH": "/bin"})
    assert given["TRACEPARENT"].startswith(OTHER[:-2])
    assert given["BAGGAGE"] == "user=ada"


@pytest.mark.parametrize("value", ["nonsense", f"00-{0:032x}-{1:016x}-01", "", f"ff-{1:032x}-{1:016x}-01"])
def test_what_is_no_context_is_not_handed_on(started_with: Any, value: str) -> None:
    assert not started_with(TRACEPARENT=value, TRACESTATE="a=1")
    fresh = environment_for(None)
    assert "TRACEPARENT" not in fresh
    assert "TRACESTATE" not in fresh
    assert fresh["PATH"] == os.environ["PATH"]


def test_what_is_inherited_is_overwritten_however_it_gets_into_env(spans: Spans, started_with: Any) -> None:
    started_with(TRACEPARENT=STALE, TRACESTATE="stale=1", BAGGAGE="old=1")
    with (
        weft.agent("a", context=NO_PARENT) as span,
        weft.attached(trace.set_span_in_context(span, Context())),
    ):
        for given in (None, dict(os.environ), {**os.environ, "MORE": "1"}, dict(os.environb), {}):
            fresh = environment_for(given)
            assert fresh["TRACEPARENT"].split("-")[2] == f"{span.get_span_context().span_id:016x}"
            assert "stale=1" not in fresh.get("TRACESTATE", "")
            assert "BAGGAGE" not in fresh
            assert all(isinstance(name, str) and isinstance(value, str) for name, value in fresh.items())


def test_what_the_caller_sets_stays(spans: Spans, started_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started_with(TRACEPARENT=STALE)
    given = {"TRACEPARENT": OTHER, "PATH": "/bin"}
    with weft.agent("a"):
        assert environment_for(given) is given
        assert environment_for({b"TRACEPARENT": OTHER.encode()}) == {b"TRACEPARENT": OTHER.encode()}
        monkeypatch.setenv("TRACEPARENT", OTHER)
        fresh = environment_for(None)  # by now it may be stale, and there is a better one
        assert OTHER not in fresh["TRACEPARENT"]
    started_with()
    monkeypatch.setenv("TRACEPARENT", OTHER)
    assert environment_for(None) is None


@pytest.mark.parametrize("given", [7, "PATH=/bin", [("PATH", "/bin")], {"PATH": 7}, {7: "x"}])
def test_what_is_no_environment_is_for_popen_to_refuse(spans: Spans, given: Any) -> None:
    with weft.agent("a"):
        assert environment_for(given) is given


def test_telemetry_at_work_changes_nothing(spans: Spans) -> None:
    with weft.agent("a"), suppress_instrumentation():
        assert environment_for(None) is None


def test_a_trace_that_was_begun_anew_by_policy_is_not_put_under_the_environments(started_with: Any) -> None:
    started_with(TRACEPARENT=STALE)
    assert ambient.rooted(NO_PARENT) is NO_PARENT
    rooted = ambient.rooted(baggage.set_baggage("user", "eve", Context()))
    assert trace.get_current_span(rooted).get_span_context().span_id == 1
    assert baggage.get_baggage("user", rooted) == "eve"


def test_before_its_first_span_a_program_hands_on_what_it_was_started_with(run: Run) -> None:
    done = run(
        """
        import json
        import weft
        from opentelemetry import trace
        weft.init("caller")
        alone = weft.inject({})
        with trace.get_tracer("another").start_as_current_span("GET"):  # in no scope of ours
            inside = weft.inject({})
        elsewhere = weft.extract({"traceparent": "00-%032x-%016x-01" % (2, 2)})
        with weft.attached(elsewhere), trace.get_tracer("another").start_as_current_span("GET"):
            other = weft.inject({})
        print(json.dumps([alone, inside, other, weft.messages.unpack(weft.messages.pack(1)).payload]))
        """,
        OTEL_TRACES_EXPORTER="none",
        TRACEPARENT=STALE,
        BAGGAGE="user=ada",
    )
    alone, inside, other, _ = json.loads(done.stdout)
    assert alone == {"traceparent": STALE, "baggage": "user=ada"}
    assert inside["baggage"] == "user=ada"
    assert inside["traceparent"].split("-")[1] == STALE.split("-")[1] != other["traceparent"].split("-")[1]
    assert "baggage" not in other


def test_children_started_at_once_from_many_threads_get_their_own(run: Run) -> None:
    done = run(
        """
        import json, subprocess, threading
        import weft
        weft.init("caller")
        good = []
        def one(number):
            with weft.agent(str(number)) as span:
                said = subprocess.check_output(["sh", "-c", "echo $TRACEPARENT"], text=True)
                good.append(f"{span.get_span_context().span_id:016x}" in said)
        threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(json.dumps(good))
        """,
        OTEL_TRACES_EXPORTER="none",
    )
    assert json.loads(done.stdout) == [True] * 20


def test_a_process_that_cannot_be_started_fails_as_before() -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run(["/no/such/program"], check=False)
