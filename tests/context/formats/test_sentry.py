"""Sentry's header."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanContext, TraceFlags
from tests.context.formats.wire import SPAN, SPAN_ID, TRACE, TRACE_ID

from weft.context.formats.format import Found, Malformed, Reading
from weft.context.formats.sentry import FORMAT

NO_FORMAT = Malformed("sentry-trace: not in the format")


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (f"{TRACE}-{SPAN}-1", Found(TRACE_ID, SPAN_ID, True)),
        (f"{TRACE}-{SPAN}-0", Found(TRACE_ID, SPAN_ID, False)),
        # sentry-java#3942: the receiver decides
        (f"{TRACE}-{SPAN}", Found(TRACE_ID, SPAN_ID, None)),
        # the same from older SDKs, which join three parts of which the last is empty
        (f"{TRACE}-{SPAN}-", Found(TRACE_ID, SPAN_ID, None)),
        # sentry-php#1711: a traceparent, and one without its flags
        (f"00-{TRACE}-{SPAN}-01", NO_FORMAT),
        (f"00-{TRACE}-{SPAN}", NO_FORMAT),
        (f"{TRACE}-{SPAN}-2", NO_FORMAT),
        (f"{TRACE}-{SPAN}-01", NO_FORMAT),
        (f"{TRACE[16:]}-{SPAN}-1", NO_FORMAT),
        (f"{TRACE}{SPAN}1", NO_FORMAT),
        ("1", NO_FORMAT),
        ("", NO_FORMAT),
        (f"{'0' * 32}-{SPAN}-1", Malformed("sentry-trace: an id of zero")),
        (f"{TRACE}-{'0' * 16}-1", Malformed("sentry-trace: an id of zero")),
    ],
)
def test_the_header(value: str, reading: Reading) -> None:
    assert FORMAT.read({"sentry-trace": [value]}) == reading


def test_the_decision_is_always_written() -> None:
    context = SpanContext(TRACE_ID, SPAN_ID, is_remote=False, trace_flags=TraceFlags(2))
    assert FORMAT.write(context, {}) == {"sentry-trace": f"{TRACE}-{SPAN}-0"}
