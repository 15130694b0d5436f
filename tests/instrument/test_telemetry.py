"""weft.init in processes of its own: what it sets, what it survives, what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.servers import free_port

if TYPE_CHECKING:
    from tests.otlp_receiver import Receiver

PREAMBLE = """
import json, os, sys, threading, time
import weft
from opentelemetry import trace
"""


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process whose OTEL_* variables are these and no others."""
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + script],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_spans_arrive_with_who_sent_them_when_the_process_ends(receiver: Receiver) -> None:
    done = run(
        """
weft.init("researcher", version="2.1", endpoint=os.environ["WHERE"],
          headers={"Authorization": "Bearer x"}, resource_attributes={"team": "blue"})
with weft.agent("researcher"):
    pass
""",
        WHERE=receiver.endpoint,
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test,team=red",
        OTEL_SERVICE_NAME="ignored",
    )
    assert (done.returncode, done.stderr) == (0, "")
    (span,) = receiver.spans()
    assert span.name == "invoke_agent researcher"
    assert span.scope == "weft"
    resource = span.resource
    assert resource["service.name"] == "researcher"
    assert resource["service.version"] == "2.1"
    assert resource["team"] == "blue"
    assert resource["deployment.environment.name"] == "test"
    assert resource["telemetry.sdk.language"] == "python"
    assert resource["telemetry.distro.name"] == "weft"
    assert resource["process.pid"] > 0
    assert resource["host.name"]
    assert resource["service.instance.id"]
    assert receiver.requests[0][1]["authorization"] == "Bearer x"


def test_the_standard_variables_are_enough(receiver: Receiver) -> None:
    done = run(
        'weft.init()\nwith weft.agent("a"): pass\nprint(json.dumps(weft.flush(10)))',
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        OTEL_SERVICE_NAME="from-variable",
        OTEL_EXPORTER_OTLP_HEADERS="x-team=blue",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
    )
    assert answer(done) is True
    assert [span.service for span in receiver.spans()] == ["from-variable"]
    headers = receiver.requests[0][1]
    assert (headers["x-team"], headers["content-encoding"]) == ("blue", "gzip")


def test_a_dead_backend_is_one_line_at_exit() -> None:
    done = run(
        f'weft.init("a", endpoint="http://127.0.0.1:{free_port()}")\n'
        'for _ in range(100):\n    with weft.agent("a"): pass\nprint(1)'
    )
    assert answer(done) == 1
    assert len(done.stderr.splitlines()) == 1
    assert "100 spans did not reach http://127.0.0.1" in done.stderr
    assert "Connection refused" in done.stderr


def test_each_of_a_users_mistakes_is_one_line_and_telemetry_goes_on(receiver: Receiver) -> None:
    done = run(
        """
weft.init("a", endpoint="http://a:port", protocol="carrier pigeon", headers=7, resource_attributes=7,
          instrument=["httpx", "htpx"])
with weft.agent("a"):
    print(json.dumps(sorted(weft.inject())))
""",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="smtp",
        OTEL_PROPAGATORS="tracecontext,nonsense",
        OTEL_BSP_MAX_QUEUE_SIZE="many",
        OTEL_SPAN_EVENT_COUNT_LIMIT="few",
        OTEL_TRACES_EXPORTER="zipkin",
    )
    assert answer(done) == ["traceparent", "tracestate"]
    mistakes = {
        "endpoint= is 'http://a:port'",
        "protocol= is 'carrier pigeon'",
        "headers= is not a mapping",
        "htpx, which Weft does not know",
        "OTEL_EXPORTER_OTLP_PROTOCOL is 'smtp'",
        "no propagator is called 'nonsense'",
        "OTEL_BSP_MAX_QUEUE_SIZE is 'many'",
        "OTEL_SPAN_EVENT_COUNT_LIMIT must be",
        "OTEL_TRACES_EXPORTER is 'zipkin'",
    }
    lines = done.stderr.splitlines()
    assert {mistake for mistake in mistakes for line in lines if mistake in line} == mistakes
    assert len(lines) == len(mistakes)
    assert len(receiver.spans()) == 1


def test_a_second_call_is_one_line_and_changes_nothing(receiver: Receiver) -> None:
    done = run(
        f"""
first = weft.init("one", endpoint="{receiver.endpoint}")
second = weft.init("two", endpoint="http://nowhere:1")
with weft.agent("a"): pass
print(json.dumps([first is second, weft.flush(10)]))
"""
    )
    assert answer(done) == [True, True]
    assert [span.service for span in receiver.spans()] == ["one"]
    assert len(done.stderr.splitlines()) == 1
    assert "init was called again" in done.stderr


def test_a_provider_that_is_there_stays_and_gets_our_export(receiver: Receiver) -> None:
    done = run(
        f"""
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.resources import Resource
kept = InMemorySpanExporter()
provider = TracerProvider(resource=Resource.create({{"service.name": "theirs"}}), shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(kept))
trace.set_tracer_provider(provider)
weft.init("ours", endpoint="{receiver.endpoint}")
with weft.agent("a"): pass
print(json.dumps([trace.get_tracer_provider() is provider, len(kept.get_finished_spans())]))
"""
    )
    assert answer(done) == [True, 1]
    assert [span.service for span in receiver.spans()] == ["theirs"]
    assert "its spans stay those of service 'theirs'" in done.stderr


def test_a_provider_that_takes_no_processors_is_one_line() -> None:
    done = run(
        """
trace.set_tracer_provider(trace.NoOpTracerProvider())
weft.init("a")
with weft.agent("a") as span: pass
print(json.dumps(span.is_recording()))
"""
    )
    assert answer(done) is False
    assert len(done.stderr.splitlines()) == 1
    assert "NoOpTracerProvider is set as TracerProvider" in done.stderr


def test_a_disabled_sdk_does_nothing_but_propagate() -> None:
    done = run(
        """
telemetry = weft.init("a")
import httpx
headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
with weft.attached(weft.extract(headers)), weft.agent("a") as span:
    carried = weft.inject()
print(json.dumps([span.is_recording(), carried == headers, telemetry.flush(), threading.active_count(),
                  hasattr(httpx.HTTPTransport.handle_request, "__wrapped__")]))
""",
        OTEL_SDK_DISABLED="true",
    )
    assert answer(done) == [False, True, True, 1, False]
    assert done.stderr == ""


def test_without_an_exporter_spans_are_recorded_and_not_sent() -> None:
    done = run(
        'weft.init("a")\nwith weft.agent("a") as span: pass\n'
        "print(json.dumps([span.get_span_context().is_valid, weft.flush(), threading.active_count()]))",
        OTEL_TRACES_EXPORTER="none",
    )
    assert answer(done) == [True, True, 1]
    assert done.stderr == ""


def test_a_shut_down_handle_has_sent_everything(receiver: Receiver) -> None:
    done = run(
        f"""
telemetry = weft.init("a", endpoint="{receiver.endpoint}")
with weft.agent("a"): pass
telemetry.shutdown()
with weft.agent("late"): pass
print(json.dumps(weft.flush()))
"""
    )
    assert answer(done) is True
    assert [span.name for span in receiver.spans()] == ["invoke_agent a"]
    assert done.stderr == ""


def test_without_init_nothing_fails() -> None:
    done = run('with weft.agent("a"): pass\nprint(json.dumps([weft.flush(), weft.inject()]))')
    assert answer(done) == [True, {}]


def test_values_are_cut_at_the_stated_length() -> None:
    script = """
weft.init("a")
with weft.agent("a") as span:
    span.set_attribute("text", "x" * 2_000_000)
print(json.dumps(len(span.attributes["text"])))
"""
    assert answer(run(script, OTEL_TRACES_EXPORTER="none")) == 1_048_576
    assert answer(run(script, OTEL_TRACES_EXPORTER="none", OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="10")) == 10


def test_a_forked_child_is_a_process_of_its_own(receiver: Receiver) -> None:
    done = run(
        f"""
import warnings
warnings.simplefilter("ignore")  # since 3.12 Python warns of forking with threads
weft.init("a", endpoint="{receiver.endpoint}")
with weft.agent("parent"): pass
weft.flush(10)
child = os.fork()
if child == 0:
    weft.init("a")
    with weft.agent("child"): pass
    sys.exit(0)  # the exit handlers of the child send its spans
os.waitpid(child, 0)
print(json.dumps([os.getpid(), child]))
"""
    )
    parent, child = answer(done)
    spans = {span.name: span for span in receiver.spans()}
    assert spans["invoke_agent parent"].resource["process.pid"] == parent
    assert spans["invoke_agent child"].resource["process.pid"] == child
    instances = {span.resource["service.instance.id"] for span in spans.values()}
    assert len(instances) == 2
    assert done.stderr == ""


def test_a_call_that_sends_elsewhere_does_not_wait_for_the_backend_before(receiver: Receiver) -> None:
    done = run(
        f"""
from weft.instrument import telemetry
from weft.export.processor import ExportProcessor
telemetry.init("a", endpoint="{receiver.endpoint}", instrument=False).lend()  # as `weft run` does
with weft.agent("first"): pass
connected, waited, shutdown = threading.Event(), [], ExportProcessor.shutdown
def late(processor, timeout):
    waited.append(connected.wait(20))
    shutdown(processor, timeout)
ExportProcessor.shutdown = late
handle = weft.init("a", endpoint="{receiver.endpoint}/v1/traces", instrument=False)
connected.set()
with weft.agent("second"): pass
handle.shutdown()
print(json.dumps(waited))
"""
    )
    assert answer(done) == [True, True]
    assert sorted(span.name for span in receiver.spans()) == ["invoke_agent first", "invoke_agent second"]


def test_a_child_that_is_forked_during_the_call_can_call_it_itself() -> None:
    done = run(
        """
import signal, warnings
warnings.simplefilter("ignore")  # since 3.12 Python warns of forking with threads
from weft.instrument import telemetry
with telemetry._lock:
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        weft.init("child")
        os._exit(0)
print(json.dumps(os.waitpid(child, 0)[1]))
""",
        OTEL_TRACES_EXPORTER="none",
    )
    assert answer(done) == 0


def test_threads_and_pools_stay_in_the_trace(receiver: Receiver) -> None:
    done = run(
        f"""
from concurrent.futures import ThreadPoolExecutor
weft.init("a", endpoint="{receiver.endpoint}")
@weft.tool
def work(number): return number
with weft.agent("a"):
    with ThreadPoolExecutor(2) as pool:
        numbers = list(pool.map(work, range(3)))
    thread = threading.Thread(target=work, args=(3,)); thread.start(); thread.join()
print(json.dumps(numbers))
"""
    )
    assert answer(done) == [0, 1, 2]
    spans = receiver.spans()
    (agent,) = [span for span in spans if span.name == "invoke_agent a"]
    assert [span.parent_id for span in spans if span.name == "execute_tool work"] == [agent.span_id] * 4
