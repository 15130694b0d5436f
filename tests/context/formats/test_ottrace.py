"""OpenTracing's fields, as basictracer and OpenTelemetry's propagators send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanContext, TraceFlags
from tests.context.formats.wire import LOW_64, SPAN, SPAN_ID, TRACE, TRACE_ID, arrived, keys

from weft.context.formats.format import Found, Malformed, Reading
from weft.context.formats.ottrace import FORMAT

IDS = {"ot-tracer-traceid": [TRACE[16:]], "ot-tracer-spanid": [SPAN]}
CONTEXT = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(3))


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        ("true", True),
        ("false", False),
        # opentelemetry-go-contrib wrote numbers before its pull request 1358
        ("1", True),
        ("0", False),
        # opentelemetry-propagator-ot-trace reads these as false (measured)
        ("True", True),
        ("TRUE", True),
        ("False", False),
    ],
)
def test_a_decision(value: str, sampled: bool) -> None:
    assert FORMAT.read({**IDS, "ot-tracer-sampled": [value]}) == Found(LOW_64, SPAN_ID, sampled)


@pytest.mark.parametrize(
    ("fields", "reading"),
    [
        (IDS, Found(LOW_64, SPAN_ID, None)),
        # basictracer-go: numbers without leading zeros
        ({"ot-tracer-traceid": ["7"], "ot-tracer-spanid": ["8"]}, Found(7, 8, None)),
        ({**IDS, "ot-tracer-traceid": [TRACE]}, Found(TRACE_ID, SPAN_ID, None)),
        ({"ot-tracer-sampled": ["false"]}, None),
        ({"ot-baggage-key": ["value"]}, None),
        ({"ot-tracer-traceid": ["7"]}, Malformed("ot-tracer-spanid: missing")),
        ({"ot-tracer-spanid": ["7"]}, Malformed("ot-tracer-traceid: missing")),
        ({**IDS, "ot-tracer-spanid": ["0"]}, Malformed("ot-tracer-spanid: an id of zero")),
        ({**IDS, "ot-tracer-traceid": [f"0{TRACE}"]}, Malformed("ot-tracer-traceid: not in the format")),
        ({**IDS, "ot-tracer-spanid": [TRACE]}, Malformed("ot-tracer-spanid: not in the format")),
        ({**IDS, "ot-tracer-sampled": ["yes"]}, Malformed("ot-tracer-sampled: not in the format")),
        ({**IDS, "ot-tracer-sampled": ["1", "1"]}, Malformed("ot-tracer-sampled: more than one value")),
    ],
)
def test_the_fields(fields: dict[str, list[str]], reading: Reading) -> None:
    assert FORMAT.read(fields) == reading


def test_the_right_half_of_the_trace_id_is_written() -> None:
    assert FORMAT.write(CONTEXT, {"user-id": "7"}) == {
        "ot-tracer-traceid": TRACE[16:],
        "ot-tracer-spanid": SPAN,
        "ot-tracer-sampled": "true",
        "ot-baggage-user-id": "7",
    }


def test_a_trace_id_whose_right_half_is_zero_is_not_written() -> None:
    assert FORMAT.write(SpanContext(1 << 64, SPAN_ID, is_remote=False), {"key": "value"}) == {}


@given(st.dictionaries(keys, st.text(max_size=20), max_size=5))
def test_baggage_that_a_header_can_hold_comes_back(baggage: dict[str, str]) -> None:
    written = FORMAT.write(CONTEXT, baggage)
    assert all(
        value.isascii() and value.isprintable() and value == value.strip() for value in written.values()
    )
    reading = FORMAT.read(arrived(written))
    assert isinstance(reading, Found)
    kept = {key: value for key, value in baggage.items() if f"ot-baggage-{key}" in written}
    assert reading.baggage == kept
    assert all(not value.strip() or not value.isascii() or not value.isprintable() or value != value.strip()
               for key, value in baggage.items() if key not in kept)  # fmt: skip


@pytest.mark.parametrize("value", ["", " ", " a", "a\t", "a\tb", "a\r\nx: y", "\x7f", "ä", "\xa0"])
def test_baggage_that_a_header_changes_or_refuses_is_not_written(value: str) -> None:
    assert "ot-baggage-key" not in FORMAT.write(CONTEXT, {"key": value})


def test_baggage_is_as_it_is() -> None:
    assert FORMAT.read({**IDS, "ot-baggage-key": ["a%20b+c"]}) == Found(
        LOW_64, SPAN_ID, None, baggage={"key": "a%20b+c"}
    )
