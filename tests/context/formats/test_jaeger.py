"""Jaeger: its documentation, and what its clients send."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanContext, TraceFlags
from tests.context.formats.wire import SPAN, SPAN_ID, TRACE, TRACE_ID, arrived, contexts, keys

from weft.context.formats.format import Found, Malformed, Reading
from weft.context.formats.jaeger import FORMAT

NO_FORMAT = Malformed("uber-trace-id: not in the format")


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (f"{TRACE}:{SPAN}:0:1", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}:{SPAN}:{SPAN}:0", Found(TRACE_ID, SPAN_ID, False)),
        # opentelemetry-js#734: "practically all jaeger trace headers" are encoded
        (
            "ac1f3dc3c2c0b06e%3A5ac292c4a11a163e%3Ac086aaa825821068%3A1",
            Found(0xAC1F3DC3C2C0B06E, 0x5AC292C4A11A163E, True),
        ),
        (f"{TRACE}%3a{SPAN}%3a0%3a1", Found(TRACE_ID, SPAN_ID, True)),
        # Client libraries, Propagation format: "shorter values are 0-padded on the left"
        ("7:8:0:1", Found(7, 8, True)),
        ("0000000000000007:0000000000000008:0000000000000000:01", Found(7, 8, True)),
        # flags are hexadecimal; sampled is bit 0, debug bit 1, firehose bit 3
        (f"{TRACE}:{SPAN}:0:3", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}:{SPAN}:0:03", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}:{SPAN}:0:2", Found(TRACE_ID, SPAN_ID, False)),
        (f"{TRACE}:{SPAN}:0:b", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}:{SPAN}:0:FE", Found(TRACE_ID, SPAN_ID, False)),
        # Client libraries: the parent is deprecated, and most clients ignore it
        (f"{TRACE}:{SPAN}::1", Found(TRACE_ID, SPAN_ID, True)),
        (f"0:{SPAN}:0:1", Malformed("uber-trace-id: an id of zero")),
        (f"{TRACE}:0:0:1", Malformed("uber-trace-id: an id of zero")),
        (f"1{TRACE}:{SPAN}:0:1", NO_FORMAT),
        (f"{TRACE}:1{SPAN}:0:1", NO_FORMAT),
        (f"{TRACE}:{SPAN}:0:100", NO_FORMAT),
        (f"{TRACE}:{SPAN}:0:", NO_FORMAT),
        (f"{TRACE}:{SPAN}:0:0x01", NO_FORMAT),
        (f"{TRACE}:{SPAN}:1", NO_FORMAT),
        (f"{TRACE}:{SPAN}:0:1:1", NO_FORMAT),
        (f"{TRACE}:{SPAN}:0:1%0A", NO_FORMAT),
        (f"{TRACE} {SPAN} 0 1", NO_FORMAT),
        ("%", NO_FORMAT),
    ],
)
def test_the_identity(value: str, reading: Reading) -> None:
    assert FORMAT.read({"uber-trace-id": [value]}) == reading


def test_debug_is_never_asked_for() -> None:
    # opentelemetry-propagator-jaeger writes 03 for every sampled span (measured).
    context = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(3))
    assert FORMAT.write(context, {}) == {"uber-trace-id": f"{TRACE}:{SPAN}:0:1"}


@given(contexts, st.dictionaries(keys, st.text(max_size=20), max_size=5))
def test_baggage_comes_back(context: SpanContext, baggage: dict[str, str]) -> None:
    written = FORMAT.write(context, baggage)
    assert all(value.isascii() and value.isprintable() for value in written.values())
    reading = FORMAT.read(arrived(written))
    assert isinstance(reading, Found)
    assert reading.baggage == {key: value.replace("\ud800", "?") for key, value in baggage.items()}


@given(st.text(max_size=20))
def test_baggage_of_the_go_and_java_clients_is_read(value: str) -> None:
    fields = {"uber-trace-id": ["1:2:0:1"], "uberctx-key": [quote_plus(value)]}
    assert FORMAT.read(fields) == Found(1, 2, True, baggage={"key": value})


def test_baggage_that_is_no_utf_8_is_replaced() -> None:
    fields = {"uber-trace-id": ["1:2:0:1"], "uberctx-key": ["%ff%"]}
    assert FORMAT.read(fields) == Found(1, 2, True, baggage={"key": "\ufffd%"})


def test_baggage_is_encoded_so_that_every_client_reads_it() -> None:
    context = SpanContext(1, 2, is_remote=False)
    assert FORMAT.write(context, {"key": "a b+c/\r\n;ü"})["uberctx-key"] == "a%20b%2Bc%2F%0D%0A%3B%C3%BC"


def test_a_lone_surrogate_is_written_as_a_question_mark() -> None:
    context = SpanContext(1, 2, is_remote=False)
    assert FORMAT.write(context, {"key": "\ud800"})["uberctx-key"] == "%3F"


def test_baggage_without_an_identity_is_no_parent() -> None:
    assert FORMAT.read({"uberctx-key": ["value"]}) is None
