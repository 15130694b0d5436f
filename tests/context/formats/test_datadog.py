"""Datadog: its documentation, and what its tracers do with what is malformed."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanContext, TraceFlags
from tests.context.formats.wire import LOW_64, SPAN_ID, TRACE, TRACE_ID

from weft.context.formats.datadog import FORMAT
from weft.context.formats.format import Found, Malformed, Reading

IDS = {"x-datadog-trace-id": [str(LOW_64)], "x-datadog-parent-id": [str(SPAN_ID)]}
TID = f"_dd.p.tid={TRACE[:16]}"


@pytest.mark.parametrize(
    ("tags", "trace_id"),
    [
        ([TID], TRACE_ID),
        ([f"_dd.p.dm=-4,{TID},_dd.p.usr.id=YmFiYWI="], TRACE_ID),
        ([f"_dd.p.dm=-4, {TID}"], TRACE_ID),
        # a list, so that several fields are one
        (["_dd.p.dm=-4", TID], TRACE_ID),
        ([TID.replace(TRACE[:16], "0" * 16)], LOW_64),
        ([""], LOW_64),
        # dd-trace-py#5510, dd-trace-rb#4534: any other tid is ignored, and the low bits are continued
        (["_dd.p.tid=463ac35c"], LOW_64),
        ([TID + "0"], LOW_64),
        (["_dd.p.tid=463ac35c9f6413ag"], LOW_64),
        (["_dd.p.tid"], LOW_64),
        # dd-trace-rb#4402: a proxy that adds its own
        ([f"{TID},_dd.p.tid=0000000000000001"], LOW_64),
        ([f"{TID},{TID}"], LOW_64),
        ([f"x{TID}"], LOW_64),
    ],
)
def test_the_high_bits_are_among_the_tags(tags: list[str], trace_id: int) -> None:
    assert FORMAT.read({**IDS, "x-datadog-tags": tags}) == Found(trace_id, SPAN_ID, None)


@pytest.mark.parametrize(
    ("priority", "sampled"),
    [("2", True), ("1", True), ("0", False), ("-1", False), ("-128", False), ("3", True)],
)
def test_a_priority_above_zero_is_sampled(priority: str, sampled: bool) -> None:
    assert FORMAT.read({**IDS, "x-datadog-sampling-priority": [priority]}) == Found(LOW_64, SPAN_ID, sampled)


@pytest.mark.parametrize(
    ("fields", "reading"),
    [
        (IDS, Found(LOW_64, SPAN_ID, None)),
        ({**IDS, "x-datadog-origin": ["rum"]}, Found(LOW_64, SPAN_ID, None)),
        ({"x-datadog-sampling-priority": ["0"], "x-datadog-origin": ["rum"]}, None),
        ({"x-datadog-tags": [TID]}, None),
        ({"x-datadog-trace-id": ["1"]}, Malformed("x-datadog-parent-id: missing")),
        ({"x-datadog-parent-id": ["1"]}, Malformed("x-datadog-trace-id: missing")),
        # Synthetics starts traces with a parent of 0
        ({**IDS, "x-datadog-parent-id": ["0"]}, Malformed("x-datadog-parent-id: an id of zero")),
        ({**IDS, "x-datadog-trace-id": ["0"]}, Malformed("x-datadog-trace-id: an id of zero")),
        ({**IDS, "x-datadog-trace-id": [str(2**64)]}, Malformed("x-datadog-trace-id: more than 64 bits")),
        ({**IDS, "x-datadog-parent-id": [str(2**64)]}, Malformed("x-datadog-parent-id: more than 64 bits")),
        ({**IDS, "x-datadog-trace-id": [TRACE]}, Malformed("x-datadog-trace-id: not in the format")),
        ({**IDS, "x-datadog-parent-id": ["-1"]}, Malformed("x-datadog-parent-id: not in the format")),
        ({**IDS, "x-datadog-parent-id": ["1", "1"]}, Malformed("x-datadog-parent-id: more than one value")),
        (
            {**IDS, "x-datadog-sampling-priority": ["keep"]},
            Malformed("x-datadog-sampling-priority: not in the format"),
        ),
        (
            {**IDS, "x-datadog-tags": ["a" * 300, "b" * 300]},
            Malformed("x-datadog-tags: longer than 512 characters"),
        ),
    ],
)
def test_the_fields(fields: dict[str, list[str]], reading: Reading) -> None:
    assert FORMAT.read(fields) == reading


def test_the_high_bits_are_written() -> None:
    context = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(2))
    assert FORMAT.write(context, {}) == {
        "x-datadog-trace-id": str(LOW_64),
        "x-datadog-parent-id": str(SPAN_ID),
        "x-datadog-sampling-priority": "0",
        "x-datadog-tags": TID,
    }


def test_a_trace_of_64_bits_has_no_high_bits_to_write() -> None:
    context = SpanContext(LOW_64, SPAN_ID, is_remote=False, trace_flags=TraceFlags(1))
    assert "x-datadog-tags" not in FORMAT.write(context, {})
