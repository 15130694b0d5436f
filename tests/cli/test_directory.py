"""A data directory that no backend serves, and one that a backend has."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from weft.app import open_pipeline
from weft.journal import Journal

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
START_NS = 1_795_615_402_000_000_000
Run = Callable[..., CompletedProcess[str]]


def resource_spans(service: str, *spans: Span) -> ResourceSpans:
    name = KeyValue(key="service.name", value=AnyValue(string_value=service))
    return ResourceSpans(resource=Resource(attributes=[name]), scope_spans=[ScopeSpans(spans=spans)])


def span(number: int, parent: int, name: str, **more: object) -> Span:
    return Span(
        trace_id=bytes.fromhex(TRACE_ID),
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name=name,
        start_time_unix_nano=START_NS + number * 1_000_000,
        end_time_unix_nano=START_NS + 10_000_000,
        **more,  # type: ignore[arg-type] # any field
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as a backend leaves it that was killed before it moved its journal into the store."""
    directory = tmp_path_factory.mktemp("data")
    request = ExportTraceServiceRequest(
        resource_spans=[
            resource_spans("orchestrator", span(1, 0, "invoke_workflow brief")),
            resource_spans(
                "writer",
                span(
                    2,
                    1,
                    "process agent-tasks",
                    kind=Span.SPAN_KIND_CONSUMER,
                    status=Status(code=Status.STATUS_CODE_ERROR, message="no sources"),
                ),
            ),
        ]
    )
    with open_pipeline(directory, 256 << 20):
        pass
    journal = Journal(directory / "journal", max_bytes=256 << 20)
    journal.append([request.SerializeToString()])
    journal.close()
    return directory


def test_a_trace_is_read_from_the_directory(process: Run, data: Path) -> None:
    done = process("show", TRACE_ID, "--data", str(data), COLUMNS="80")

    assert done.returncode == 0, done.stderr
    title, identity, _, *lines = done.stdout.splitlines()
    assert title == "brief · 9.00 ms · 2 spans · 2 agents · 1 error · connected"
    assert identity == f"trace {TRACE_ID} · 2026-11-25 14:03:22"
    assert [line.rstrip() for line in lines[:4]] == [
        "agent         span                                    start  duration",
        "orchestrator  invoke_workflow brief                       0   9.00 ms",
        "writer        └─ ✗ process agent-tasks via message  1.00 ms   8.00 ms",
        "                    no sources",
    ]


def test_traces_are_listed_from_the_directory_that_weft_up_would_use(process: Run, data: Path) -> None:
    done = process("ls", COLUMNS="150", WEFT_DATA=str(data), WEFT_UI_PORT="1")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split() == (
        f"2026-11-25 14:03:22 {TRACE_ID} invoke_workflow brief orchestrator 9.00 ms 2 1 2".split()
    )


def test_an_id_that_is_not_in_the_directory(process: Run, data: Path) -> None:
    done = process("show", "0" * 31 + "1", "--data", str(data))

    assert done.returncode == 1
    assert done.stderr == f"weft show: no trace {'0' * 31}1; `weft ls` lists what is there\n"


def test_a_directory_that_a_backend_has_is_left_to_it(process: Run, data: Path) -> None:
    journal = Journal(data / "journal", max_bytes=256 << 20)
    try:
        done = process("ls", "--data", str(data))
    finally:
        journal.close()

    assert done.returncode == 2
    assert done.stderr == f"weft ls: {data} is in use by a weft that runs; ask that one (--url)\n"
