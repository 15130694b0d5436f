"""Traces read from files of every format, in any mixture, damaged or not."""

import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decode.requests import field
from tests.query.files import written
from tests.query.files.written import FORMATS, OTHER_ID, TRACE_ID, jaeger, lines, otlp, otlp_json
from tests.sent import Sent

from weft.model.trace import Trace
from weft.query.files import gathered
from weft.query.files.open import TraceFiles, read_files
from weft.query.files.unreadable import Unreadable


class Read:
    """What was read from files, and what was said about the rest."""

    def __init__(self, *paths: Path | str) -> None:
        self.complaints: list[str] = []
        self.traces = list(read_files(list(map(str, paths)), lambda each: self.complaints.append(str(each))))
        self.spans = {trace.trace_id: sorted(s.span_id for s in trace.spans) for trace in self.traces}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A name that says nothing of what is there."""
    return tmp_path / "traces"


def ids(*numbers: int) -> list[str]:
    return [f"{number:016x}" for number in numbers]


@pytest.mark.parametrize("compression", written.COMPRESSIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read(file: Path, name: str, compression: str) -> None:
    file.write_bytes(written.COMPRESSIONS[compression](FORMATS[name]))
    read = Read(file)

    assert read.complaints == []
    assert read.spans == {TRACE_ID: ids(1, 2), OTHER_ID: ids(1, 2)}
    for trace in read.traces:
        assert trace.connected
        assert {span.service for span in trace.spans} == {"agent"}
        assert {span.attributes["gen_ai.agent.name"] for span in trace.spans} == {"planner"}


def test_a_trace_is_brought_together_from_everywhere(tmp_path: Path) -> None:
    contents = {
        "a": lines(jaeger(TRACE_ID, "1", "2"), jaeger(OTHER_ID, "1"), jaeger(TRACE_ID, "3")),
        "b": lines(jaeger(TRACE_ID, "4")),
        "c": otlp(TRACE_ID, "5").SerializeToString(),
        "d": lines(otlp_json(otlp("ab" * 16, "2")), otlp_json(otlp("ab" * 16, "1"))),
        "e": otlp("ab" * 16, "3").SerializeToString(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    read = Read(*(tmp_path / name for name in contents))

    assert read.complaints == []
    assert read.spans == {TRACE_ID: ids(1, 2, 3, 4, 5), OTHER_ID: ids(1), "ab" * 16: ids(1, 2, 3)}
    assert [trace.trace_id for trace in read.traces] == [OTHER_ID, TRACE_ID, "ab" * 16]


def test_files_can_be_gone_through_again(file: Path) -> None:
    file.write_bytes(FORMATS["mixed lines"])
    with TraceFiles([str(file)]) as files:
        first, second = ([trace.trace_id for trace in files] for _ in range(2))
    assert first == second == [TRACE_ID, OTHER_ID]


def test_a_file_that_is_named_twice_is_read_once(file: Path) -> None:
    file.write_bytes(FORMATS["mixed lines"])
    assert Read(file, file).spans == {TRACE_ID: ids(1, 2), OTHER_ID: ids(1, 2)}


def test_many_traces_are_told_apart(file: Path) -> None:
    count = 3000
    request = otlp(TRACE_ID, "1")
    [resource] = request.resource_spans
    span = resource.scope_spans[0].spans[0]
    for number in range(1, count):
        for span_id in (b"firstly ", b"secondly"):
            copy = resource.scope_spans[0].spans.add()
            copy.CopyFrom(span)
            copy.trace_id, copy.span_id = number.to_bytes(16), span_id
    file.write_bytes(request.SerializeToString())
    traces = Read(file).traces

    assert len({trace.trace_id for trace in traces}) == len(traces) == count
    assert [len(trace.spans) for trace in traces] == [1] + [2] * (count - 1)


def test_large_values_are_whole(file: Path) -> None:
    prompt = "history " * 1000
    spans = [Sent(trace=b"t" * 16, tags={"prompt": prompt, "n": n}, events=[{"e": prompt}]) for n in range(3)]
    file.write_bytes(b"".join(span.request().SerializeToString() for span in spans))
    [trace] = Read(file).traces

    assert [span.attributes["prompt"] for span in trace.spans] == [prompt] * 3
    assert [span.attributes["n"] for span in trace.spans] == [0, 1, 2]
    assert [span.events[0].attributes["e"] for span in trace.spans] == [prompt] * 3


@pytest.mark.parametrize("batch_bytes", [1, 1 << 20])
def test_an_open_span_is_there_once_and_not_once_it_has_ended(
    file: Path, monkeypatch: pytest.MonkeyPatch, batch_bytes: int
) -> None:
    monkeypatch.setattr(gathered, "_BATCH_BYTES", batch_bytes)
    trace, open_span, ended = b"t" * 16, b"unending", b"finished"
    announced = [
        Sent(trace=trace, span=span, open_ns=open_ns) for span in (open_span, ended) for open_ns in (7, 9, 8)
    ]
    sent = [*announced[:4], Sent(trace=trace, span=ended, duration=20), *announced[4:]]
    file.write_bytes(lines(*(otlp_json(each.request()) for each in sent)))
    [read] = Read(file).traces

    assert sorted((span.span_id, span.state, span.duration_ns) for span in read.spans) == [
        (ended.hex(), "ended", 20),
        (open_span.hex(), "open", 9),
    ]


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(FORMATS["jaeger lines"],))
    writer.start()
    read = Read(pipe)
    writer.join()

    assert read.complaints == []
    assert read.spans == {TRACE_ID: ids(1, 2), OTHER_ID: ids(1, 2)}


def test_stdin_can_be_gone_through_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(gzip.compress(FORMATS["jaeger lines"])))
    monkeypatch.setattr(sys, "stdin", stdin)
    with TraceFiles(["-"]) as files:
        assert [len(list(files)) for _ in range(2)] == [2, 2]


BROKEN = b'{"traceID": "ab", "spans": [\n'
TRACE, OTHER = lines(jaeger()), lines(jaeger(OTHER_ID))
DEEP: list[object] = []
for _ in range(400):
    DEEP = [DEEP]
JUNK = "it is not a trace: expected Jaeger's JSON, OTLP JSON or OTLP protobuf, with gzip, zstd or neither"


@pytest.mark.parametrize(
    ("content", "traces", "said"),
    [
        (b"", 0, ": it is empty"),
        (b" \n\n", 0, ": it is empty"),
        (gzip.compress(b""), 0, ": it is empty"),
        (b"\x7fELF" + bytes(range(256)), 0, f": {JUNK}"),
        (b"some text\n", 0, f": {JUNK}"),
        (b'"text"\n', 0, f": {JUNK}"),
        (b"{}\n" + TRACE, 1, f", line 1: {JUNK}"),
        (TRACE + b"null\n", 1, f", line 2: {JUNK}"),
        (TRACE + BROKEN + OTHER, 2, ", line 2: it is not JSON: unexpected end of data (column 29)"),
        (BROKEN + TRACE + OTHER, 2, ", line 1: it is not JSON: Expecting"),
        (TRACE + b"\xff\xfe\n" + OTHER, 2, ", line 2: it is not JSON: "),
        (b'{"data": [\n' + TRACE[:-1] + b",\n" + OTHER + b",\n{", 2, ", line 1: it is not JSON: "),
        (TRACE + b'{"traceID": "xyz", "spans": []}', 1, ", line 2: trace.traceID should be an id"),
        (TRACE + b'{"traceID": "1", "spans": []}', 1, ", line 2: trace.spans is empty"),
        (lines({"data": [jaeger(), 7]}), 1, ", line 1, data[1]: trace should be an object, not 7"),
        (lines([jaeger(), 7]), 1, f", line 1, [1]: {JUNK}"),
        (
            b'{"data": null, "errors": [{"code": 404, "msg": "trace not found"}]}',
            0,
            ", line 1: it is no trace but an error of Jaeger's: 'trace not found'",
        ),
        (b'{"resourceLogs": []}', 0, ", line 1: it is OTLP, but of logs, not of traces"),
        (b'{"resourceSpans": 7}\n' + TRACE, 1, ", line 1: it is not OTLP: resourceSpans must be a list"),
        (b'{"trace":' * 900 + b"1" + b"}" * 900 + b"\n" + TRACE, 1, f", line 1: {JUNK}"),
        (lines([{"resourceSpans": [DEEP]}]) + TRACE, 1, ", line 1, [0]: it is not OTLP: "),
        (lines({"batches": [{"scopeSpans": [{"spans": [2**70]}]}]}) + TRACE, 1, ", line 1: it is not OTLP: "),
        (b"[" * 100_000, 0, f": {JUNK}"),
        (b'{"a":' * 100_000, 0, ", line 1: it is not JSON: "),
        (TRACE + b'{"a":' * 100_000 + b"\n", 1, ", line 2: it is not JSON: "),
        (gzip.compress(TRACE + OTHER)[:-20], 1, ": the compressed data ends early"),
        (gzip.compress(TRACE) + b"junk", 1, ": it cannot be read on: Not a gzipped file"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, 0, ": it cannot be read on: "),
        (written.delimited(written.BODIES[0]) + b"\x7f\x0a", 1, ": the file ends within a message"),
        (written.framed(*written.BODIES)[:-3], 1, ": the file ends within a message"),
        (written.framed(written.BODIES[0], b"\x28\xb5\x2f\xfd"), 1, ": the zstd body ends early"),
        (written.framed(written.BODIES[0], b"{"), 1, ": it is not JSON: "),
        (written.framed(written.BODIES[0]) + b"\0\0", 1, ": the file ends within a message"),
        (written.BODIES[0] + b"\x12\x01a", 1, ": it is not a part of an OTLP trace request"),
        (written.BODIES[0] + b"\x0a" + b"\xff" * 12, 1, ": it is not the length of a message"),
        (written.BODIES[0] + b"\x0a\xff\xff\xff\xff\x7f", 1, ": a message of more than 1 GiB"),
        (written.BODIES[0] + field(1, b"\x12\x07"), 1, ": it is not OTLP: "),
        (otlp("00" * 16, "1").SerializeToString() + written.BODIES[0], 1, "1 span(s) left out: trace_id"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_read(
    file: Path, content: bytes, traces: int, said: str
) -> None:
    file.write_bytes(content)
    read = Read(file)

    assert len(read.traces) == traces
    assert read.complaints, "nothing was said"
    assert read.complaints[0].startswith(str(file))
    assert said in read.complaints[0]
    assert len(read.complaints) <= 2


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_read(tmp_path: Path, file: Path) -> None:
    file.write_bytes(TRACE)
    read = Read(tmp_path / "none", tmp_path, file)

    assert read.complaints == [
        f"{tmp_path / 'none'}: no such file or directory",
        f"{tmp_path}: it is a directory; name the files in it: {tmp_path}/*",
    ]
    assert list(read.spans) == [TRACE_ID]


def test_with_nobody_to_tell_the_first_thing_that_cannot_be_read_is_raised(file: Path) -> None:
    file.write_bytes(TRACE + BROKEN)
    with pytest.raises(Unreadable, match="line 2"):
        list(read_files([str(file)]))


def test_what_cannot_be_read_is_told_once(file: Path) -> None:
    file.write_bytes(TRACE + BROKEN)
    complaints: list[Unreadable] = []
    with TraceFiles([str(file)], complaints.append) as files:
        assert [len(list(files)) for _ in range(3)] == [1, 1, 1]
    assert [(each.file, each.place) for each in complaints] == [(str(file), "line 2")]


def test_large_documents_are_converted_in_parts(file: Path) -> None:
    document = otlp_json(otlp(TRACE_ID, *(f"{n:x}" for n in range(1, 20))))
    [scope] = document["resourceSpans"][0]["scopeSpans"]
    first = scope["spans"][0]
    text = "x" * 2000
    for number in range(0x1000, 0x1000 + 2500):
        attributes = [{"key": "text", "value": {"stringValue": text}}]
        scope["spans"].append(first | {"spanId": f"{number:016x}", "attributes": attributes})
    file.write_text(json.dumps(document))
    [trace] = Read(file).traces

    assert len(trace.spans) == 19 + 2500


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_whatever_happened_to_a_file_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray(written.COMPRESSIONS[data.draw(st.sampled_from(["plain", "gzip"]))](FORMATS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(["cut", "put", "drop"])):
            case "cut":
                del content[place:]
            case "put":
                content[place:place] = data.draw(st.binary(min_size=1, max_size=12))
            case "drop":
                del content[place : place + data.draw(st.integers(1, 40))]
    check(tmp_path_factory, bytes(content))


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"{", b"\x0a", b"\0\0\0\x09", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"]),
)
def test_whatever_a_file_holds_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, begin: bytes
) -> None:
    check(tmp_path_factory, begin + content)


def check(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed"
    file.write_bytes(content)
    read = Read(file)
    assert read.traces or read.complaints or content
    assert all(isinstance(trace, Trace) for trace in read.traces)
    assert all("\n" not in each for each in read.complaints)
