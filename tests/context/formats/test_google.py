"""Google Cloud: its documentation, and what its load balancers send."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanContext, TraceFlags
from tests.context.formats.wire import SPAN_ID, TRACE, TRACE_ID

from weft.context.formats.format import Denied, Found, Malformed, Reading
from weft.context.formats.google import FORMAT

NO_FORMAT = Malformed("x-cloud-trace-context: not in the format")
NO_SPAN = Malformed("x-cloud-trace-context: no span id")
ZERO = Malformed("x-cloud-trace-context: an id of zero")


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (f"{TRACE}/{SPAN_ID};o=1", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}/{SPAN_ID};o=0", Found(TRACE_ID, SPAN_ID, False)),
        (f"{TRACE}/1;o=3", Found(TRACE_ID, 1, True)),
        # opentelemetry-operations-js#161: the options are optional, and load balancers leave them out
        (f"{TRACE}/789", Found(TRACE_ID, 789, None)),
        (f"{TRACE}/789;o=", Found(TRACE_ID, 789, None)),
        (f"{TRACE}/{2**64 - 1}", Found(TRACE_ID, 2**64 - 1, None)),
        # App Engine (TraceContextHelper): no span, or an empty one, is valid
        (f"{TRACE}", NO_SPAN),
        (f"{TRACE}/", NO_SPAN),
        (f"{TRACE};o=1", NO_SPAN),
        (f"{TRACE}/;o=1", NO_SPAN),
        (f"{TRACE};o=0", Denied()),
        (f"{TRACE}/;o=0", Denied()),
        (f"{TRACE}/0;o=1", ZERO),
        (f"{TRACE}/0;o=0", ZERO),
        (f"{'0' * 32}/1;o=1", ZERO),
        (f"{TRACE}/{2**64};o=1", Malformed("x-cloud-trace-context: more than 64 bits")),
        (f"{TRACE}/a2fb4a1d1a96d312;o=1", NO_FORMAT),
        (f"{TRACE[1:]}/1;o=1", NO_FORMAT),
        (f"{TRACE}/1;o=1;o=1", NO_FORMAT),
        (f"{TRACE}/1;o=x", NO_FORMAT),
        (f"{TRACE}/-1", NO_FORMAT),
        ("", NO_FORMAT),
    ],
)
def test_the_header(value: str, reading: Reading) -> None:
    assert FORMAT.read({"x-cloud-trace-context": [value]}) == reading


def test_the_span_is_written_in_decimal() -> None:
    context = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(3))
    assert FORMAT.write(context, {}) == {"x-cloud-trace-context": f"{TRACE}/{SPAN_ID};o=1"}
