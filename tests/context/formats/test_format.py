"""What holds for every format: nothing raises, and what is refused is refused in the same way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext, TraceFlags
from tests.context.formats.wire import SPAN_ID, TRACE_ID, arrived, contexts, noise, sampled

from weft.context.formats.format import Denied, Format, Found, Malformed
from weft.context.formats.order import FORMATS

CONTEXT = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(3))

# All of them: nothing that arrived is ever repeated.
REASONS = {
    "an id of zero", "longer than 512 characters", "missing", "more than 64 bits", "more than one value",
    "not in the format", "more than one Root", "more than one Parent", "more than one Sampled", "no Root",
    "no Parent", "no span id", "Sampled is not 0, 1 or ?",
}  # fmt: skip

every_format = pytest.mark.parametrize("a_format", FORMATS, ids=[each.name for each in FORMATS])


@every_format
@given(data=st.data())
def test_whatever_arrives_reading_does_not_raise(a_format: Format, data: st.DataObject) -> None:
    fields = data.draw(noise(a_format))
    reading = a_format.read(fields)
    match reading:
        case Found():
            assert 0 < reading.trace_id < 2**128
            assert 0 < reading.span_id < 2**64
            assert reading.sampled in {True, False, None}
            assert not reading.random
        case Malformed():
            name, _, why = reading.reason.partition(": ")
            assert name in a_format.fields
            assert why in REASONS
        case _:
            assert reading is None or reading == Denied()


@every_format
@given(context=contexts)
def test_what_is_written_is_read_again(a_format: Format, context: SpanContext) -> None:
    reading = a_format.read(arrived(a_format.write(context, {})))
    trace_id = context.trace_id & (2**64 - 1) if a_format.name == "ottrace" else context.trace_id
    assert reading == (Found(trace_id, context.span_id, sampled(context)) if trace_id else None)


@every_format
def test_sampled_is_a_bit_and_not_a_number(a_format: Format) -> None:
    # ottrace wrote false for flags 03 (measured, opentelemetry-propagator-ot-trace 0.66b1).
    reading = a_format.read(arrived(a_format.write(CONTEXT, {})))
    assert isinstance(reading, Found)
    assert reading.sampled is True


@every_format
def test_a_carrier_without_the_format_has_no_parent_in_it(a_format: Format) -> None:
    assert a_format.read({}) is None
    assert a_format.read({name: [] for name in a_format.fields}) is None
    assert a_format.read({"traceparent": ["00-1-2-01"], "accept": ["*/*"]}) is None


@every_format
def test_an_invalid_context_is_not_written(a_format: Format) -> None:
    assert a_format.write(INVALID_SPAN_CONTEXT, {"key": "value"}) == {}


@every_format
def test_only_fields_of_the_format_are_written(a_format: Format) -> None:
    written = a_format.write(CONTEXT, {"key": "value"})
    for name in arrived(written):
        assert name in a_format.fields or name.startswith(a_format.prefixes)


@every_format
@pytest.mark.parametrize("copies", ["differing", "identical"])
def test_two_parents_in_one_format_are_malformed(a_format: Format, copies: str) -> None:
    fields = arrived(a_format.write(CONTEXT, {}))
    name = next(iter(fields))  # the one with the trace id
    other = fields[name][0].replace("4", "5") if copies == "differing" else fields[name][0]
    assert a_format.read({**fields, name: [*fields[name], other]}) == Malformed(
        f"{name}: more than one value"
    )


@every_format
def test_two_parents_that_a_proxy_joined_are_malformed(a_format: Format) -> None:
    fields = arrived(a_format.write(CONTEXT, {}))
    name, (value,) = next(iter(fields.items()))
    assert isinstance(a_format.read({**fields, name: [f"{value},{value}"]}), Malformed)


@every_format
def test_white_space_around_values_does_not_count_and_line_ends_do(a_format: Format) -> None:
    fields = arrived(a_format.write(CONTEXT, {}))
    padded = {name: [f"\t {value} \t" for value in values] for name, values in fields.items()}
    assert a_format.read(padded) == a_format.read(fields)
    assert isinstance(a_format.read(fields), Found)
    name = next(iter(fields))
    for end in ("\n", "\r\n", "\x00", "\u2028"):
        assert isinstance(a_format.read({**fields, name: [fields[name][0] + end]}), Malformed)


@every_format
def test_upper_case_ids_are_read(a_format: Format) -> None:
    fields = arrived(a_format.write(CONTEXT, {}))
    shouted = {name: [value.upper() for value in values] for name, values in fields.items()}
    # Words that are no ids keep their case: keys of X-Ray and Datadog, Google's option.
    for word in ("Root", "Parent", "Sampled", "_dd.p.tid", "o="):
        shouted = {
            name: [value.replace(word.upper(), word) for value in values] for name, values in shouted.items()
        }
    assert a_format.read(shouted) == a_format.read(fields)


@every_format
def test_a_value_too_long_is_malformed_wherever_it_stands(a_format: Format) -> None:
    fields = arrived(a_format.write(CONTEXT, {}))
    for name in fields:
        reading = a_format.read({**fields, name: ["0" * 513]})
        assert reading == Malformed(f"{name}: longer than 512 characters")


@every_format
@pytest.mark.parametrize("digit", ["\u0661", "\uff11", "+1", "1_"])
def test_digits_are_ascii(a_format: Format, digit: str) -> None:
    # int() reads all of these, and so do the propagators for Jaeger and X-Ray (measured).
    fields = arrived(a_format.write(CONTEXT, {}))
    name, (value,) = next(iter(fields.items()))
    assert isinstance(a_format.read({**fields, name: [value.replace("4", digit, 1)]}), Malformed)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("b3", "b3: an id of zero"),
        ("b3multi", "x-b3-traceid: an id of zero"),
        ("jaeger", "uber-trace-id: an id of zero"),
        ("ottrace", "ot-tracer-traceid: an id of zero"),
        ("datadog", "x-datadog-trace-id: an id of zero"),
        ("sentry", "sentry-trace: an id of zero"),
        ("xray", "x-amzn-trace-id: an id of zero"),
        ("gcp_trace", "x-cloud-trace-context: an id of zero"),
    ],
)
def test_a_trace_id_of_zero_is_malformed(name: str, reason: str) -> None:
    a_format = next(each for each in FORMATS if each.name == name)
    fields = arrived(a_format.write(SpanContext(1, SPAN_ID, is_remote=False), {}))
    zeroed = {
        key: [value.replace("01", "00", 1) if len(value) > 1 else value] for key, (value,) in fields.items()
    }
    if name == "datadog":
        zeroed = {**fields, "x-datadog-trace-id": ["0"]}
    assert a_format.read(zeroed) == Malformed(reason)


def test_the_order_names_every_format_once() -> None:
    assert [each.name for each in FORMATS] == [
        "b3", "b3multi", "jaeger", "ottrace", "datadog", "sentry", "xray", "gcp_trace",
    ]  # fmt: skip


def test_no_field_belongs_to_two_formats() -> None:
    fields = [name for each in FORMATS for name in (*each.fields, *each.prefixes)]
    assert len(fields) == len(set(fields))
    assert all(name == name.lower() for name in fields)
