"""The bytes of a file, forward."""

import gzip
import io
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weft.query.files.documents import documents
from weft.query.files.messages import delimited
from weft.query.files.stream import ZSTD, Stream, TooLong


def stream(content: bytes, longest: int = 1 << 20) -> Stream:
    return Stream(io.BytesIO(content), longest)


@given(
    st.lists(st.binary(max_size=5).filter(lambda line: b"\n" not in line)),
    st.sampled_from([bytes, gzip.compress]),
)
def test_lines_are_those_of_the_file(lines: list[bytes], compress: Callable[[bytes], bytes]) -> None:
    content = b"\n".join(lines)
    # What begins as a compressed file does is one.
    assume(compress is not bytes or not content.startswith((b"\x1f\x8b", ZSTD)))
    reading = stream(compress(content))

    assert reading.peek(3) == content[:3]
    assert list(iter(reading.line, b"")) == content.splitlines(keepends=True) or b"\r" in content
    assert reading.damage == ""


def test_bytes_are_taken_in_order() -> None:
    reading = stream(gzip.compress(b"one\ntwothree"))

    assert (reading.take(2), reading.line(), reading.peek(3)) == (b"on", b"e\n", b"two")
    assert (reading.take(3), reading.rest(), reading.take(1), reading.line()) == (b"two", b"three", b"", b"")


def test_damage_ends_the_bytes_and_is_told() -> None:
    content = bytes(range(256)) * 1000
    reading = stream(gzip.compress(content)[:-100])
    read = reading.rest()

    assert content.startswith(read)
    assert len(read) > 1000
    assert "ends early" in reading.damage


@pytest.mark.parametrize(
    "read",
    [
        lambda reading: reading.take(11),
        lambda reading: reading.line(),
        lambda reading: reading.rest(),
    ],
)
def test_no_more_is_held_than_is_allowed(read: Callable[[Stream], bytes]) -> None:
    with pytest.raises(TooLong):
        read(stream(gzip.compress(bytes(1 << 22)), longest=10))


@pytest.mark.parametrize("before", [[], ["{}"], ["{}", "{}"], ["{"]])
def test_a_document_that_is_too_long_is_named(before: list[str]) -> None:
    complaints: list[tuple[str, str]] = []
    reading = stream("\n".join([*before, " " * (1 << 22)]).encode(), longest=10)
    found = list(documents(reading, lambda *told: complaints.append(told)))

    read = [each for each in before if each == "{}"]
    assert len(found) == len(read)
    assert complaints == [(f"line {len(read) + 1}", "it is longer than 1 GiB; the rest is left out")]


def test_a_message_that_is_too_long_is_named() -> None:
    complaints: list[tuple[str, str]] = []
    reading = stream(b"\x01a\x7f" + bytes(127), longest=10)
    found = list(delimited(reading, lambda *told: complaints.append(told)))

    assert found == [("byte 0", b"a")]
    assert complaints == [("byte 2", "a message of more than 1 GiB; the rest is left out")]
