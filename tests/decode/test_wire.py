"""What would harm the parser does not reach it, and whatever a sender may write does."""

import contextlib
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests import otlp
from tests.decode.requests import field, varint

from weft.decode import wire
from weft.decode.protobuf import MalformedBody, parse
from weft.decode.wire import COMMON_BYTES, FIELDS, SAFE_BYTES, WireError, check


def overlong(value: int) -> bytes:
    """The same number in more bytes than it needs, which parsers take."""
    return bytes([value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14])


IDS = field(1, bytes([1]) * 16) + field(2, bytes([2]) * 8)
ANY_VALUE, ARRAY, MAP = 2, 5, 6
#: The ways to the messages that a parser opens, as field numbers from the request inwards.
PATHS: dict[str, tuple[int, ...]] = {
    "request": (),
    "resource spans": (1,),
    "resource": (1, 1),
    "resource attribute": (1, 1, 1),
    "resource value": (1, 1, 1, ANY_VALUE),
    "entity": (1, 1, 3),
    "scope spans": (1, 2),
    "scope": (1, 2, 1),
    "scope attribute": (1, 2, 1, 3),
    "span": (1, 2, 2),
    "attribute": (1, 2, 2, 9),
    "value": (1, 2, 2, 9, ANY_VALUE),
    "array": (1, 2, 2, 9, ANY_VALUE, ARRAY),
    "map": (1, 2, 2, 9, ANY_VALUE, MAP),
    "event": (1, 2, 2, 11),
    "event attribute": (1, 2, 2, 11, 3),
    "link": (1, 2, 2, 13),
    "link attribute": (1, 2, 2, 13, 4),
    "status": (1, 2, 2, 15),
}


def within(path: tuple[int, ...], content: bytes) -> bytes:
    for number in reversed(path):
        content = field(number, content)
    return content


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("start", [b"\x0b", b"\x7b", b"\x08\x01\x0b"], ids=["bare", "unknown", "between"])
def test_groups_in_a_large_message_are_refused_wherever_they_are(path: tuple[int, ...], start: bytes) -> None:
    with pytest.raises(WireError, match="groups"):
        check(within(path, start * (SAFE_BYTES + 1)))


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_groups_behind_a_tag_or_a_length_in_disguise_are_refused(path: tuple[int, ...]) -> None:
    content = b"\x0b" * (SAFE_BYTES + 1)
    for number in reversed(path):
        content = overlong(number << 3 | 2) + overlong(len(content)) + content
    with pytest.raises(WireError, match="groups"):
        check(content)


def test_no_groups_end_the_process() -> None:
    """Beginnings of groups in every message, of every length, in the smallest stack of a thread in glibc."""
    script = f"""
import threading
from tests.decode.test_wire import PATHS, within
from weft.decode.protobuf import MalformedBody, parse

def work():
    for path in PATHS.values():
        for length in (2, 1000, {SAFE_BYTES} - 60, {SAFE_BYTES}, {SAFE_BYTES} + 1, 300_000, 5_000_000):
            for group in (b"\\x0b", b"\\xf3\\x7f"):
                try:
                    parse([within(path, group * (length // len(group)))])
                except MalformedBody:
                    continue
                raise AssertionError(f"parsed {{path}} {{length}} {{group}}")
    print("alive", flush=True)

threading.stack_size(2 << 20)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_tiny_fields_without_number_are_refused(
    path: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 MiB of empty messages would be 5 GiB as columns."""
    monkeypatch.setattr(wire, "COMMON_BYTES", 10_000)
    monkeypatch.setattr(wire, "FIELDS", 15_000)
    for tiny in (b"\x0a\x00", b"\x12\x00", b"\x4a\x00", b"\x08\x01", b"\x80\x7f\x01"):
        with pytest.raises(WireError, match="fields"):
            check(within(path, tiny * 16_000))


def test_the_small_messages_of_an_uncommonly_large_body_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "COMMON_BYTES", 10_000)
    monkeypatch.setattr(wire, "FIELDS", 15_000)
    scope = field(2, b"\x12\x00" * 100)  # well below what a parser may be given unseen
    with pytest.raises(WireError, match="fields"):
        check(field(1, scope * 160))
    check(field(1, scope * 140))


def test_a_request_of_64_mib_with_ordinary_spans_is_no_bomb() -> None:
    attributes = b"".join(
        field(9, field(1, b"an.attribute.%d" % number) + field(2, field(1, b"its value %d" % number)))
        for number in range(11)
    )
    span = field(2, IDS + field(5, b"operation") + b"\x30\x01" + attributes)
    body = within((1, 2), span * ((64 << 20) // len(span) - 1))
    check(body)
    assert len(body) > COMMON_BYTES


@pytest.mark.parametrize(
    "body",
    [
        field(1, bytes(SAFE_BYTES))[:-1],
        b"\x0a" + varint(SAFE_BYTES + 1) + bytes(SAFE_BYTES),
        b"\x0a" + b"\xff" * 9 + b"\x01" + b"x" * SAFE_BYTES,
        b"\x0a" + b"\xff" * 11 + b"x" * SAFE_BYTES,
        within((1, 2), b"\x12\x7f" + b"x" * SAFE_BYTES + b"\x12\x7f"),
        b"\x00" * (SAFE_BYTES + 1),
        b"\x0e" * (SAFE_BYTES + 1),
        b"x" * (SAFE_BYTES + 1),
        b"\x08" + b"\xff" * SAFE_BYTES,
        b"\x09" * (SAFE_BYTES + 1) + b"\x09",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_large_body_that_is_not_protobuf_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        check(body)
    with pytest.raises(MalformedBody):
        parse([body])


@given(body=st.binary(max_size=400), safe=st.integers(0, 50), common=st.integers(0, 400))
def test_any_bytes_are_judged(body: bytes, safe: int, common: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "SAFE_BYTES", safe)
        patch.setattr(wire, "COMMON_BYTES", common)
        with contextlib.suppress(WireError):
            check(body)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=otlp.requests, common=st.sampled_from([0, COMMON_BYTES]))
@example(request=ExportTraceServiceRequest(), common=0)
def test_every_request_passes_when_every_message_counts_as_large(
    request: ExportTraceServiceRequest, common: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SAFE_BYTES", "SMALL_BYTES"):
            patch.setattr(wire, name, 0)
        patch.setattr(wire, "COMMON_BYTES", common)
        check(request.SerializeToString())


def test_unknown_fields_of_every_kind_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender may be newer than we are."""
    monkeypatch.setattr(wire, "SAFE_BYTES", 0)
    unknown = b"".join(
        [
            varint(1000 << 3) + varint(2**64 - 1),
            varint(1001 << 3 | 1) + bytes(8),
            field(1002, b"text"),
            varint(1003 << 3 | 5) + bytes(4),
        ]
    )
    for path in PATHS.values():
        check(within(path, unknown))
    span = within((1, 2), field(2, IDS + unknown) + unknown)
    assert len(parse([span + unknown]).flatten()) == 1


def test_the_bounds_leave_room() -> None:
    assert SAFE_BYTES * 80 < 2 << 20
    assert FIELDS * 8 == 64 << 20
